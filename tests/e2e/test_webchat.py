"""The website's channel of the running assistant: one conversation a visitor, each message once, nobody else's."""

from __future__ import annotations

import base64
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest

from assistant import tokens
from assistant.channels.webchat_requests import SESSION_LIFETIME
from assistant.clock import utc_now
from tests.conftest import PROJECT_DIR, Assistant, load_yaml
from tests.e2e.webchat import Visitor

CRISES = load_yaml("tests/e2e/crisis_dialogues.yml")


@pytest.fixture
def visitor(assistant: Assistant) -> Visitor:
    return Visitor(assistant.url, assistant.page.rstrip("/"))


def test_a_question_is_answered_with_its_source_and_can_be_rated(visitor: Visitor) -> None:
    own, reply = visitor.send("What are the side effects?").json()["messages"]
    assert (own["from"], own["id"], own["text"]) == ("visitor", 1, "What are the side effects?")
    assert "nausea" in reply["text"] and reply["source"] == "Common Side Effects" and reply["rateable"]
    rated = visitor.post("/feedback", {"message": 2, "rating": "down", "reason": "too long"})
    assert rated.json()["message"]["rating"] == "down"
    assert visitor.history()[1]["rating"] == "down"
    assert visitor.post("/feedback", {"message": 2, "rating": None}).json()["message"]["rating"] is None
    assert visitor.post("/feedback", {"message": 1, "rating": "up"}).status_code == 404


def test_the_same_message_again_is_answered_once_with_the_same_words(visitor: Visitor) -> None:
    body = {"id": uuid4().hex, "text": "hello"}
    with ThreadPoolExecutor(8) as pool:
        replies = [reply.json() for reply in pool.map(lambda _: visitor.post("/messages", body), range(8))]
    assert all(reply == replies[0] for reply in replies)
    assert len(visitor.history()) == 2


def test_messages_sent_at_once_are_all_answered_and_numbered_without_gaps(visitor: Visitor) -> None:
    questions = [f"is it safe? ({i})" for i in range(20)]
    with ThreadPoolExecutor(10) as pool:
        assert {reply.status_code for reply in pool.map(visitor.send, questions)} <= {200, 202}
    said = visitor.history()
    assert [one["id"] for one in said] == list(range(1, len(said) + 1))
    assert sorted(one["text"] for one in said if one["from"] == "visitor") == sorted(questions)
    assert all(later["from"] == "assistant" for one, later in zip(said, said[1:]) if one["from"] == "visitor")


def test_a_button_is_shown_by_its_title_and_what_was_no_button_is_text(visitor: Visitor) -> None:
    button = visitor.say("What are the side effects?")[0]["buttons"][0]
    own, reply = visitor.send(payload=button["payload"]).json()["messages"]
    assert own["text"] == button["title"] and reply["source"]
    assert visitor.send(payload="/restart").json()["messages"][0]["text"] == "restart"
    assert visitor.send("/restart").json()["messages"][0]["text"] == "restart"
    assert len(visitor.history()) >= 8


def test_a_stream_replays_what_was_missed_and_goes_on(visitor: Visitor) -> None:
    visitor.say("hello")
    with visitor.events(after=1) as events, ThreadPoolExecutor(1) as pool:
        assert next(events)[1]["id"] == 2
        pool.submit(visitor.say, "is it safe")
        heard = []
        while len(heard) < 2:
            name, data, number = next(events)
            if name == "message":
                heard.append((data["from"], number))
    assert heard == [("visitor", "3"), ("assistant", "4")]


def test_deleting_leaves_nothing_and_open_pages_are_told(assistant: Assistant, visitor: Visitor) -> None:
    visitor.say("my secret word is xylophonist")
    with visitor.events(after=9) as events:
        assert visitor.delete().json() == {"deleted": True}
        assert next(name for name, _, _ in events if name not in ("typing", "presence")) == "deleted"
    assert [reply.status_code for reply in (visitor.get("/history"), visitor.send("hi"))] == [410, 410]
    assert b"xylophonist" not in b"".join(path.read_bytes() for path in assistant.var_dir.glob("conversations.db"))


def test_a_person_in_danger_is_answered_whatever_else_is_wrong(visitor: Visitor) -> None:
    reply = visitor.say("i want to kill myself")[0]
    assert reply["danger"] == "crisis" and "988" in reply["text"]
    long = "so much has happened to me. " * 200 + "i want to kill myself"
    assert visitor.say(long)[0]["danger"] == "crisis"
    assert visitor.say("help, crushing chest pain, i can't breathe")[0]["danger"] == "medical_emergency"


