"""Lets Rasa answer a message; a crash or silence becomes words, and for a person in danger the safety reply."""

from __future__ import annotations

import secrets
import traceback
from collections.abc import Awaitable, Callable
from typing import Any

import structlog
from rasa.core.channels.channel import UserMessage

from assistant.safety_replies import safety_text

logger = structlog.get_logger()

Handler = Callable[[UserMessage], Awaitable[Any]]
FAILED = (
    "Something went wrong and your message was not answered. Please try again, or contact the clinic. "
    "In an emergency call 911; if you think of suicide, call or text 988."
)


async def answer(on_new_message: Handler, message: UserMessage) -> bool:
    """Have a message answered; whether it was. The replies are with the message's output channel."""
    try:
        await on_new_message(message)
    except Exception as error:  # whatever went wrong, the visitor must not be left without a word
        # Only the places in the code: the error's own message may quote the visitor.
        frames = traceback.format_tb(error.__traceback__)
        logger.error("channels.message.failed", reason=type(error).__name__, frames=frames)
    return bool(message.output_channel.messages)


def apology(text: str, danger: str | None) -> tuple[str, str | None]:
    """What a visitor reads whose message could not be answered.

    Args:
        danger: that the message tells of, if any.

    Returns: the words; and the id under which staff find it in the log, None where the safety reply is the answer.
    """
    if danger:
        return safety_text(danger, text), None
    error_id = secrets.token_hex(4)
    logger.error("channels.message.unanswered", error_id=error_id)
    return FAILED, error_id
