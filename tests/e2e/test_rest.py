"""The REST channel of the running assistant: right answers, and clear words for everything that is not a question."""

from __future__ import annotations

import json
import time
from uuid import uuid4

import httpx
import pytest

from assistant.training import current_model

from ..conftest import Assistant

ASKED = {
    "how long do the side effects last?": "fade soon after",
    "what is a session like": "IV",
    "is it safe": "generally considered safe when",
    "how quickly would i feel better": "hours or days",
    "does it help with fibromyalgia": "fibromyalgia",
    "what do i need to tell you before treatment": "allergies",
    "can it hurt my bladder": "urinary",
    "who watches over me during the infusion": "watch",
    "will i hallucinate": "hallucinations",
    "how does it work in the brain": "NMDA",
}


@pytest.fixture
def visitor() -> str:
    return uuid4().hex


@pytest.mark.parametrize("question", ASKED)
def test_a_question_gets_the_articles_answer(assistant: Assistant, visitor: str, question: str) -> None:
    reply = assistant.say(visitor, question)
    assert ASKED[question] in reply[0]["text"]
    assert 2 <= len(reply[0]["buttons"]) <= 3


@pytest.mark.parametrize("question", ["how much does it cost", "does it help with OCD", "can i take it with lexapro"])
def test_what_is_not_covered_is_admitted_and_a_consultation_offered(
    assistant: Assistant, visitor: str, question: str
) -> None:
    reply = assistant.say(visitor, question)
    assert "/book_consultation" in [button["payload"] for button in reply[0]["buttons"]]
    assert any(word in reply[0]["text"] for word in ("doesn't", "no prices", "can't"))


def test_yes_after_an_offer_opens_the_booking_form(assistant: Assistant, visitor: str) -> None:
    assistant.say(visitor, "does it help with ocd")
    assert "What name" in assistant.texts(visitor, "yes please")


def test_yes_to_nothing_asks_back(assistant: Assistant, visitor: str) -> None:
    assert "What would you like to know" in assistant.texts(visitor, "yes")


@pytest.mark.parametrize(
    "message", ["i want to kill myself", "I have the pills in my hand and want to die", "k!ll myself tonight"]
)
def test_a_crisis_gets_988_and_911_at_once(assistant: Assistant, visitor: str, message: str) -> None:
    assistant.say(visitor, "what are the side effects")
    reply = assistant.texts(visitor, message)
    assert "988" in reply and "911" in reply


def test_an_emergency_gets_911_first(assistant: Assistant, visitor: str) -> None:
    assert "911" in assistant.say(visitor, "my husband has crushing chest pain right now")[0]["text"][:60]


def test_a_question_about_suicidal_thoughts_gets_the_answer_and_under_it_988(
    assistant: Assistant, visitor: str
) -> None:
    replies = assistant.say(visitor, "does ketamine reduce suicidal thoughts in general?")
    assert len(replies) == 2
    assert "Studies" in replies[0]["text"] and "988" in replies[1]["text"]


def test_danger_is_noticed_in_a_message_that_is_too_long(assistant: Assistant, visitor: str) -> None:
    reply = assistant.post({"sender": visitor, "message": "so much happened. " * 3000 + "i want to kill myself"})
    assert reply.status_code == 200 and "988" in reply.json()[0]["text"]


def test_unclear_twice_ends_in_the_honest_fallback(assistant: Assistant, visitor: str) -> None:
    first = assistant.say(visitor, "hmm")
    assert "Did you mean" in first[0]["text"] and len(first) == 1
    second = assistant.say(visitor, "what about that")
    assert "A clinician can answer" in second[0]["text"] and len(second) == 1


def test_a_button_that_was_shown_is_obeyed_and_another_is_text(assistant: Assistant, visitor: str) -> None:
    shown = assistant.say(visitor, "what are the side effects")[0]["buttons"][0]["payload"]
    by_button = assistant.texts(visitor, shown)
    assert "long-term" in by_button.lower()
    assert assistant.texts(visitor, "/restart") != ""


