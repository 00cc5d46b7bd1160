"""Saying whether a message was understood, what was meant, and what the assistant should learn from it.

What the visitor wrote becomes a question of the evaluation; other ways to say it become training examples. Never the
same text for both: a question that was trained on proves nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sanic import Sanic
from sanic.request import Request
from sanic.response import HTTPResponse, json
from sqlalchemy.engine import Engine

from assistant.conversations import review
from assistant.conversations.lines import Judged, Line
from assistant.conversations.review import Changed, Judgement, NotThere
from assistant.conversations.transcripts import Transcript, transcript
from assistant.database import reading, writing
from console.pages import Problem
from console.staff import labels
from console.staff.access import Door, Visit
from console.staff.masking import MASK, mask
from console.staff.meanings import Meanings, known_intents
from console.staff.pages import StaffPages, form
from console.staff.transcript import GONE, read_id
from publishing.lessons import normalised, problem_of

_NO_MESSAGE = ("There is no such message", "The conversation may have been deleted.")
_MASKED = "it holds masked personal data: write it without"


class JudgingPages:
    """`/staff/conversations/<id>/verdict`, and the search for a meaning.

    Args:
        conversations: the database of conversations.
    """

    def __init__(
        self, pages: StaffPages, door: Door, conversations: Engine, meanings: Meanings, clock: Any, country: str
    ) -> None:
        self._pages = pages
        self._door = door
        self._engine = conversations
        self._meanings = meanings
        self._clock = clock
        self._country = country

    def add_to(self, app: Sanic) -> None:
        """Serve these pages in an app."""
        self._door.add(app, "judge", self.show)
        self._door.add(app, "verdict", self.give)
        self._door.add(app, "meanings", self.search)

    def show(self, request: Request, visit: Visit, conversation_id: str) -> HTTPResponse:
        """The form for one message."""
        id, number = read_id(conversation_id), _number(request.args.get("number", ""))
        line, names = self._line(id, number)
        return self._form(visit, id, line, names, str(request.args.get("to", "")), _typed_of(line.verdict))

    def search(self, request: Request, visit: Visit) -> HTTPResponse:
        """The meanings nearest to a text, for the form's script."""
        found = self._meanings.find(str(request.args.get("q", "")))
        return json({"meanings": [{"intent": one.intent, "title": one.title} for one in found]})

    def give(self, request: Request, visit: Visit, conversation_id: str) -> HTTPResponse:
        """Store a verdict, unless another reviewer was faster or a text cannot be learnt from."""
        id, fields = read_id(conversation_id), form(request)
        number, to = _number(fields.get("number", "")), fields.get("to", "")
        line, names = self._line(id, number)
        if line.reading is None:
            raise Problem(404, *_NO_MESSAGE)
        is_right = fields.get("right") == "yes"
        intent = line.reading.intent if is_right else fields.get("intent", "")
        typed = {**fields, "version": fields.get("version", "0")}
        problem = self._problem(intent, fields, is_right)
        if problem:
            return self._form(visit, id, line, names, to, typed, 422, problem)
        examples = tuple(_lines(fields.get("examples", "")))
        judgement = Judgement(is_right, intent, fields.get("question", ""), examples)
        version = _number(fields.get("version", "0"), least=0)
        try:
            with writing(self._engine) as session:
                review.give_verdict(session, id, number, judgement, version, visit.person.name, self._clock())
        except Changed as changed:
            faster = _faster(changed.present)
            typed["version"] = str(changed.present.version if changed.present else 0)
            return self._form(visit, id, line, names, to, typed, 409, faster)
        except NotThere:
            raise Problem(404, *GONE) from None
        visit.record("message.judged", f"{id}#m{number}", intent=intent, right=is_right, examples=len(examples))
        return self._pages.back(to if to in ("/teach",) else f"/conversations/{conversation_id}#m{number}")

    def _problem(self, intent: str, fields: Mapping[str, str], is_right: bool) -> str:
        """Why a verdict cannot be taken, in words; empty if it can."""
        if intent not in known_intents() and not is_right:
            return "Choose what the visitor meant."
        question, examples = fields.get("question", ""), _lines(fields.get("examples", ""))
        for text in [*([question] if question else []), *examples]:
            reason = _MASKED if MASK in text else problem_of(text)
            if reason:
                return f"“{text[:60]}” cannot be learnt from: {reason}."
        if question and normalised(question) in {normalised(example) for example in examples}:
            return (
                "The question and an example are the same. Write the examples in other words: the question is the test."
            )
        return ""

    def _line(self, conversation_id: str, number: int) -> tuple[Line, tuple[str, ...]]:
        with reading(self._engine) as session:
            read: Transcript | None = transcript(session, conversation_id)
        line = next((one for one in read.lines if one.message.number == number), None) if read else None
        if read is None or line is None or line.reading is None:
            raise Problem(404, *_NO_MESSAGE)
        return line, read.names

    def _form(
        self,
        visit: Visit,
        conversation_id: str,
        line: Line,
        names: tuple[str, ...],
        to: str,
        typed: Mapping[str, str],
        status: int = 200,
        problem: str = "",
    ) -> HTTPResponse:
        text = mask(line.message.text, names, self._country)
        near = self._meanings.suggest(text)
        reading_ = line.reading
        likely = [reading_.intent, *(intent for intent, _ in reading_.runners_up)] if reading_ else []
        offered = [one for one in dict.fromkeys([*likely, *(one.intent for one in near)]) if one in known_intents()]
        return self._pages.page(
            visit,
            "judge.html",
            status,
            address=f"{self._pages.base}/conversations/{conversation_id}",
            number=line.message.number,
            text=text,
            title=labels.intent_title(reading_.intent) if reading_ else "",
            confidence=reading_.confidence if reading_ else 0,
            offered=[(intent, labels.intent_title(intent)) for intent in offered[:8]],
            all_meanings=self._meanings.all(),
            verdict=line.verdict,
            to=to,
            typed={
                "question": text if MASK not in text else "",
                "examples": "",
                "intent": "",
                "version": "0",
                "right": "",
                **typed,
            },
            problem=problem,
        )


def _typed_of(verdict: Judged | None) -> dict[str, str]:
    if verdict is None:
        return {}
    fields = {"question": verdict.question, "examples": "\n".join(verdict.examples), "version": str(verdict.version)}
    return {**fields, "intent": verdict.intent, "right": "yes" if verdict.is_right else "no"}


def _faster(present: Judged | None) -> str:
    if present is None:
        return "The verdict was taken back meanwhile. Nothing was changed: check yours and save it again."
    meant = labels.intent_title(present.intent)
    said = "understood right" if present.is_right else f"meant as “{meant}”"
    return f"{present.by} was faster and judged it as {said}. Yours is not saved: save again to replace theirs."


def _lines(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if line.strip()]


def _number(typed: str, least: int = 1) -> int:
    """A message's number, or a version. Raises: Problem."""
    if typed.isascii() and typed.isdigit() and len(typed) < 10 and int(typed) >= least:
        return int(typed)
    raise Problem(404, *_NO_MESSAGE)
