"""A member of staff joins a chat of the website, writes to its visitor, and gives it back to the assistant."""

from __future__ import annotations

import secrets

from sanic import Sanic
from sanic.request import Request
from sanic.response import HTTPResponse, json
from sqlalchemy.engine import Engine

from assistant.channels.incoming import MAX_TEXT, Refused
from assistant.conversations import takeover
from assistant.conversations.filters import clean
from assistant.conversations.takeover import AlreadyTaken, NotLive, NotTaken
from assistant.database import writing
from console.staff.access import Door, Visit
from console.staff.pages import form
from console.staff.transcript import TranscriptPages, read_id

_LONGEST_NAME = 64
_NOT_LIVE = (
    "Nobody is there to talk with: the visitor has written nothing for a day, has deleted the conversation, or is not "
    "in the website's chat."
)
_NOT_TAKEN = (
    "You are no longer in this chat: you have left it, somebody else is in it, or nobody wrote for 10 minutes and the "
    "assistant is back."
)
_REFUSED = f"Write a message of up to {MAX_TEXT} characters."


class TakeOver:
    """The forms of the chat below a transcript.

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
        self._door.add(app, "take", self.take)
        self._door.add(app, "say", self.say)
        self._door.add(app, "give_back", self.give_back)

    def take(self, request: Request, visit: Visit, conversation_id: str) -> HTTPResponse:
        """Join the chat."""
        id = read_id(conversation_id)
        try:
            with writing(self._engine) as session:
                takeover.take(session, id, visit.person.name, _name(visit), self._transcripts.clock())
        except NotLive:
            return self._problem(request, visit, id, 409, _NOT_LIVE)
        except AlreadyTaken as taken:
            problem = f"{taken.name} was faster and talks with the visitor now. You can read along."
            return self._problem(request, visit, id, 409, problem)
        except Refused:
            return self._problem(request, visit, id, 422, "Your name cannot be shown to visitors. An admin can help.")
        return self._done(request, id, "taken")

    def say(self, request: Request, visit: Visit, conversation_id: str) -> HTTPResponse:
        """Write to the visitor."""
        id, fields = read_id(conversation_id), form(request)
        text, message_id = clean(fields.get("text", "")), fields.get("id", "") or secrets.token_urlsafe(12)
        try:
            with writing(self._engine) as session:
                now = self._transcripts.clock()
                takeover.say(session, id, visit.person.name, _name(visit), text, message_id, now)
        except NotTaken:
            return self._problem(request, visit, id, 409, f"{_NOT_TAKEN} Your message was not sent.", text)
        except Refused:
            return self._problem(request, visit, id, 422, _REFUSED, text)
        return self._done(request, id, "sent")

    def give_back(self, request: Request, visit: Visit, conversation_id: str) -> HTTPResponse:
        """Leave the chat to the assistant."""
        id = read_id(conversation_id)
        try:
            with writing(self._engine) as session:
                takeover.give_back(session, id, visit.person.name, self._transcripts.clock())
        except NotTaken:
            return self._problem(request, visit, id, 409, _NOT_TAKEN)
        return self._done(request, id, "given_back")

    def _problem(
        self, request: Request, visit: Visit, id: str, status: int, problem: str, text: str = ""
    ) -> HTTPResponse:
        if _is_of_script(request):
            return json({"error": problem}, status=status)
        return self._transcripts.page(request, visit, id, status, problem, {"text": text})

    def _done(self, request: Request, id: str, said: str) -> HTTPResponse:
        return json({"done": said}) if _is_of_script(request) else self._transcripts.back(request, id, said)


def _name(visit: Visit) -> str:
    """What the visitor knows them by."""
    return visit.person.display_name[:_LONGEST_NAME].strip()


def _is_of_script(request: Request) -> bool:
    """Whether the page itself asks, and shows the outcome in its place."""
    return "application/json" in request.headers.get("accept", "")