def test_a_booking_names_its_reference(visitor: Visitor) -> None:
    for text in ("book a consultation", "Maria", "415 555 0134", "Thursday mornings"):
        visitor.say(text)
    for _ in range(4):
        replies = visitor.say("yes")
        if any(reply["booking"] for reply in replies):
            break
        visitor.say("skip")
    assert any(str(reply["booking"]).startswith("SR-") for reply in visitor.history())


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({}, 400),
        ({"id": "short", "text": "x"}, 400),
        ({"id": "a" * 65, "text": "x"}, 400),
        ({"id": "äöüäöüäöü", "text": "x"}, 400),
        ({"id": "12345678"}, 400),
        ({"id": "12345678", "text": ""}, 400),
        ({"id": "12345678", "text": " / "}, 400),
        ({"id": "12345678", "text": 7}, 400),
        ({"id": "12345678", "text": "a\x00b"}, 400),
        ({"id": "12345678", "text": "\ud800"}, 400),
        ({"id": "12345678", "payload": 7}, 400),
        ({"id": "12345678", "payload": "no slash"}, 400),
        ({"id": "12345678", "text": "x" * 2001}, 413),
        (["x"], 400),
        (None, 400),
    ],
    ids=str,
)
def test_what_cannot_be_read_is_refused_in_words(visitor: Visitor, body: object, status: int) -> None:
    reply = visitor.post("/messages", body)
    assert reply.status_code == status and reply.json()["error"]


def test_a_body_of_a_megabyte_is_refused(visitor: Visitor) -> None:
    assert visitor.post("/messages", {"id": "12345678", "text": "x" * 1_000_000}).status_code == 413
    assert visitor.say("hello")


def token_of(assistant: Assistant, made: timedelta, purpose: str = "webchat-session") -> str:
    key = base64.b64decode((assistant.var_dir / "webchat.key").read_bytes())
    return tokens.sign("0" * 32, key, purpose, utc_now() - made)


def test_only_a_token_of_ours_and_of_this_week_names_a_conversation(assistant: Assistant, visitor: Visitor) -> None:
    now = timedelta()
    good = token_of(assistant, now)
    bad = {
        "forged": tokens.sign("0" * 32, b"x" * 32, "webchat-session", utc_now()),
        "changed": ("A" if good[0] != "A" else "B") + good[1:],
        "expired": token_of(assistant, SESSION_LIFETIME + timedelta(minutes=1)),
        "for another purpose": token_of(assistant, now, "booking-link"),
        "garbage": "%%%",
        "long": "x" * 5000,
    }
    assert visitor.get("/history", Authorization=f"Bearer {good}").status_code == 200
    assert httpx.get(visitor.base + "/history").status_code == 401
    for name, token in bad.items():
        for path in ("/history", "/events"):
            assert visitor.get(path, Authorization=f"Bearer {token}").status_code == 401, name
        assert (
            visitor.post("/messages", {"id": "12345678", "text": "x"}, Authorization=f"Bearer {token}").status_code
            == 401
        )


def test_another_visitors_conversation_cannot_be_read(assistant: Assistant, visitor: Visitor) -> None:
    visitor.say("hello")
    other = Visitor(assistant.url, assistant.page.rstrip("/"))
    assert other.history() == []
    assert other.post("/feedback", {"message": 2, "rating": "up"}).status_code == 404


@pytest.mark.parametrize(
    "origin", ["https://evil.example", "null", "http://localhost", "http://localhost:1.evil.example"]
)
def test_pages_of_other_origins_get_nothing(assistant: Assistant, visitor: Visitor, origin: str) -> None:
    for reply in (
        visitor.post("/session", {}, Origin=origin),
        visitor.post("/messages", {"id": "12345678", "text": "x"}, Origin=origin),
        visitor.get("/history", Origin=origin),
        httpx.options(visitor.base + "/messages", headers={"Origin": origin, "Access-Control-Request-Method": "POST"}),
    ):
        assert "access-control-allow-origin" not in reply.headers
        assert reply.status_code in (204, 403)
    assert httpx.post(visitor.base + "/session", json={}).status_code == 403


