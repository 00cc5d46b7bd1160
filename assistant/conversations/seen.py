"""Tells a visitor in danger that somebody of the clinic has read what they wrote, once somebody has: never before."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import sqlalchemy as sa
import yaml
from sqlalchemy.orm import Session

from assistant.channels import render
from assistant.channels.table import TABLE, channel_of
from assistant.conversations import addresses, deliveries
from assistant.conversations.messages import ASSISTANT, Message
from assistant.conversations.models import Conversation, Prediction
from assistant.conversations.projection import AUTHOR
from assistant.conversations.turns import Turn, write_turn
from assistant.safety import CRISIS, CRISIS_SPANISH, MEDICAL_EMERGENCY
from assistant.settings import PROJECT_DIR

SEEN, SEEN_SPANISH = "utter_seen_by_staff", "utter_seen_by_staff_spanish"
_RECENT = 24 * 3600.0  # seconds since the visitor's last message; later it would only startle them
_CONVERSATIONS, _PREDICTIONS = Conversation.__table__, Prediction.__table__


def tell_seen(session: Session, conversation_id: str, number: int, kind: str, now: float) -> Sequence[Message]:
    """Tell the visitor, in the transaction that notes who has read a danger; what was said to them.

    Args:
        number: of the message of danger.
        kind: of its flag.
    """
    row = session.execute(sa.select(_CONVERSATIONS).where(_CONVERSATIONS.c.id == conversation_id)).first()
    if kind not in (CRISIS, MEDICAL_EMERGENCY) or row is None or row.last_at < now - _RECENT:
        return []
    channel = channel_of(conversation_id)
    if channel in TABLE and addresses.opted_out(session, conversation_id):
        return []
    of_it = sa.and_(_PREDICTIONS.c.conversation_id == conversation_id, _PREDICTIONS.c.number == number)
    intent = session.execute(sa.select(_PREDICTIONS.c.intent).where(of_it)).scalar()
    text = _texts()[SEEN_SPANISH if intent == CRISIS_SPANISH else SEEN]
    metadata = {AUTHOR: ASSISTANT, "key": f"seen.{number}.{kind}"}
    event = {"event": "bot", "timestamp": now, "text": text, "data": {}, "metadata": metadata}
    messages = write_turn(session, Turn(conversation_id, [event], None)).messages
    if channel in TABLE:
        for of_number, bodies in render.bodies(messages, TABLE[channel]):
            deliveries.enqueue(session, conversation_id, of_number, bodies, now)
    return messages


@lru_cache(maxsize=1)
def _texts() -> dict[str, str]:
    responses = yaml.safe_load((PROJECT_DIR / "domain.yml").read_text(encoding="utf-8"))["responses"]
    return {name: responses[name][0]["text"] for name in (SEEN, SEEN_SPANISH)}
