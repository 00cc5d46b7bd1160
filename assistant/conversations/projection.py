"""Builds the read model from Rasa's events: what was said, how it was understood, and what staff should look at."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from assistant.conversations.messages import ASSISTANT, FALLBACK_ANSWERS, STAFF, VISITOR, Message
from assistant.questions import is_question
from assistant.safety import CRISIS, CRISIS_SPANISH, MEDICAL_EMERGENCY

UNCLEAR, NOT_COVERED, SIDE_EFFECT, WANTS_PERSON = "unclear", "not_covered", "side_effect", "wants_person"
_FLAGGED = {
    CRISIS: CRISIS,
    CRISIS_SPANISH: CRISIS,
    MEDICAL_EMERGENCY: MEDICAL_EMERGENCY,
    "nlu_fallback": UNCLEAR,
    "tell_side_effect": SIDE_EFFECT,
    "talk_to_human": WANTS_PERSON,
}
_DANGERS = {
    f"utter_{CRISIS}": CRISIS,
    f"utter_{CRISIS_SPANISH}": CRISIS,
    "utter_988_line": CRISIS,
    f"utter_{MEDICAL_EMERGENCY}": MEDICAL_EMERGENCY,
}
# In the metadata of an event: who wrote it while staff have the chat, and who dealt with a visitor's message where that
# was not the assistant.
AUTHOR, HEARD_BY = "author", "heard_by"
_RUNNERS_UP = 4
_REFERENCE_SLOT = "booking_reference"
_LISTEN = "action_listen"
_SILENT = ("action_extract_slots", "action_session_start")


@dataclass
class Understood:
    """How a visitor's message was understood.

    Attributes:
        runners_up: the next most likely intents, each with its confidence.
        actions: what was done about it, in order.
    """

    number: int
    intent: str
    confidence: float
    runners_up: list[tuple[str, float]]
    actions: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Flagged:
    """A message that staff should look at, and why."""

    number: int
    kind: str
    at: float


@dataclass
class Projection:
    """What some events of one conversation add to the read model.

    Args:
        next_number: the number of the next message.
        next_seq: the place of the next event.
    """

    next_number: int
    next_seq: int
    messages: list[Message] = field(default_factory=list)
    predictions: list[Understood] = field(default_factory=list)
    flags: list[Flagged] = field(default_factory=list)
    booking_reference: str | None = None
    channel: str = ""
    last_at: float = 0.0
    _question: str | None = None  # the key of the visitor's message that is being answered
    _replies: int = 0
    _new_reference: str | None = None

    @property
    def lowest_confidence(self) -> float | None:
        """The least sure of the predictions."""
        return min((prediction.confidence for prediction in self.predictions), default=None)

    def add(self, events: Iterable[Mapping[str, Any]]) -> Projection:
        """Go on with further events."""
        for event in events:
            kind = event["event"]
            self.last_at = max(self.last_at, float(event.get("timestamp") or 0))
            if kind == "user":
                self._add_visitor(event)
            elif kind == "bot":
                self._add_reply(event)
            elif kind == "action":
                self._add_action(str(event.get("name") or ""))
            elif kind == "slot" and event.get("name") == _REFERENCE_SLOT and event.get("value"):
                self.booking_reference = self._new_reference = str(event["value"])
            self.next_seq += 1
        return self

    def _add_visitor(self, event: Mapping[str, Any]) -> None:
        text = (event.get("metadata") or {}).get("title") or event.get("text")
        if not text:
            return
        self.channel = event.get("input_channel") or self.channel
        self._question, self._replies = str(event.get("message_id") or f"e{self.next_seq}"), 0
        message = self._say(Message(None, self._question, VISITOR, str(text), float(event["timestamp"])))
        if heard_by := (event.get("metadata") or {}).get(HEARD_BY):
            self._question = None if heard_by == STAFF else self._question
            return  # the assistant has not tried to understand it
        parsed = event.get("parse_data") or {}
        intent = parsed.get("intent") or {}
        name, confidence = str(intent.get("name") or ""), float(intent.get("confidence") or 0.0)
        ranking = [(str(one["name"]), round(float(one["confidence"]), 4)) for one in parsed.get("intent_ranking") or []]
        runners_up = [one for one in ranking if one[0] != name][:_RUNNERS_UP]
        self.predictions.append(Understood(message.number or 0, name, confidence, runners_up))
        if name in _FLAGGED:
            self._flag(_FLAGGED[name], message)

    def _add_reply(self, event: Mapping[str, Any]) -> None:
        data, metadata = event.get("data") or {}, event.get("metadata") or {}
        buttons = [one for one in data.get("buttons") or [] if isinstance(one, Mapping) and "payload" in one]
        text = event.get("text") or ""
        if not text and not buttons:
            return
        if metadata.get(AUTHOR):
            self._add_of_takeover(str(text), metadata, float(event["timestamp"]))
            return
        action, about = metadata.get("utter_action"), metadata.get("metadata")
        about = about if isinstance(about, Mapping) else {}
        facts = about.get("facts")
        message = self._say(
            Message(
                number=None,
                key=f"{self._question}.{self._replies}" if self._question else f"e{self.next_seq}",
                author=ASSISTANT,
                text=str(text),
                at=float(event["timestamp"]),
                buttons=tuple({"title": str(one.get("title")), "payload": str(one["payload"])} for one in buttons),
                action=action,
                source=about.get("section") if facts else None,
                danger=_DANGERS.get(action or ""),
                booking=self._new_reference,
            )
        )
        self._replies += 1
        self._new_reference = None
        # An answer without facts of the article says that the article does not cover the question.
        is_answer = is_question((action or "").removeprefix("utter_"))
        if message.rateable and (action in FALLBACK_ANSWERS or (is_answer and facts == [])):
            self._flag(NOT_COVERED, message)

    def _add_of_takeover(self, text: str, metadata: Mapping[str, Any], at: float) -> None:
        """A message of staff, or one that says that they have left: an answer to none of the visitor's."""
        key = str(metadata.get("key") or f"e{self.next_seq}")
        self._say(Message(None, key, str(metadata[AUTHOR]), text, at, name=metadata.get("name")))

    def _add_action(self, name: str) -> None:
        if name == _LISTEN:  # a turn ends: what follows without a new message answers none
            self._question, self._replies, self._new_reference = None, 0, None
        elif self._question and name not in _SILENT:
            self.predictions[-1].actions.append(name)

    def _say(self, message: Message) -> Message:
        numbered = message.numbered(self.next_number)
        self.messages.append(numbered)
        self.next_number += 1
        return numbered

    def _flag(self, kind: str, message: Message) -> None:
        self.flags.append(Flagged(message.number or 0, kind, message.at))
