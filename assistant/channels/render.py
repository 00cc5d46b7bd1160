"""Writes the assistant's replies as a messaging channel can show them: buttons, a list, or numbered choices in text."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from assistant.channels import sms_text
from assistant.channels.table import Abilities, Choices
from assistant.conversations.messages import VISITOR, Message

BUTTONS, LIST = "buttons", "list"
MOST_SEGMENTS = 3  # of one SMS of ours: longer answers go out in parts
_REPLY_WITH = "Reply with a number:"
_SENTENCE = re.compile(r"(?<=[.!?…])\s+|\n+")
_NUMBERED = len("(99/99) ")
_CHOICE = re.compile(r"\s*[#(]?(\d{1,2})[.):]?\s*")
Button = Mapping[str, str]


def bodies(messages: Sequence[Message], abilities: Abilities) -> list[tuple[int, list[dict[str, Any]]]]:
    """What is sent for the replies of one turn, by the number of the message.

    A body has a `text`, and where the channel shows them as such, its `buttons` and whether they are a `list`.
    Only the last message that has buttons shows them as numbers: one menu at a time can be answered by a number.
    """
    replies = [message for message in messages if message.author != VISITOR and message.number is not None]
    with_menu = next((reply.number for reply in reversed(replies) if reply.buttons), None)
    return [
        (reply.number, parts(reply.text, reply.buttons, abilities, menu=reply.number == with_menu))
        for reply in replies
        if reply.number is not None
    ]


def parts(text: str, buttons: Sequence[Button], abilities: Abilities, *, menu: bool = True) -> list[dict[str, Any]]:
    """One message as the bodies in which it is sent.

    Args:
        menu: whether its buttons may be written as numbered choices.
    """
    if abilities.is_sms:
        text = sms_text.plain(text)
    shape = _shape(text, buttons, abilities)
    if buttons and shape is None and menu:
        text = f"{text}\n\n{numbered(buttons)}" if text else numbered(buttons)
    split = _split(text, abilities)
    made: list[dict[str, Any]] = [{"text": part} for part in split]
    if shape and made:
        made[-1] |= {"buttons": [dict(button) for button in buttons], "as": shape}
    return made


def numbered(buttons: Sequence[Button]) -> str:
    """Buttons as choices that are answered by their number."""
    lines = (f"{number} {sms_text.plain(button['title'])}" for number, button in enumerate(buttons, 1))
    return "\n".join([_REPLY_WITH, *lines])


def chosen(text: str, buttons: Sequence[Button]) -> Button | None:
    """The choice that a visitor has answered by its number; None if they wrote something else."""
    match = _CHOICE.fullmatch(text)
    number = int(match[1]) if match else 0
    return buttons[number - 1] if 0 < number <= len(buttons) else None


def _shape(text: str, buttons: Sequence[Button], abilities: Abilities) -> str | None:
    """How a channel shows these buttons; None if it cannot without cutting a title."""
    if not buttons:
        return None
    for shape, choices in ((BUTTONS, abilities.buttons), (LIST, abilities.rows)):
        if choices and _fit(text, buttons, choices):
            return shape
    return None


def _fit(text: str, buttons: Sequence[Button], choices: Choices) -> bool:
    return len(buttons) <= choices.most and all(
        0 < len(button["title"]) <= choices.title and len(button["payload"].encode()) <= choices.payload
        for button in buttons
    )


def _split(text: str, abilities: Abilities) -> list[str]:
    """A text in parts that the channel takes, cut at sentences, with numbers where there are several."""
    if _is_fit(text, abilities, 0):
        return [text] if text else []
    found: list[str] = []
    for piece in _pieces(text):
        longer = found[-1] + piece if found else piece
        if found and _is_fit(longer.strip(), abilities, _NUMBERED):
            found[-1] = longer
        else:
            found += _words_of(piece, abilities)
    found = [part.strip() for part in found if part.strip()]
    return [f"({number}/{len(found)}) {part}" for number, part in enumerate(found, 1)]


def _pieces(text: str) -> list[str]:
    """The sentences and lines of a text, each with the space after it."""
    ends = [match.end() for match in _SENTENCE.finditer(text)]
    return [text[start:end] for start, end in zip([0, *ends], [*ends, len(text)]) if end > start]


def _words_of(piece: str, abilities: Abilities) -> list[str]:
    """A sentence, cut between words or within one only where it is too long for a message by itself."""
    if _is_fit(piece.strip(), abilities, _NUMBERED):
        return [piece]
    found = [""]
    for word in re.findall(r"\S{1,60}\s*", piece):
        if _is_fit((found[-1] + word).strip(), abilities, _NUMBERED):
            found[-1] += word
        else:
            found.append(word)
    return found


def _is_fit(text: str, abilities: Abilities, room: int) -> bool:
    if abilities.is_sms:
        return sms_text.segments("0" * room + text) <= MOST_SEGMENTS
    most = min([abilities.most_text, *(one.text for one in (abilities.buttons, abilities.rows) if one)])
    return len(text) + room <= most
