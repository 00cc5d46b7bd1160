"""What Rasa's own connectors do wrong, each shown on them and tried on ours: the reason that we have our own."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any
from uuid import uuid4

import httpx
import pytest
from fbmessenger import MessengerClient
from rasa.core.channels.channel import UserMessage
from rasa.core.channels.facebook import FacebookInput
from rasa.core.channels.telegram import TelegramInput, TelegramOutput
from rasa.core.channels.twilio import TwilioInput, TwilioOutput
from sanic import Sanic

from tests.conftest import Assistant
from tests.console.conftest import serve
from tests.e2e.channels import Texter, post
from tests.platforms.api import Platforms
from tests.platforms.inbound import ENVIRONMENT, Messenger, Platform, Signed, Sms, Telegram

QUESTION = "What are the side effects?"


@dataclass
class Stock:
    """A server with Rasa's own connectors."""

    url: str
    heard: list[str] = field(default_factory=list)

    def post(self, signed: Signed, **headers: str) -> int:
        path = signed.path.replace("messenger", "facebook")
        reply = httpx.post(self.url + path, headers={**signed.headers, **headers}, content=signed.body, timeout=10)
        return reply.status_code


@pytest.fixture(scope="module")
def stock() -> Iterator[Stock]:
    app, found = Sanic(f"stock-{uuid4().hex}", configure_logging=False), Stock("")

    async def handle(message: UserMessage) -> None:
        found.heard.append(str(message.text))

    async def get_me(*_: Any, **__: Any) -> Any:  # it asks Telegram who it is, for every message
        return SimpleNamespace(username="bot")

    connectors = [
        TwilioInput("AC1", "token", "+14155550100"),
        FacebookInput("word", ENVIRONMENT["MESSENGER_APP_SECRET"], "token"),
        TelegramInput("1:token", "bot", "https://clinic.example"),
    ]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(TelegramOutput, "get_me", get_me)
        patch.setattr(TelegramOutput, "set_webhook", get_me)
        patch.setattr(MessengerClient, "send_action", lambda *_, **__: None)  # it asks Meta, for every message
        patch.setattr(Sanic, "test_mode", True)
        for connector in connectors:
            app.blueprint(connector.blueprint(handle), url_prefix=f"/webhooks/{connector.name()}")
        found.url, stop = serve(app)
        yield found
        stop()


@pytest.fixture
def ours(texted: Assistant, platforms: Platforms) -> Callable[[type[Platform]], Texter]:
    return lambda platform: Texter(texted, platforms, platform)


Ours = Callable[[type[Platform]], Texter]


@pytest.mark.parametrize("platform", [Sms, Telegram])
def test_a_forged_request(stock: Stock, ours: Ours, platform: type[Platform]) -> None:
    visitor = ours(platform)
    signed = visitor.platform.text(visitor.sender, QUESTION)
    unsigned = Signed(signed.path, {"Content-Type": signed.headers["Content-Type"]}, signed.body)
    stock.heard.clear()
    assert stock.post(unsigned) < 300 and stock.heard == [QUESTION]
    assert post(visitor.assistant, unsigned).status_code == 403


@pytest.mark.parametrize("platform", [Sms, Telegram, Messenger])
def test_a_message_that_the_platform_sends_again(stock: Stock, ours: Ours, platform: type[Platform]) -> None:
    visitor = ours(platform)
    signed = visitor.platform.text(visitor.sender, QUESTION)
    stock.heard.clear()
    for _ in range(2):
        stock.post(_as_stock_wants(signed))
    assert stock.heard == [QUESTION, QUESTION]
    for _ in range(2):
        visitor.send(signed)
    visitor.say("hello", "automated")
    assert sum("nausea" in text for text in visitor.heard) == 1


def test_a_picture_without_words(stock: Stock, ours: Ours) -> None:
    visitor = ours(Sms)
    signed = visitor.platform.picture(visitor.sender)
    without_body = Signed(signed.path, signed.headers, signed.body.replace(b"&Body=", b""))
    assert stock.post(without_body) == 500
    visitor.send(signed)
    assert "words only" in visitor.platforms.wait(visitor.address, 1)[0]


def test_the_words_below_a_picture(stock: Stock, ours: Ours) -> None:
    visitor = ours(Telegram)
    signed = visitor.platform.picture(visitor.sender, QUESTION)
    stock.heard.clear()
    assert stock.post(signed) == 200 and stock.heard == []
    visitor.send(signed)
    assert "nausea" in visitor.platforms.wait(visitor.address, 1)[0]


def test_spanish_signs(stock: Stock, ours: Ours) -> None:
    visitor = ours(Sms)
    stock.heard.clear()
    stock.post(visitor.platform.text(visitor.sender, "¡Hola!"))
    assert stock.heard == ["@Hola!"]
    visitor.say("¡Hola!")
    assert _texts_of(visitor)[0] == "¡Hola!"


