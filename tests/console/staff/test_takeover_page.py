"""A member of staff in a chat: joins, writes, gives it back, and is told where somebody was faster."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from assistant.conversations.inbox import Arrival
from assistant.conversations.takeover import LIVE, QUIET, hear
from assistant.database import writing
from console.staff.policy import Role
from tests.console.staff.conftest import NOW, Colleague, Console, asked, words_of
from tests.console.staff.talks import CHAT, PAGE, safe_question


@pytest.fixture
def talk(console: Console) -> Console:
    safe_question(console)
    return console


def by_script(colleague: Colleague, form: str, **fields: str) -> httpx.Response:
    """Send a form as the page's script does."""
    data = {"csrf": colleague.csrf, **fields}
    return colleague.client.post(f"/staff{PAGE}/{form}", data=data, headers={"Accept": "application/json"})


def news(colleague: Colleague, after: int = 0) -> dict[str, Any]:
    return dict(colleague.get(f"{PAGE}/news?after={after}").json())


def test_a_chat_is_joined_written_in_and_given_back(talk: Console) -> None:
    frida, clara = talk.as_(Role.FRONT_DESK), talk.as_(Role.CLINICIAN)
    page = words_of(frida.get(PAGE))
    assert "Join this chat" in page and "The assistant answers here." in page
    assert frida.post(f"{PAGE}/take").headers["location"].endswith("?said=taken")
    assert "You are in the chat." in words_of(frida.get(PAGE))
    assert "Frida Front is in the chat." in words_of(clara.get(PAGE))
    frida.post(f"{PAGE}/say", text="Hello, this is Frida.", id="0123456789")
    frida.post(f"{PAGE}/say", text="Hello, this is Frida.", id="0123456789")
    lines = news(clara, 2)["lines"]
    assert [line["who"] for line in lines] == ["Frida Front, staff"] * 2, "a message is sent once"
    assert lines[1]["text"] == "Hello, this is Frida."
    assert frida.post(f"{PAGE}/give-back").status_code == 303
    after = news(clara, 4)
    assert after["holder"] is None and "has left the chat" in after["lines"][0]["text"]
    assert [entry.action for entry in talk.trail(actor="frida") if entry.action.startswith("chat.")] == [
        "chat.given_back",
        "chat.said",
        "chat.said",
        "chat.taken",
    ]


def test_what_the_visitor_writes_meanwhile_is_there_at_once(talk: Console) -> None:
    frida = talk.as_(Role.FRONT_DESK)
    by_script(frida, "take")
    with writing(talk.parts.conversations) as session:
        hear(session, CHAT, Arrival("client-id-1", "thank god <b>you</b> are here"), talk.clock())
    line = news(frida, 3)["lines"][0]
    assert (line["who"], line["text"], line["summary"]) == ("Visitor", "thank god <b>you</b> are here", "")
    assert news(frida, 3)["mine"] is True


def test_somebody_else_was_faster(talk: Console) -> None:
    frida, clara = talk.as_(Role.FRONT_DESK), talk.as_(Role.CLINICIAN)
    assert by_script(frida, "take").json() == {"done": "taken"}
    reply = clara.post(f"{PAGE}/take")
    assert reply.status_code == 409 and "Frida Front was faster and talks with the visitor now" in words_of(reply)
    reply = by_script(clara, "take")
    assert reply.status_code == 409 and "Frida Front was faster" in reply.json()["error"]
    reply = by_script(clara, "say", text="me too", id="0123456789")
    assert reply.status_code == 409 and "Your message was not sent." in reply.json()["error"]
    assert by_script(clara, "give-back").status_code == 409
    assert news(clara)["holder"] == "Frida Front"


def test_after_ten_quiet_minutes_the_chat_is_the_assistants_and_what_was_typed_is_kept(talk: Console) -> None:
    frida = talk.as_(Role.FRONT_DESK)
    frida.post(f"{PAGE}/take")
    talk.clock.at += QUIET + 1
    assert news(frida)["holder"] is None
    reply = frida.post(f"{PAGE}/say", text="Are you there?")
    assert reply.status_code == 409 and ">Are you there?</textarea>" in reply.text
    assert "nobody wrote for 10 minutes" in words_of(reply)


@pytest.mark.parametrize("text", ["", " ", "x" * 2001])
def test_what_is_no_message_is_not_sent(talk: Console, text: str) -> None:
    frida = talk.as_(Role.FRONT_DESK)
    frida.post(f"{PAGE}/take")
    reply = frida.post(f"{PAGE}/say", text=text, id="0123456789")
    assert reply.status_code == 422 and "Write a message of up to 2000 characters." in reply.text
    assert news(frida, 3)["lines"] == []


def test_only_live_chats_of_the_website_can_be_joined(talk: Console) -> None:
    frida = talk.as_(Role.FRONT_DESK)
    talk.has_said("sms:1", asked("hello", "greet", at=NOW, input_channel="sms"))
    for path in ("/conversations/sms:1", "/conversations/webchat:gone"):
        reply = frida.post(f"{path}/take")
        assert reply.status_code in (404, 409), path
    assert "Join this chat" not in frida.get("/conversations/sms:1").text
    talk.clock.at += LIVE + 60
    frida = talk.as_(Role.FRONT_DESK)
    assert "Join this chat" not in frida.get(PAGE).text
    reply = frida.post(f"{PAGE}/take")
    assert reply.status_code == 409 and "Nobody is there to talk with" in words_of(reply)
