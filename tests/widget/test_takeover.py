"""Somebody of the clinic joins the chat that a visitor has open in a browser."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import expect
from sqlalchemy.engine import Engine

from assistant.database import open_database
from tests.browser import violations
from tests.conftest import Assistant
from tests.e2e.test_takeover import Staff, conversation_of
from tests.widget.chat import Chat


@pytest.fixture
def engine(assistant: Assistant) -> Iterator[Engine]:
    engine = open_database(f"sqlite:///{assistant.var_dir / 'conversations.db'}")
    yield engine
    engine.dispose()


def staff_of(chat: Chat, assistant: Assistant, engine: Engine) -> Staff:
    """Somebody who looks at the chat that is open."""
    stored = chat.page.evaluate("Object.entries(localStorage).find(([key]) => key.startsWith('clinic-chat:'))[1]")
    return Staff(engine, conversation_of(assistant, json.loads(stored)["token"]))


@pytest.mark.parametrize(
    ("language", "head", "assistant_head", "team"),
    [
        (None, "You are talking with Ana", "Automated assistant", "Ana, Clinic team"),
        ("Español", "Está hablando con Ana", "Asistente automático", "Ana, Equipo de la clínica"),
    ],
    ids=["English", "Spanish"],
)
def test_the_visitor_sees_and_hears_who_they_talk_with(
    open_chat: Callable[..., Chat],
    assistant: Assistant,
    engine: Engine,
    language: str | None,
    head: str,
    assistant_head: str,
    team: str,
) -> None:
    chat = open_chat()
    if language:
        chat.choose(language)
    names = chat.panel.locator(".names span")
    expect(names).to_have_text(assistant_head)
    chat.say("is it safe?")
    staff = staff_of(chat, assistant, engine)
    staff.take()
    of_staff = chat.panel.locator(".items > .staff")
    expect(of_staff).to_have_count(1)
    expect(names).to_have_text(head)
    polite = chat.page.locator("clinic-chat [aria-live=polite]")
    expect(polite).to_contain_text("Ana from the clinic's team has joined the chat")
    chat.say("are you a person?", replies=0)
    expect(chat.own.last).to_contain_text("are you a person?")
    expect(chat.panel.locator(".typing")).to_be_hidden()
    staff.say("Yes. <b>How</b> can I help?")
    expect(of_staff.last).to_contain_text("Yes. <b>How</b> can I help?")
    expect(of_staff.last.locator(".name")).to_have_text(team)
    expect(of_staff.last.locator(".thumb")).to_have_count(0)
    expect(polite).to_contain_text(f"{team}: Yes.")
    assert violations(chat.page) == []
    chat.page.reload()
    chat.open()
    if language:  # the page says in which language the chat begins
        chat.choose(language)
    expect(names).to_have_text(head)
    chat.say("i want to kill myself")
    expect(chat.last.locator(".action").first).to_be_visible()
    staff.give_back()
    expect(names).to_have_text(assistant_head)
    expect(chat.last).to_contain_text("Ana has left the chat")
    chat.say("is it safe?")
    expect(chat.last).to_contain_text("generally considered safe")
