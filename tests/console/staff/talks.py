"""Conversations that the tests of the transcript read."""

from __future__ import annotations

from typing import Any

from tests.console.staff.conftest import NOW, Console, answered, asked

CHAT = "webchat:0123456789abcdef"
PAGE = f"/conversations/{CHAT}"


def noted(name: str, value: Any, at: float = NOW) -> dict[str, Any]:
    """Something that the assistant noted down, as an event."""
    return {"event": "slot", "name": name, "value": value, "timestamp": at}


def did(action: str, at: float = NOW) -> dict[str, Any]:
    """An action, as an event."""
    return {"event": "action", "name": action, "timestamp": at}


def safe_question(console: Console) -> None:
    """A question and its answer: messages 1 and 2."""
    answer = answered("It is generally considered safe.", at=NOW + 1, facts=("main-uses-today", "gone-fact"))
    console.has_said(CHAT, asked("is it safe"), did("utter_ask_safety"), answer, did("action_listen"))


def booking(console: Console) -> None:
    """A visitor says who they are: messages 1 and 2."""
    console.has_said(
        CHAT,
        asked("I am maria lopez, (415) 555-0134, maria@example.com", "inform", at=NOW + 10),
        noted("booking_name", "Maria Lopez"),
        noted("booking_contact", "+14155550134"),
        noted("booking_topic_words", "pain"),
        noted("booking_key", "inner"),
        noted("booking_reference", "SR-7K2M9P"),
        answered("Thank you, Maria: https://clinic.test/booking/abc.def-ghi", "utter_booking_sent", NOW + 11),
        did("action_listen"),
    )


def crisis(console: Console, at: float = NOW + 20) -> None:
    """Somebody is in danger."""
    console.has_said(
        CHAT,
        asked("i want to end it", "crisis", 1.0, at),
        answered("You can call 988 now.", "utter_crisis", at, ()),
        did("action_listen"),
    )
