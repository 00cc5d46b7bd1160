"""Conversations for the tests of what staff read and write."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy.orm import Session

from assistant.conversations.turns import Turn, ensure_conversation, write_turn

Said = tuple[str, str, float, str, Sequence[str] | None]  # text, intent, confidence, the answer's name, its facts
PRICE: Said = ("What does it cost?", "ask_price", 0.9, "utter_ask_price", [])
LENGTH: Said = ("How long is a session?", "ask_session_length", 0.99, "utter_ask_session_length", ["length-varies"])
CRISIS: Said = ("I want to die", "crisis", 1.0, "utter_crisis", [])
GARBLED: Said = ("hgfjk", "nlu_fallback", 0.1, "utter_fallback", [])
GUESSED: Said = ("long do they sit", "ask_session_length", 0.35, "utter_ask_session_length", ["length-varies"])
PERSON: Said = ("a person please", "talk_to_human", 0.97, "utter_talk_to_human", [])
SICK: Said = ("dizzy since friday", "tell_side_effect", 0.9, "utter_tell_side_effect", [])


def talk(
    session: Session, name: str, at: float, *said: Said, channel: str = "webchat", first: int = 0, **slots: Any
) -> str:
    """Turns of a conversation from a moment on, a second between them, numbered from `first`; its id."""
    conversation_id = f"{channel}:{name}"
    ensure_conversation(session.connection(), conversation_id, channel, at)
    events = [event for i, one in enumerate(said) for event in _turn(f"{name}{first + i}", at + i, channel, one, slots)]
    write_turn(session, Turn(conversation_id, events, None if first else 0))
    return conversation_id


def _turn(key: str, at: float, channel: str, said: Said, slots: Mapping[str, Any]) -> list[dict[str, Any]]:
    text, intent, confidence, action, facts = said
    ranking = [{"name": intent, "confidence": confidence}, {"name": "ask_safety", "confidence": 0.05}]
    about = {"facts": facts, "section": "Section"}
    button = {"title": "What about safety?", "payload": "/ask_safety"}
    return [
        {
            "event": "user",
            "timestamp": at,
            "text": text,
            "input_channel": channel,
            "message_id": key,
            "parse_data": {"intent": ranking[0], "intent_ranking": ranking},
        },
        *({"event": "slot", "timestamp": at, "name": name, "value": value} for name, value in slots.items()),
        {"event": "action", "timestamp": at, "name": action},
        {
            "event": "bot",
            "timestamp": at + 0.1,
            "text": f"An answer about {action.removeprefix('utter_')}.",
            "data": {"buttons": [button]},
            "metadata": {"utter_action": action, "metadata": about},
        },
        {"event": "action", "timestamp": at + 0.2, "name": "action_listen"},
    ]


def staff_wrote(session: Session, conversation_id: str, text: str, at: float) -> None:
    """A message of somebody of the staff."""
    metadata = {"author": "staff", "key": f"staff.{at}", "name": "Dana"}
    event = {"event": "bot", "timestamp": at, "text": text, "data": {}, "metadata": metadata}
    write_turn(session, Turn(conversation_id, [event], None))
