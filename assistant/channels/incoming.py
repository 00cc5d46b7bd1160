"""Checks what a client sends before anything else reads it.

Stock Rasa takes any JSON: an id of lone surrogates ends the server process, a missing one makes all visitors share a
conversation, and 100 kB of text costs gigabytes. So every field is read here, or refused with a reason.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

WEBCHAT = "webchat:"  # begins the conversation ids of that channel, which proves whose they are
MAX_TEXT = 2000  # characters
MAX_BODY = 256 * 1024  # bytes; a too long message is still looked through for words of danger
_SENDER = re.compile(r"[A-Za-z0-9._:-]{1,128}")
_UNREADABLE = re.compile("[\x00\ud800-\udfff]")


class Refused(Exception):
    """A request that is not answered; `status` is the HTTP status, the text tells the client why,
    `retry_after` in how many seconds it may ask again."""

    def __init__(self, status: int, reason: str, retry_after: int | None = None) -> None:
        super().__init__(reason)
        self.retry_after = retry_after
        self.status = status
        self.reason = reason


@dataclass(frozen=True)
class Incoming:
    """One message of one visitor, checked."""

    sender: str
    text: str

    @property
    def claims_button(self) -> bool:
        """Whether the text looks like the payload of a button; the channel must check that we issued it."""
        return self.text.startswith("/")

    @property
    def plain_text(self) -> str:
        """The text without the leading slashes that Rasa would take for a command."""
        return self.text.lstrip("/ \t\r\n")


def read_sender(body: object) -> str:
    """Read the visitor's id.

    Raises: Refused if the body is no object or the id is missing or not 1 to 128 of `A-Za-z0-9._:-`.
    """
    if not isinstance(body, Mapping):
        raise Refused(400, "The body must be a JSON object.")
    sender = body.get("sender")
    if not isinstance(sender, str) or not _SENDER.fullmatch(sender):
        raise Refused(400, "`sender` must be 1 to 128 of the characters A-Z a-z 0-9 . _ : -")
    if sender.startswith(WEBCHAT):
        raise Refused(400, f"`sender` must not begin with `{WEBCHAT}`: those are the visitors of the website.")
    return sender


def read_text(body: Mapping[str, Any], name: str = "message") -> str:
    """Read the message's text, of any length.

    Raises: Refused if it is not a text, or holds characters that no person types.
    """
    text = body.get(name)
    if not isinstance(text, str):
        raise Refused(400, f"`{name}` must be a text.")
    if _UNREADABLE.search(text):
        raise Refused(400, f"`{name}` holds characters that cannot be stored (NUL or lone surrogates).")
    return text


def check_text(sender: str, text: str) -> Incoming:
    """Check what is left to check once a message was looked through for words of danger.

    Raises: Refused if it is empty or longer than 2,000 characters.
    """
    if len(text) > MAX_TEXT:
        raise Refused(413, f"`message` is longer than {MAX_TEXT} characters.")
    incoming = Incoming(sender, text.strip())
    if not incoming.plain_text:
        raise Refused(400, "`message` is empty.")
    return incoming
