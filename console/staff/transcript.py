"""One conversation for staff: the transcript, what is new in it, its downloads, and personal data with a reason."""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, unquote, urlencode

from sanic import Sanic
from sanic.request import Request
from sanic.response import HTTPResponse, json, text
from sqlalchemy.engine import Engine

from assistant.clinic import Clinic
from assistant.conversations import takeover
from assistant.conversations.filters import Filters, clean
from assistant.conversations.transcripts import News, Standing, Transcript, news, transcript
from assistant.database import reading
from console.pages import Problem
from console.staff import downloads, labels
from console.staff.access import Door, Visit
from console.staff.accounts import Person
from console.staff.pages import StaffPages, form, query
from console.staff.policy import Permission
from console.staff.transcript_view import Shown, View, Viewer

LONGEST_REASON = 200
GONE = (
    "There is no such conversation",
    "Perhaps its visitor has deleted it, or the clinic's time for keeping it is over.",
)
_SAID = {
    "reviewed": "Marked as reviewed.",
    "unreviewed": "It is to be reviewed again.",
    "assigned": "It is noted who looks after this conversation.",
    "noted": "Your note is stored. The visitor does not see it.",
    "tagged": "The tag is on this conversation.",
    "untagged": "The tag is off.",
    "revealed": "Personal data is shown to you for ten minutes.",
    "taken": "You are in the chat. The visitor sees that, and the assistant is quiet.",
    "sent": "Sent.",
    "given_back": "You have left the chat. The assistant is back, and the visitor sees that.",
}
_NOTHING_TYPED = dict.fromkeys(("reason", "note", "tag", "text"), "")
_MOST_NUMBER = 10**9


@dataclass(frozen=True)
class Loaded:
    """A conversation that somebody of the staff looks at."""

    transcript: Transcript
    view: View
    is_revealed: bool


