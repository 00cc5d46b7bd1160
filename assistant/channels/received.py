"""What a messaging platform's request tells, in the same words for all platforms."""

from __future__ import annotations

from dataclasses import dataclass, field

from assistant.conversations.storable import storable

# What else a message is than a text: nothing of it is fetched or kept.
PICTURE, VOICE, VIDEO, STICKER, FILE = "picture", "voice message", "video", "sticker", "file"
LOCATION, CONTACT, EDIT, OTHER = "location", "contact", "edit", "attachment"
EXCESS_BEGINS, EXCESS = "excess begins", "excess"  # more than anybody can type in a minute


@dataclass(frozen=True)
class Received:
    """A message of a visitor.

    Attributes:
        address: where replies go; as the platform names it.
        message_id: the platform's; the same one is the same message, however often it is sent.
        text: what they wrote, the caption of a picture, or what stands on the button that they pressed.
        payload: of that button.
        kind: what else it is than a text.
    """

    address: str = field(repr=False)
    message_id: str
    text: str = field(default="", repr=False)
    payload: str | None = None
    kind: str | None = None


@dataclass(frozen=True)
class Status:
    """What became of a message that we have sent; `state` as in `conversations.deliveries`."""

    platform_id: str
    state: str
    error: str | None = None


@dataclass(frozen=True)
class Membership:
    """A visitor has blocked us, or has let us in again."""

    address: str = field(repr=False)
    is_blocked: bool = True


@dataclass
class Batch:
    """All that one request tells; `ignored` says what else it held, in a word each, for the log."""

    messages: list[Received] = field(default_factory=list)
    statuses: list[Status] = field(default_factory=list)
    memberships: list[Membership] = field(default_factory=list)
    ignored: list[str] = field(default_factory=list)

    def readable(self) -> Batch:
        """The same without what names its sender or message by characters that no platform uses and no store takes."""
        messages = [one for one in self.messages if _is_readable(one.address)]
        statuses = [one for one in self.statuses if _is_readable(one.platform_id) and _is_readable(one.error or "")]
        members = [one for one in self.memberships if _is_readable(one.address)]
        left_out = len(self.messages) - len(messages) + len(self.statuses) - len(statuses)
        left_out += len(self.memberships) - len(members)
        return Batch(messages, statuses, members, [*self.ignored, *["unreadable"] * left_out])


def _is_readable(text: str) -> bool:
    return storable(text) == text
