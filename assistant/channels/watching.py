"""Watches for danger in what a visitor writes to staff: the word lists first, then what only the classifier knows."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from typing import Any

import structlog

from assistant import safety
from assistant.conversations.inbox import Arrival

logger = structlog.get_logger()

Understand = Callable[[str], Awaitable[Mapping[str, Any]]]


async def weighed(arrival: Arrival, understand: Understand, was_in_crisis: Callable[[], Awaitable[bool]]) -> Arrival:
    """A message as the assistant answers it: danger of which the word lists are not certain is left to the model.

    Args:
        was_in_crisis: whether there was a crisis lately; then nothing is left to the model.
    """
    if not arrival.danger or safety.is_certain(arrival.text) or await was_in_crisis():
        return arrival
    return replace(arrival, danger=await danger_in(arrival, understand))


async def danger_in(arrival: Arrival, understand: Understand) -> str | None:
    """The danger that a message tells of, exactly as if the assistant were to answer it; None if there is none.

    Args:
        understand: what Rasa makes of a text, without answering it. Where it fails, the word lists must do.
    """
    found = arrival.danger or safety.detect(arrival.text)
    if found and (arrival.payload is not None or safety.is_certain(arrival.text)):
        return found
    if arrival.payload is not None:
        intent = arrival.payload.lstrip("/").partition("{")[0]
    else:
        try:
            parsed = await understand(arrival.text)
        except Exception as error:  # staff must get the message whatever is wrong with the model
            logger.error("webchat.watch.failed", reason=type(error).__name__)
            return found
        intent = str((parsed.get("intent") or {}).get("name"))
    return intent if intent in safety.LISTS else None
