"""What staff write about a conversation: reviewed or not, who looks after it, notes, tags."""

from __future__ import annotations

from sanic import Sanic
from sanic.request import Request
from sanic.response import HTTPResponse
from sqlalchemy.engine import Engine

from assistant.conversations import review
from assistant.conversations.review import LONGEST_NOTE, LONGEST_TAG, MOST_TAGS, Changed, NotThere
from assistant.database import writing
from console.pages import Problem
from console.staff.access import Door, Visit
from console.staff.pages import form
from console.staff.transcript import GONE, TranscriptPages, may_look_after, read_id

_MOST_NUMBER = 10**9
_SAID_MORE = (
    "More was said while this page was open, so nothing was marked. It is below now: read it and mark the conversation "
    "again."
)
_NO_NOTE = f"Write a note of up to {LONGEST_NOTE} characters."
_NO_MESSAGE = "There is no message of that number. Leave the number out for a note about the whole conversation."
_NO_TAG = f"A tag has up to {LONGEST_TAG} letters, digits and dashes, and a conversation up to {MOST_TAGS} tags."


class ReviewActions:
    """The forms beside a transcript.

    Args:
        transcripts: shows what became of it.
        conversations: the database of conversations.
    """

    def __init__(self, transcripts: TranscriptPages, door: Door, conversations: Engine) -> None:
        self._transcripts = transcripts
        self._door = door
        self._engine = conversations

    def add_to(self, app: Sanic) -> None:
        """Take these forms in an app."""
        self._door.add(app, "review", self.review)
        self._door.add(app, "assign", self.assign)
        self._door.add(app, "note", self.note)
        self._door.add(app, "tag", self.tag)
        self._door.add(app, "untag", self.untag)

    def review(self, request: Request, visit: Visit, conversation_id: str) -> HTTPResponse:
        """Mark a conversation as reviewed as far as it was seen, or as not reviewed."""
        id, fields = read_id(conversation_id), form(request)
        is_done = fields.get("reviewed") != "no"
        try:
            with writing(self._engine) as session:
                if is_done:
                    seen = _number(fields.get("seen", ""))
                    review.set_reviewed(session, id, seen or 0, visit.person.name, self._transcripts.clock())
                else:
                    review.set_unreviewed(session, id)
        except Changed:
            return self._transcripts.page(request, visit, id, 409, _SAID_MORE)
        except NotThere:
            raise Problem(404, *GONE) from None
        if fields.get("then") == "next":
            return self._transcripts.to_next(request, id)
        return self._transcripts.back(request, id, "reviewed" if is_done else "unreviewed")

    def assign(self, request: Request, visit: Visit, conversation_id: str) -> HTTPResponse:
        """Say who looks after a conversation."""
        id, fields = read_id(conversation_id), form(request)
        to, seen = fields.get("to", "") or None, fields.get("seen", "") or None
        person = self._door.accounts.get(to) if to else None
        if to and (person is None or not may_look_after(person)):
            problem = "Nobody of that name can look after conversations. Nothing was changed."
            return self._transcripts.page(request, visit, id, 422, problem)
        try:
            with writing(self._engine) as session:
                review.assign(session, id, to, seen, visit.person.name, self._transcripts.clock())
        except Changed as changed:
            now = self._transcripts.person(changed.present) if changed.present else "Nobody"
            problem = f"Somebody was faster: {now} looks after this conversation by now. Nothing was changed."
            return self._transcripts.page(request, visit, id, 409, problem)
        except NotThere:
            raise Problem(404, *GONE) from None
        return self._transcripts.back(request, id, "assigned")

    def note(self, request: Request, visit: Visit, conversation_id: str) -> HTTPResponse:
        """Add a note, to the conversation or to one message."""
        id, fields = read_id(conversation_id), form(request)
        text, typed_number = fields.get("note", ""), fields.get("number", "")
        typed = {"note": text, "number": typed_number}
        about = _number(typed_number)
        if typed_number and about is None:
            return self._transcripts.page(request, visit, id, 422, _NO_MESSAGE, typed)
        try:
            with writing(self._engine) as session:
                review.add_note(session, id, visit.person.name, text, self._transcripts.clock(), about)
        except ValueError:
            return self._transcripts.page(request, visit, id, 422, _NO_NOTE, typed)
        except NotThere:
            return self._transcripts.page(request, visit, id, 422, _NO_MESSAGE, typed)
        return self._transcripts.back(request, id, "noted")

    def tag(self, request: Request, visit: Visit, conversation_id: str) -> HTTPResponse:
        """Put a tag on."""
        id, tag = read_id(conversation_id), form(request).get("tag", "")
        try:
            with writing(self._engine) as session:
                review.add_tag(session, id, tag, visit.person.name, self._transcripts.clock())
        except ValueError:
            return self._transcripts.page(request, visit, id, 422, _NO_TAG, {"tag": tag})
        except NotThere:
            raise Problem(404, *GONE) from None
        return self._transcripts.back(request, id, "tagged")

    def untag(self, request: Request, visit: Visit, conversation_id: str) -> HTTPResponse:
        """Take a tag off; somebody else may have done so already."""
        id, tag = read_id(conversation_id), form(request).get("tag", "")
        try:
            with writing(self._engine) as session:
                review.remove_tag(session, id, tag)
        except ValueError:
            return self._transcripts.page(request, visit, id, 422, _NO_TAG)
        except NotThere:
            raise Problem(404, *GONE) from None
        return self._transcripts.back(request, id, "untagged")


def _number(typed: str) -> int | None:
    """A message's number; None: none was named."""
    return min(int(typed), _MOST_NUMBER) if typed.isascii() and typed.isdigit() and len(typed) < 12 else None