def test_payloads_are_no_words_for_patients(ours: Ours) -> None:
    printed: list[str] = []

    class Printing(TwilioOutput):
        async def send_text_message(self, recipient_id: str, text: str, **_: Any) -> None:
            printed.append(text)

    buttons = [{"title": "What are side effects?", "payload": "/ask_side_effects"}]
    output = Printing("AC1", "token", "+14155550100")
    asyncio.new_event_loop().run_until_complete(output.send_text_with_buttons("+1", "Hello", buttons))
    assert "/ask_side_effects" in "\n".join(printed)
    visitor = ours(Sms)
    assert "/ask" not in visitor.say("What is the therapy?", "side effects")


def test_the_signature_of_messenger(stock: Stock, ours: Ours) -> None:
    visitor = ours(Messenger)
    signed = visitor.platform.text(visitor.sender, QUESTION)
    weak = hmac.new(ENVIRONMENT["MESSENGER_APP_SECRET"].encode(), signed.body, hashlib.md5).hexdigest()
    md5 = Signed(signed.path, {"X-Hub-Signature": f"md5={weak}", "Content-Type": "application/json"}, signed.body)
    forged = Signed(
        signed.path, {**signed.headers, "X-Hub-Signature-256": "sha256=0", "X-Hub-Signature": "sha1=0"}, b"{}"
    )
    stock.heard.clear()
    assert stock.post(signed) == 200 and stock.heard == []  # it does not know the present signature
    assert stock.post(md5) == 200 and stock.heard == [QUESTION]
    assert stock.post(forged) == 200
    assert [post(visitor.assistant, one).status_code for one in (md5, forged)] == [403, 403]
    assert "nausea" in visitor.say(QUESTION, "nausea")


def test_a_batch_of_messenger(stock: Stock, ours: Ours) -> None:
    visitor, messenger = ours(Messenger), Messenger("")
    said = ["one", "two", QUESTION]
    events = [{"sender": {"id": visitor.sender}, "message": {"mid": f"m_{uuid4().hex}", "text": text}} for text in said]
    batch = messenger.events(*events)
    stock.heard.clear()
    stock.post(_as_stock_wants(batch))
    assert stock.heard == ["one"]
    visitor.send(batch)
    visitor.platforms.wait(visitor.address, 3)
    assert _texts_of(visitor) == said


def test_a_standby_event_of_messenger(stock: Stock, ours: Ours) -> None:
    page = ENVIRONMENT["MESSENGER_PAGE_ID"]
    messenger = Messenger("")
    standby = messenger.signed({"object": "page", "entry": [{"id": page, "standby": [{"message": {"text": "x"}}]}]})
    assert stock.post(_as_stock_wants(standby)) == 500
    assert post(ours(Messenger).assistant, standby).status_code == 200


def test_somebody_who_joins_or_leaves_on_telegram(stock: Stock, ours: Ours) -> None:
    visitor = ours(Telegram)
    telegram: Any = visitor.platform
    chat = {"id": int(visitor.sender), "type": "private"}
    who = {"id": int(visitor.sender), "is_bot": False, "first_name": "V"}
    change = {"chat": chat, "from": who, "date": 1, "new_chat_member": {"user": who, "status": "kicked"}}
    assert stock.post(telegram.update(my_chat_member=change)) == 500
    visitor.send(telegram.update(my_chat_member=change))


def test_an_edited_message_of_telegram(stock: Stock, ours: Ours) -> None:
    visitor = ours(Telegram)
    telegram: Any = visitor.platform
    visitor.say(QUESTION, "nausea")
    edited = json.loads(telegram.message(visitor.sender, "7", text=QUESTION).body)["message"]
    stock.heard.clear()
    stock.post(telegram.update(edited_message={**edited, "edit_date": 2}))
    assert stock.heard == [QUESTION]
    visitor.send(telegram.update(edited_message={**edited, "edit_date": 2}))
    visitor.say("hello", "automated")
    assert sum("nausea" in text for text in visitor.heard) == 1
    visitor.send(telegram.update(edited_message={**edited, "text": "i want to kill myself", "edit_date": 3}))
    assert "988" in visitor.platforms.wait(visitor.address, 3)[2]


@pytest.mark.parametrize("platform", [Sms, Telegram, Messenger])
def test_a_command_of_the_machine_that_somebody_types(stock: Stock, ours: Ours, platform: type[Platform]) -> None:
    visitor = ours(platform)
    stock.heard.clear()
    stock.post(_as_stock_wants(visitor.platform.text(visitor.sender, "/restart")))
    assert stock.heard[0] == "/restart"  # which Rasa obeys
    visitor.say("book a consultation")
    visitor.write("/restart")
    visitor.say("hello", "automated")
    assert not any("restart" in text and text.startswith("/") for text in _texts_of(visitor))


def _as_stock_wants(signed: Signed) -> Signed:
    """A request of Meta with the old signature as well, which is the only one that stock Rasa reads."""
    digest = hmac.new(ENVIRONMENT["MESSENGER_APP_SECRET"].encode(), signed.body, hashlib.sha1).hexdigest()
    return Signed(signed.path, {**signed.headers, "X-Hub-Signature": f"sha1={digest}"}, signed.body)


def _texts_of(visitor: Texter) -> list[str]:
    """What the visitor said, as it is stored."""
    return [message.text for message in visitor.stored() if message.author == "visitor"]
