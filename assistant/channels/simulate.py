"""`assistant channel simulate`: posts a message to a running server as a platform would, signed with its own secrets.

So that an engineer can try a channel without an account. The reply goes out by the platform's API as always: where that
is not reachable, it is seen in the staff's console.
"""

from __future__ import annotations

import os
import sys

import httpx

from assistant.channels.base import MessagingChannel
from assistant.channels.messenger import MessengerChannel
from assistant.channels.slack import SlackChannel
from assistant.channels.table import ChannelSettingsError
from assistant.channels.telegram import TelegramChannel
from assistant.channels.twilio import TwilioChannel
from assistant.channels.whatsapp import WhatsappChannel

CONNECTORS: dict[str, type[MessagingChannel]] = {
    connector.name(): connector
    for connector in (TwilioChannel, WhatsappChannel, MessengerChannel, TelegramChannel, SlackChannel)
}
SENDERS = {"twilio": "+14155550199", "telegram": "4155550199"}  # of nobody
_ELSE = "4155550199"
_SECONDS = 10.0


def simulate(name: str, text: str, sender: str, server: str) -> int:
    """Post a message and say what the server answered; 0 if it took it.

    Args:
        sender: who writes, as the platform names them; empty: somebody made up.
        server: its address, `http://127.0.0.1:5005`.
    """
    try:
        connector = CONNECTORS[name]()
    except ChannelSettingsError as problem:
        print(f"assistant: {problem}", file=sys.stderr)
        return 1
    if not connector.settings:
        print(f"assistant: the channel is off, none of its variables are set (.env.example: {name})", file=sys.stderr)
        return 1
    path = f"/webhooks/{name}/webhook"
    public = os.environ.get("ASSISTANT_URL", "").rstrip("/") or server
    headers, body = connector.signed(text, sender or SENDERS.get(name, _ELSE), f"{public}{path}")
    try:
        reply = httpx.post(f"{server}{path}", headers=headers, content=body, timeout=_SECONDS)
    except httpx.HTTPError as error:
        print(f"assistant: no answer from {server} ({type(error).__name__})", file=sys.stderr)
        return 1
    print(f"{reply.status_code} {reply.text}".strip())
    return 0 if reply.is_success else 1
