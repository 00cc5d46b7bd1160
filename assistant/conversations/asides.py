"""Turns that Rasa has no part in: what a visitor wrote is kept, and what the channel itself says about it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy.orm import Session

from assistant.conversations.inbox import Arrival
from assistant.conversations.messages import Message
from assistant.conversations.projection import HEARD_BY
from assistant.conversations.sealing import known_in
from assistant.conversations.turns import Turn, write_turn


def keep(
    session: Session,
    conversation_id: str,
    channel: str,
    arrival: Arrival,
    heard_by: str,
    now: float,
    replies: Sequence[tuple[str, str]] = (),
) -> Sequence[Message]:
    """Keep a visitor's message that the assistant does not try to understand; the messages of the turn.

    Rasa hears no intent in it, and waits for the next message where it has waited before: a form stays open.

    Args:
        heard_by: who deals with it: staff, or the channel itself.
        replies: name and words of what the channel itself says.
    """
    heard = {
        "event": "user",
        "timestamp": now,
        "text": arrival.text,
        "parse_data": {"text": arrival.text, "intent": {}, "intent_ranking": [], "entities": []},
        "input_channel": channel,
        "message_id": arrival.client_id,
        "metadata": {HEARD_BY: heard_by},
    }
    said = [_reply(action, text, now) for action, text in replies]
    listening = {"event": "action", "timestamp": now, "name": "action_listen", "policy": None, "confidence": None}
    known = sorted(known_in(session, conversation_id))
    return write_turn(session, Turn(conversation_id, [heard, *said, listening], None, known=known)).messages


def _reply(action: str, text: str, now: float) -> dict[str, Any]:
    return {"event": "bot", "timestamp": now, "text": text, "data": {}, "metadata": {"utter_action": action}}