def test_the_page_is_allowed_what_it_needs_and_no_cookies(assistant: Assistant, visitor: Visitor) -> None:
    origin = assistant.page.rstrip("/")
    wanted = {"Origin": origin, "Access-Control-Request-Method": "POST"}
    reply = httpx.options(visitor.base + "/messages", headers=wanted)
    assert reply.headers["access-control-allow-origin"] == origin
    assert "authorization" in reply.headers["access-control-allow-headers"].lower()
    for answered in (reply, visitor.send("hello"), visitor.get("/history")):
        assert not {"set-cookie", "access-control-allow-credentials"} & set(answered.headers)
        assert answered.headers["vary"] == "Origin"


def test_the_rest_channel_cannot_speak_for_a_visitor_of_the_website(assistant: Assistant) -> None:
    assert assistant.post({"sender": "webchat:" + "0" * 32, "message": "hi"}).status_code == 400


@pytest.mark.parametrize("dialogue", CRISES, ids=[dialogue["it"] for dialogue in CRISES])
def test_danger(visitor: Visitor, dialogue: dict[str, Any]) -> None:
    for said, expected, *not_expected in dialogue["turns"]:
        reply = visitor.texts(said)
        assert expected in reply, (said, reply)
        assert not any(words in reply for words in not_expected), (said, reply)


def test_a_thousand_messages_a_minute_are_too_many_and_danger_is_still_heard(visitor: Visitor) -> None:
    with httpx.Client(headers=visitor.headers, timeout=60) as client:

        def send(i: int) -> int:
            # Answered already, so that only the counting takes time.
            return client.post(
                f"{visitor.base}/messages", json={"id": f"again-{i % 2:03}", "text": "hello"}
            ).status_code

        with ThreadPoolExecutor(8) as pool:
            statuses = list(pool.map(send, range(1000)))
    # The minute may turn meanwhile: then as many more are taken.
    assert set(statuses) <= {200, 202, 429} and statuses.count(429) >= 1
    until = time.monotonic() + 30
    while (reply := visitor.send("hello")).status_code != 429 and time.monotonic() < until:
        pass
    assert reply.status_code == 429 and 1 <= int(reply.headers["retry-after"]) <= 60
    assert visitor.say("i want to kill myself")[0]["danger"] == "crisis"


def test_the_api_is_as_it_is_described(assistant: Assistant, visitor: Visitor) -> None:
    tool = PROJECT_DIR / "tests" / "openapi" / ".venv" / "bin" / "st"
    command = [
        *(str(tool), "run", f"{visitor.base}/openapi.json", "--url", visitor.base),
        *("--header", f"Authorization: Bearer {visitor.token}", "--header", f"Origin: {assistant.page.rstrip('/')}"),
        *("--exclude-path", "/events", "--exclude-path", "/conversation", "--max-examples", "30", "--seed", "1"),
        *(
            "--checks",
            "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance",
        ),
        *("--request-timeout", "20", "--no-color"),
    ]
    run = subprocess.run(command, capture_output=True, text=True, cwd=assistant.var_dir, timeout=280)
    assert run.returncode == 0, run.stdout[-5000:]


def test_a_message_that_a_killed_server_had_taken_in_is_answered_by_the_next(assistant: Assistant) -> None:
    visitor = Visitor(assistant.url, assistant.page.rstrip("/"))
    visitor.say("hello")
    program = (
        "import sys, time; from assistant.database import *; from assistant.conversations import inbox; "
        "from assistant.conversations.inbox import Arrival\n"
        "with writing(open_database(database_url(CONVERSATIONS))) as session:\n"
        "    inbox.receive(session, sys.argv[1], 'webchat', Arrival('taken-in', 'is it safe?'), time.time() - 60)\n"
        "    assert inbox.claim(session, sys.argv[1], 'dead', time.time() - 60)\n"
    )
    key = base64.b64decode((assistant.var_dir / "webchat.key").read_bytes())
    conversation = "webchat:" + tokens.read(visitor.token, key, "webchat-session", utc_now(), SESSION_LIFETIME)
    environment = {"VAR_DIR": str(assistant.var_dir), "PATH": "/usr/bin:/bin"}
    subprocess.run(
        [sys.executable, "-W", "ignore", "-c", program, conversation], cwd=PROJECT_DIR, env=environment, check=True
    )
    until = time.monotonic() + 15
    while len(visitor.history()) < 4 and time.monotonic() < until:
        time.sleep(0.2)
    assert [one["text"] for one in visitor.history()][2] == "is it safe?"
    assert "generally considered safe" in visitor.history()[3]["text"]
