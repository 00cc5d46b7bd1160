"""What each messaging channel can do: the one place where it stands. A new channel has its row here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

WEBCHAT = "webchat"


@dataclass(frozen=True)
class Choices:
    """How many buttons a message may carry, and how long their titles may be.

    Attributes:
        payload: bytes of what a button sends back.
        text: characters of the message above them.
    """

    most: int
    title: int
    payload: int
    text: int


@dataclass(frozen=True)
class Abilities:
    """What a channel can do, by its platform's documentation (docs/channels.md names the pages).

    Attributes:
        title: what people call it.
        variables: of the environment, all needed; none of them set means that the channel is off.
        most_text: characters of one message.
        is_sms: texts are paid and counted by segments, and carriers act on some words themselves.
        buttons: choices that show with the message.
        rows: choices that open as a list.
        window: seconds after the visitor's last message in which replies are allowed; None: no limit.
        per_second: messages that may be sent in a second, to all visitors together.
    """

    title: str
    variables: tuple[str, ...]
    most_text: int
    is_sms: bool = False
    buttons: Choices | None = None
    rows: Choices | None = None
    window: float | None = None
    per_second: float = 20.0


_DAY = 24 * 3600.0
_TWILIO = ("TWILIO_ACCOUNT_SID", "TWILIO_AUTH_TOKEN")
TABLE: Mapping[str, Abilities] = {
    "sms": Abilities("SMS", (*_TWILIO, "TWILIO_NUMBER"), 1600, is_sms=True, per_second=50),
    "twilio_whatsapp": Abilities("WhatsApp", (*_TWILIO, "TWILIO_WHATSAPP_NUMBER"), 1600, window=_DAY),
    "whatsapp": Abilities(
        "WhatsApp",
        ("WHATSAPP_PHONE_NUMBER_ID", "WHATSAPP_ACCESS_TOKEN", "WHATSAPP_APP_SECRET", "WHATSAPP_VERIFY_TOKEN"),
        4096,
        buttons=Choices(3, 20, 256, 1024),
        rows=Choices(10, 24, 200, 1024),
        window=_DAY,
    ),
    "messenger": Abilities(
        "Messenger",
        ("MESSENGER_PAGE_ID", "MESSENGER_PAGE_TOKEN", "MESSENGER_APP_SECRET", "MESSENGER_VERIFY_TOKEN"),
        2000,
        buttons=Choices(13, 20, 1000, 2000),
        window=_DAY,
    ),
    "telegram": Abilities(
        "Telegram",
        ("TELEGRAM_BOT_TOKEN", "TELEGRAM_WEBHOOK_SECRET"),
        4096,
        buttons=Choices(8, 64, 64, 4096),
    ),
    "slack": Abilities(
        "Slack",
        ("SLACK_BOT_TOKEN", "SLACK_SIGNING_SECRET", "SLACK_APP_ID"),
        3000,
        buttons=Choices(25, 75, 2000, 3000),
        per_second=5,
    ),
}


class ChannelSettingsError(ValueError):
    """Channels of which only a part is configured: the text names every missing variable, of all of them."""


@dataclass(frozen=True)
class ChannelSettings:
    """What the environment says about one channel; `values` by the names of its variables."""

    values: Mapping[str, str] = field(repr=False)

    def __getitem__(self, name: str) -> str:
        return self.values[name]


def configured(env: Mapping[str, str]) -> dict[str, ChannelSettings]:
    """The channels that are on.

    Raises: ChannelSettingsError if one has some of its variables and not all.
    """
    on, missing = {}, []
    for channel, abilities in TABLE.items():
        values = {name: env[name].strip() for name in abilities.variables if env.get(name, "").strip()}
        lacking = [name for name in abilities.variables if name not in values]
        if not lacking:
            on[channel] = ChannelSettings(values)
        elif _is_begun(abilities, values):
            missing.append(f"{abilities.title} ({channel}) needs {', '.join(lacking)} too")
    if not any(channel in on for channel in ("sms", "twilio_whatsapp")) and not missing:
        begun = [name for name in _TWILIO if env.get(name, "").strip()]
        if begun:
            missing.append("Twilio needs TWILIO_NUMBER or TWILIO_WHATSAPP_NUMBER too")
    if missing:
        raise ChannelSettingsError("; ".join(missing) + ". Without any of its variables a channel is off.")
    return on


def _is_begun(abilities: Abilities, values: Mapping[str, str]) -> bool:
    """Whether somebody has begun to configure a channel: the account of Twilio serves two of them."""
    return any(name not in _TWILIO for name in values)


def channel_of(conversation_id: str) -> str:
    """The channel of a conversation: its id begins with it; empty if with none that we know."""
    channel = conversation_id.partition(":")[0]
    return channel if channel in TABLE or channel == WEBCHAT else ""
