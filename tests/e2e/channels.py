"""A running assistant with all messaging channels on, and visitors who write to it through the platforms."""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path

import httpx

from assistant.conversations import queries
from assistant.conversations.addresses import AddressBook
from assistant.conversations.messages import Message
from assistant.database import open_database, reading
from tests.conftest import Assistant, load_yaml, start_assistant
from tests.platforms.api import Platforms, Sent, wait_until
from tests.platforms.inbound import ALL, ENVIRONMENT, Platform, Signed

CHANNELS = {platform.name: platform for platform in ALL}


def start(var_dir: Path, platforms: Platforms, **more: str) -> Assistant:
    """Start an assistant that sends to the stand-in of the platforms."""
    return start_assistant(var_dir, MESSAGING_API_URL=platforms.url, **{**ENVIRONMENT, **more})


def post(assistant: Assistant, signed: Signed, **headers: str) -> httpx.Response:
    """Send a request as the platform would."""
    return httpx.post(
        assistant.url + signed.path, headers={**signed.headers, **headers}, content=signed.body, timeout=30
    )


class Texter:
    """A visitor of a messaging channel."""

    def __init__(self, assistant: Assistant, platforms: Platforms, platform: type[Platform]) -> None:
        self.assistant = assistant
        self.platforms = platforms
        self.platform = platform(assistant.url)
        self.sender = self.platform.new_sender()
        self.address = self.platform.address(self.sender)

    @property
    def heard(self) -> list[str]:
        """What they were sent."""
        return self.platforms.texts(self.address)

    @property
    def conversation_id(self) -> str:
        key = base64.b64decode((self.assistant.var_dir / "channels.key").read_bytes())
        address = f"T1/{self.address}" if self.platform.name == "slack" else self.address
        return AddressBook(key).conversation_id(self.platform.name, address)

    def stored(self) -> list[Message]:
        """What the store holds of the conversation."""
        with reading(open_database(f"sqlite:///{self.assistant.var_dir / 'conversations.db'}")) as session:
            return queries.history(session, self.conversation_id, 0, 200)

    def send(self, signed: Signed) -> None:
        """Send something; the server takes it."""
        reply = post(self.assistant, signed)
        assert reply.status_code == 200, reply.text

    def write(self, text: str) -> None:
        """Write a text."""
        self.send(self.platform.text(self.sender, text))

    def say(self, text: str, expected: str = "", seconds: float = 20) -> str:
        """Write a text, or press the button with that payload; what was sent since, once it holds what is expected."""
        before = len(self.heard)
        if text.startswith("/"):
            self._choose(text)
        else:
            self.write(text)
        wait_until(lambda: len(self.heard) > before and expected in "\n".join(self.heard[before:]), seconds)
        return "\n".join(self.heard[before:])

    def _choose(self, payload: str) -> None:
        last: Sent = self.platforms.last(self.address)
        title = next((title for title, one in last.buttons if one == payload), None)
        if title is not None:
            self.send(self.platform.press(self.sender, title, payload))
            return
        number = re.search(rf"^(\d+) {re.escape(_titles()[payload])}$", last.text, re.MULTILINE)
        assert number, last.text
        self.write(number[1])


@lru_cache(maxsize=1)
def _titles() -> Mapping[str, str]:
    """What stands on buttons, by their payload."""
    variants = [variant for some in load_yaml("domain.yml")["responses"].values() for variant in some]
    buttons = [button for variant in variants for button in variant.get("buttons", [])]
    return {button["payload"].replace("{{", "{").replace("}}", "}"): button["title"] for button in buttons}