def test_two_visitors_do_not_share_a_conversation(assistant: Assistant) -> None:
    asking, other = uuid4().hex, uuid4().hex
    assistant.say(asking, "how much does it cost")
    assert "What would you like to know" in assistant.texts(other, "yes please")


@pytest.mark.parametrize(
    "body",
    [
        {"message": "hello"},
        {"sender": "", "message": "hello"},
        {"sender": None, "message": "hello"},
        {"sender": 7, "message": "hello"},
        {"sender": "a b", "message": "hello"},
        {"sender": "a" * 129, "message": "hello"},
        {"sender": "a\u0000b", "message": "hello"},
        {"sender": "v", "message": None},
        {"sender": "v", "message": 7},
        {"sender": "v", "message": ["hello"]},
        {"sender": "v", "message": ""},
        {"sender": "v", "message": "   \n "},
        {"sender": "v", "message": "///"},
        {"sender": "v", "message": "hel\u0000lo"},
        {"sender": "v"},
        ["hello"],
        "hello",
        None,
    ],
    ids=lambda body: json.dumps(body)[:40],
)
def test_what_cannot_be_read_is_refused_with_a_reason(assistant: Assistant, body: object) -> None:
    reply = assistant.post(content=json.dumps(body).encode())
    assert reply.status_code == 400 and reply.json()["error"]


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"\xff\xfe",
        b'{"sender": "\\ud800", "message": "hi"}',
        b'{"sender": "v", "message": "\\ud800"}',
        b"[" * 20000,
    ],
    ids=["nothing", "broken JSON", "no UTF-8", "surrogate in the sender", "surrogate in the message", "deep nesting"],
)
def test_broken_bodies_are_refused_and_the_server_lives(assistant: Assistant, visitor: str, content: bytes) -> None:
    assert assistant.post(content=content).status_code == 400
    assert assistant.say(visitor, "hello")


def test_too_long_is_refused_with_413(assistant: Assistant) -> None:
    assert assistant.post({"sender": "v", "message": "word " * 500}).status_code == 413
    assert assistant.post({"sender": "v", "message": "x" * 100_000}).status_code == 413
    assert assistant.post({"sender": "v", "message": "x" * 400_000}).status_code == 413


@pytest.mark.parametrize(
    "message",
    [
        "🙂🙂🙂",
        "怎么治疗抑郁症",
        "<img src=x onerror=alert(1)>",
        "/restart",
        "{consultation_offered}",
        "{0[",
        "…",
        "?" * 200,
        "a" * 2000,
    ],
)
def test_odd_messages_get_an_honest_reply(assistant: Assistant, visitor: str, message: str) -> None:
    reply = assistant.say(visitor, message)
    assert reply and all(part["text"] and "{" not in part["text"] and "<img" not in part["text"] for part in reply)
    assert "fade soon after" in assistant.texts(visitor, "how long do the side effects last?")


def test_streaming_ends_and_says_the_same(assistant: Assistant, visitor: str) -> None:
    body = {"sender": visitor, "message": "does ketamine reduce suicidal thoughts in general?"}
    streamed = assistant.post(body, params={"stream": "true"})
    lines = [json.loads(line) for line in streamed.text.splitlines()]
    assert [line["text"] for line in lines] == [part["text"] for part in assistant.say(uuid4().hex, body["message"])]


def test_readyz_tells_that_it_is_ready(assistant: Assistant) -> None:
    ready = httpx.get(f"{assistant.url}/readyz").json()
    assert ready == {"ready": True, "model": current_model().name}


@pytest.mark.parametrize("path", ["/conversations/v/tracker", "/model", "/domain", "/status", "/model/train"])
def test_rasas_own_interface_is_closed(assistant: Assistant, path: str) -> None:
    assert httpx.get(f"{assistant.url}{path}").status_code in {404, 405}


def test_an_answer_takes_no_time_worth_waiting_for(assistant: Assistant, visitor: str) -> None:
    start = time.perf_counter()
    assistant.say(visitor, "how long does one infusion take")
    assert time.perf_counter() - start < 5
