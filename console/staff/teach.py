"""What the assistant should learn: messages to judge, lessons that wait, and publications that teach them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sanic import Sanic
from sanic.request import Request
from sanic.response import HTTPResponse, json, raw
from sqlalchemy.engine import Engine

from assistant.conversations import today
from assistant.database import reading
from console.pages import Problem
from console.staff import labels
from console.staff.access import Door, Visit
from console.staff.masking import snippet
from console.staff.pages import StaffPages, query
from publishing import live, publication, verdicts
from publishing.live import NotLive
from publishing.publication import AnotherUnderWay, Publication, UnknownPublication

_DAYS = 30 * 86400  # seconds back that questions to judge are looked for
_MOST = 30
_SAID = {
    "started": "The assistant learns now. It goes on answering meanwhile.",
    "withdrawn": "Taken back. The lessons wait again.",
}
_STATES = {
    publication.WAITING: "Waiting",
    publication.TRAINING: "Training",
    publication.EVALUATING: "Evaluating",
    publication.REFUSED: "Not put live",
    publication.LIVE: "Live",
    publication.FAILED: "Failed",
    publication.WITHDRAWN: "Taken back",
}
_NO_RESULT: dict[str, Any] = {"reasons": [], "added": None, "refused": [], "questions": 0}
_UNKNOWN = ("There is no such publication", "Please go back to the page Teach.")


class TeachPages:
    """`/staff/teach`, and a page for each publication.

    Args:
        conversations: the database of conversations.
    """

    def __init__(
        self, pages: StaffPages, door: Door, conversations: Engine, clock: Callable[[], float], country: str
    ) -> None:
        self._pages = pages
        self._door = door
        self._engine = conversations
        self._clock = clock
        self._country = country

    def add_to(self, app: Sanic) -> None:
        """Serve these pages in an app."""
        self._door.add(app, "teach", self.show)
        self._door.add(app, "publish", self.publish)
        self._door.add(app, "publication", self.publication)
        self._door.add(app, "publication_progress", self.progress)
        self._door.add(app, "publication_patch", self.patch)
        self._door.add(app, "publication_withdraw", self.withdraw)

    def show(self, request: Request, visit: Visit) -> HTTPResponse:
        """What waits to be judged and learnt, and what was learnt."""
        return self._show(visit, said=_SAID.get(query(request).get("said", ""), ""))

    def publish(self, request: Request, visit: Visit) -> HTTPResponse:
        """Have the assistant learn what waits."""
        try:
            new = live.start(self._engine, visit.person.name)
        except AnotherUnderWay as other:
            return self._pages.back(f"/teach/publications/{other}")
        visit.record("publication.started", new)
        return self._pages.back(f"/teach/publications/{new}")

    def publication(self, request: Request, visit: Visit, publication_id: str) -> HTTPResponse:
        """One publication: how far it is, what it made better and worse, why it did not go live."""
        return self._publication(visit, publication_id)

    def progress(self, request: Request, visit: Visit, publication_id: str) -> HTTPResponse:
        """How far it is, for the page's script."""
        found = self._read(publication_id)
        return json({"progress": found.progress, "step": found.step, "over": not found.is_under_way})

    def patch(self, request: Request, visit: Visit, publication_id: str) -> HTTPResponse:
        """The change as a file for `git apply`."""
        path = live.patch_of(self._read(publication_id).id)
        if not path.is_file():
            raise Problem(404, "There is no patch", "This publication changed nothing, or ended before it was made.")
        headers = {"Content-Disposition": f'attachment; filename="lessons-{path.parent.name}.patch"'}
        return raw(path.read_bytes(), content_type="text/x-patch; charset=utf-8", headers=headers)

    def withdraw(self, request: Request, visit: Visit, publication_id: str) -> HTTPResponse:
        """Go back to the model before, or stop what is under way."""
        found = self._read(publication_id)
        try:
            live.withdraw(self._engine, found.id, visit.person.name)
        except NotLive as problem:
            return self._publication(visit, publication_id, 409, str(problem))
        return self._pages.back("/teach?said=withdrawn")

    def _show(self, visit: Visit, said: str) -> HTTPResponse:
        since = self._clock() - _DAYS
        with reading(self._engine) as session:
            questions = [*today.thumbs_down(session, since, _MOST), *today.unanswered(session, since, _MOST)]
            waiting = [entry for entry in verdicts.read_all(session) if not entry.published_in]
        unique = {(one.conversation_id, one.number): one for one in reversed(questions)}
        latest = publication.latest(self._engine, 10)
        return self._pages.page(
            visit,
            "teach.html",
            said=said,
            questions=[self._question(one) for one in sorted(unique.values(), key=lambda one: -one.at)][:_MOST],
            lessons=[(entry, labels.intent_title(entry.lesson.intent)) for entry in waiting],
            publications=latest,
            states=_STATES,
            under_way=next((one for one in latest if one.is_under_way), None),
        )

    def _question(self, question: Any) -> dict[str, Any]:
        why = {today.LOW: "Low confidence", "down": "Thumbs down"}
        return {
            "address": f"{self._pages.base}/conversations/{question.conversation_id}",
            "number": question.number,
            "text": snippet(question.text, (), self._country),
            "why": why.get(question.why) or labels.flag_title(question.why),
            "title": labels.intent_title(question.intent),
            "confidence": question.confidence,
            "at": question.at,
        }

    def _publication(self, visit: Visit, publication_id: str, status: int = 200, problem: str = "") -> HTTPResponse:
        found = self._read(publication_id)
        is_newest = any(one.id == found.id for one in publication.latest(self._engine) if one.state == publication.LIVE)
        return self._pages.page(
            visit,
            "publication.html",
            status,
            publication=found,
            state=_STATES[found.state],
            result={**_NO_RESULT, **found.result},
            title=_title,
            can_withdraw=found.is_under_way or (found.state == publication.LIVE and is_newest),
            has_patch=live.patch_of(found.id).is_file(),
            problem=problem,
        )

    def _read(self, publication_id: str) -> Publication:
        try:
            return publication.read(self._engine, publication_id)
        except UnknownPublication:
            raise Problem(404, *_UNKNOWN) from None


def _title(meant: str) -> str:
    """What a question of the evaluation means: one topic, or several."""
    return " + ".join(labels.intent_title(intent) for intent in meant.split(", "))