class TranscriptPages:
    """`/staff/conversations/<id>`.

    Args:
        conversations: the database of conversations.
    """

    def __init__(
        self, pages: StaffPages, door: Door, conversations: Engine, clinic: Clinic, clock: Callable[[], float]
    ) -> None:
        self._pages = pages
        self._door = door
        self._engine = conversations
        self._clinic = clinic
        self.clock = clock

    def add_to(self, app: Sanic) -> None:
        """Serve these pages in an app."""
        self._door.add(app, "transcript", self.show)
        self._door.add(app, "news", self.news)
        self._door.add(app, "download", self.download)
        self._door.add(app, "print", self.print)
        self._door.add(app, "reveal", self.reveal)

    def show(self, request: Request, visit: Visit, conversation_id: str) -> HTTPResponse:
        """The transcript."""
        return self.page(request, visit, read_id(conversation_id))

    def news(self, request: Request, visit: Visit, conversation_id: str) -> HTTPResponse:
        """What was said since, for the page that is open."""
        id, after = read_id(conversation_id), query(request).get("after", "")
        if not (after.isascii() and after.isdigit() and int(after) < _MOST_NUMBER):
            raise Problem(400, "That did not work", "Please load the page again.")
        with reading(self._engine) as session:
            found = news(session, id, int(after))
        if found is None:
            return json({"gone": True})
        is_revealed = self._is_revealed(visit, id)
        lines = self._viewer(visit, found, is_revealed).news(found).lines
        state = {"revealed": is_revealed, "reviewed": found.standing.is_reviewed}
        return json({"lines": [self._as_data(shown) for shown in lines], **state, **self._talk(visit, found.standing)})

    def download(self, request: Request, visit: Visit, conversation_id: str) -> HTTPResponse:
        """The conversation as a file; personal data is in it only where it was revealed."""
        loaded = self.load(visit, read_id(conversation_id))
        kind = query(request).get("kind", "md")
        if kind not in downloads.KINDS:
            raise Problem(404, "There is no such file", "A conversation can be downloaded as Markdown or JSON.")
        self._note_personal(visit, loaded, kind=kind)
        content = downloads.KINDS[kind].write(loaded.transcript, loaded.view, loaded.is_revealed, self._pages.moment)
        name = f"{safe_name(loaded.transcript.standing.id)}.{kind}"
        headers = {"Content-Disposition": f'attachment; filename="{name}"'}
        return text(content, content_type=downloads.KINDS[kind].content_type, headers=headers)

    def print(self, request: Request, visit: Visit, conversation_id: str) -> HTTPResponse:
        """The conversation for paper, or a PDF."""
        loaded = self.load(visit, read_id(conversation_id))
        self._note_personal(visit, loaded)
        return self._pages.page(visit, "transcript_print.html", **self._shared(loaded))

    def reveal(self, request: Request, visit: Visit, conversation_id: str) -> HTTPResponse:
        """Show personal data to this session for ten minutes, once there is a reason in the audit trail."""
        id, reason = read_id(conversation_id), " ".join(clean(form(request).get("reason", "")).split())
        loaded = self.load(visit, id)
        if not 0 < len(reason) <= LONGEST_REASON:
            problem = f"Write why you need to see the personal data, in up to {LONGEST_REASON} characters."
            return self.page(request, visit, id, 422, problem, {"reason": reason})
        # The trail is kept longer than the conversation, and must not hold what is masked here.
        viewer = self._viewer(visit, loaded.transcript, False)
        visit.record("conversation.revealed", id, reason=viewer.text(reason))
        self._door.sessions.reveal(visit.signed_in.token_hash, id)
        return self.back(request, id, "revealed")

    def load(self, visit: Visit, id: str) -> Loaded:
        """A conversation. Raises: Problem if there is none of that id."""
        with reading(self._engine) as session:
            found = transcript(session, id)
        if found is None:
            raise Problem(404, *GONE)
        is_revealed = self._is_revealed(visit, id)
        return Loaded(found, self._viewer(visit, found, is_revealed).transcript(found), is_revealed)

    def page(
        self,
        request: Request,
        visit: Visit,
        id: str,
        status: int = 200,
        problem: str = "",
        typed: Mapping[str, str] | None = None,
    ) -> HTTPResponse:
        """The transcript; where something did not work it says so, and keeps what was typed."""
        loaded = self.load(visit, id)
        standing = loaded.transcript.standing
        filters = filters_of(request)
        values = {
            "said": "" if problem else _SAID.get(query(request).get("said", ""), ""),
            "problem": problem,
            "typed": _NOTHING_TYPED | {"number": query(request).get("about", "")[:9]} | dict(typed or {}),
            "address": f"{self._pages.base}{path_of(id)}",
            "filters": filters,
            "next_address": self._pages.base + _next(id, filters),
            "colleagues": [one for one in self._door.accounts.all() if may_look_after(one)],
            "talk": self._talk(visit, standing),
            "new_id": secrets.token_urlsafe(12),
            "longest_reason": LONGEST_REASON,
        }
        return self._pages.page(visit, "transcript.html", status, **self._shared(loaded), **values)

    def back(self, request: Request, id: str, said: str) -> HTTPResponse:
        """To the transcript, which says what was done."""
        filters = filters_of(request)
        return self._pages.back(f"{path_of(id)}?said={said}&{filters}".rstrip("&"))

    def to_next(self, request: Request, id: str) -> HTTPResponse:
        """To the next conversation that nobody has reviewed."""
        return self._pages.back(_next(id, filters_of(request)))

    def person(self, account: str) -> str:
        """What a member of staff is called."""
        return self._people().get(account, account)

    def _shared(self, loaded: Loaded) -> dict[str, Any]:
        return {
            "standing": loaded.transcript.standing,
            "tags": loaded.transcript.tags,
            "messaging": loaded.transcript.messaging,
            "is_damaged": loaded.transcript.is_damaged,
            "view": loaded.view,
            "is_revealed": loaded.is_revealed,
            "people": self._people(),
            "labels": labels,
        }

    def _viewer(self, visit: Visit, found: Transcript | News, is_revealed: bool) -> Viewer:
        return Viewer(self._clinic, found.names, self._people(), is_revealed)

    def _people(self) -> dict[str, str]:
        return {one.name: one.display_name for one in self._door.accounts.all()}

    def _is_revealed(self, visit: Visit, id: str) -> bool:
        return visit.may(Permission.REVEAL) and self._door.sessions.is_revealed(visit.signed_in.token_hash, id)

    def _note_personal(self, visit: Visit, loaded: Loaded, **detail: str) -> None:
        if loaded.is_revealed:
            visit.record(visit.rule.audited, loaded.transcript.standing.id, personal_data="shown", **detail)

    def _talk(self, visit: Visit, standing: Standing) -> dict[str, Any]:
        """Whether somebody can talk with the visitor, and who does."""
        now = self.clock()
        is_taken = standing.taken_by is not None and standing.taken_until > now
        holder = self.person(standing.taken_by) if standing.taken_by and is_taken else None
        is_mine = is_taken and standing.taken_by == visit.person.name
        return {
            "live": takeover.is_live(standing, now) and visit.may(Permission.TALK),
            "holder": holder,
            "mine": is_mine,
            "words": _talk_words(holder, is_mine, self._pages.moment(standing.taken_until).rpartition(" ")[2]),
        }

    def _as_data(self, shown: Shown) -> dict[str, Any]:
        message = shown.line.message
        return {
            "number": message.number,
            "author": message.author,
            "who": shown.who,
            "text": message.text,
            "when": self._pages.moment(message.at),
            "summary": shown.summary,
            "chips": [{"text": chip.text, "look": chip.look} for chip in shown.chips],
            "details": [{"title": detail.title, "items": list(detail.items)} for detail in shown.details],
            "dangers": [{"kind": alarm.kind, "title": labels.danger_title(alarm.kind)} for alarm in shown.open_dangers],
        }


def read_id(part: str) -> str:
    """The conversation that a part of an address names."""
    return clean(unquote(part))


def path_of(id: str) -> str:
    """A conversation's address below the console's."""
    return f"/conversations/{quote(id, safe=':')}"


def may_look_after(person: Person) -> bool:
    """Whether conversations can be assigned to somebody."""
    return person.may(Permission.REVIEW) and person.disabled_at is None


def filters_of(request: Request) -> str:
    """What the list was filtered by from which somebody came, as a query."""
    try:
        return urlencode(Filters.from_query(query(request)).to_query())
    except ValueError:
        return ""


def _talk_words(holder: str | None, is_mine: bool, until: str) -> str:
    if is_mine:
        return f"You are in the chat. The assistant comes back at {until} if nobody writes."
    if holder:
        return f"{holder} is in the chat. The assistant comes back at {until} if nobody writes."
    return "The assistant answers here. If you join, it goes quiet, and the visitor is told."


def _next(id: str, filters: str) -> str:
    return f"/next?{urlencode({'after': id})}&{filters}".rstrip("&")


def safe_name(id: str) -> str:
    """A file's name for a conversation, for every system of files."""
    return f"conversation-{re.sub('[^A-Za-z0-9]+', '-', id).strip('-')[:60] or 'x'}"
