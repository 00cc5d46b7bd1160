"""The first page: who is in danger, who waits, what went wrong; live counts; two who acknowledge at the same time."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta, timezone
from typing import Any

import httpx
import pytest
from sqlalchemy import select

from assistant.conversations.models import Acknowledgement, Conversation
from assistant.conversations.queries import rate
from assistant.database import reading, writing
from bookings.models import Kind
from bookings.records import NewRequest
from console.staff.policy import Role
from tests.console.staff.conftest import NOW, Colleague, Console, answered, asked, detail_of, words_of

HOUR = 3600.0
CRISIS_WORDS = "I want to die, call me at 415 555 0134 or maria@example.com"


@pytest.fixture
def danger(console: Console) -> Iterator[str]:
    console.has_said("webchat:c1", asked(CRISIS_WORDS, "crisis", at=NOW - 240), answered("988", "utter_crisis"))
    yield "webchat:c1"


def acknowledge(colleague: Colleague, id: str = "webchat:c1", **fields: str) -> httpx.Response:
    form = {"number": "1", "kind": "crisis", "to": "/staff", **fields}
    return colleague.post(f"/conversations/{id}/acknowledge", **form)


def a_request(**other: Any) -> NewRequest:
    now = datetime.fromtimestamp(NOW, timezone.utc)
    values: dict[str, Any] = {
        "submission_key": "k1",
        "conversation_id": "webchat:b1",
        "kind": Kind.CALL_BACK,
        "contact_kind": "phone",
        "consent_version": "2026-11",
        "consent_at": now,
        "due_at": now - timedelta(hours=3),
        "name": "Maria Lopez",
        "contact": "+14155550134",
        "topic": "cost",
        "preferred_times": [],
    }
    return NewRequest(**{**values, **other})


def test_a_danger_stands_first_with_its_age_and_channel_and_masked(console: Console, danger: str) -> None:
    console.has_said("sms:s1", asked("my ear rings since", "tell_side_effect", at=NOW - 60, input_channel="sms"))
    page = console.as_(Role.FRONT_DESK).get("")
    words = words_of(page)
    assert "Crisis Website · 4 min ago" in words
    assert "Side effect SMS · 1 min ago" in words
    assert words.index("I want to die") < words.index("my ear rings"), "people in danger come before side effects"
    assert "I want to die, call me at [phone number] or [email]" in words
    assert "555 0134" not in page.text and "maria@example.com" not in page.text
    assert f'href="/staff/conversations/{danger}#m1"' in page.text


def test_from_sign_in_to_acknowledged_in_two_clicks(console: Console, danger: str) -> None:
    form = {"name": "frida", "password": "a good password of front_desks", "to": ""}
    signed_in = httpx.post(f"{console.url}/staff/sign-in", data=form, headers={"Origin": console.url})  # first click
    assert signed_in.headers["location"] == "/staff"
    frida = console.as_(Role.FRONT_DESK)
    assert "Acknowledge</button>" in frida.get("").text
    done = acknowledge(frida)  # second click
    assert (done.status_code, done.headers["location"]) == (303, "/staff")
    words = words_of(frida.get(""))
    assert "Nobody waits here" in words
    assert "acknowledged by Frida Front" in words


def test_whoever_is_later_is_told_who_was_faster(console: Console, danger: str) -> None:
    assert acknowledge(console.as_(Role.FRONT_DESK)).status_code == 303
    console.clock.at += 60
    later = acknowledge(console.as_(Role.CLINICIAN))
    assert later.status_code == 409
    assert "Frida Front was faster" in words_of(later)
    again = acknowledge(console.as_(Role.FRONT_DESK))
    assert again.status_code == 303, "a second press of one's own button is no race"
    by_script = console.as_(Role.CLINICIAN)
    by_script.client.headers["Accept"] = "application/json"
    told = acknowledge(by_script).json()
    assert not told["is_new"] and told["seen"].startswith("Frida Front, ")


def test_of_many_at_the_same_time_one_is_first(console: Console, danger: str) -> None:
    colleagues = [console.as_(role) for role in (Role.FRONT_DESK, Role.CLINICIAN, Role.ADMIN)]
    with ThreadPoolExecutor(3) as pool:
        replies = list(pool.map(acknowledge, colleagues))
    assert sorted(reply.status_code for reply in replies) == [303, 409, 409]
    with reading(console.parts.conversations) as session:
        assert len(session.execute(select(Acknowledgement.__table__)).all()) == 1


def test_the_trail_names_the_message_and_who_was_first(console: Console, danger: str) -> None:
    acknowledge(console.as_(Role.FRONT_DESK))
    entry = console.trail(action="danger.acknowledged")[0]
    assert (entry.actor, entry.object) == ("frida", danger)
    assert entry.detail == {"number": 1, "kind": "crisis", "outcome": "first", "by": "frida"}


@pytest.mark.parametrize(
    "fields",
    [{"number": "2"}, {"kind": "unclear"}, {"number": "x"}, {"number": ""}, {"number": "9" * 30}, {"kind": "\x00"}],
    ids=str,
)
def test_what_is_no_danger_cannot_be_acknowledged(console: Console, danger: str, fields: dict[str, str]) -> None:
    assert acknowledge(console.as_(Role.FRONT_DESK), **fields).status_code == 404


def test_one_goes_back_to_pages_of_ours_only(console: Console, danger: str) -> None:
    frida = console.as_(Role.FRONT_DESK)
    for to, wanted in (
        (f"/staff/conversations/{danger}", f"/staff/conversations/{danger}#m1"),
        ("https://evil.example", "/staff"),
        ("//evil.example", "/staff"),
        ("", "/staff"),
    ):
        assert acknowledge(frida, to=to).headers["location"] == wanted


def test_a_new_danger_is_told_to_a_page_that_is_open(console: Console) -> None:
    frida = console.as_(Role.FRONT_DESK)
    empty = frida.get("/counts?queue=1").json()
    assert (empty["dangers"], empty["queue"]) == (0, [])
    viewed = len(console.trail())
    console.has_said("webchat:new", asked("<b>I</b> want to end it", "crisis", at=NOW))
    told = frida.get("/counts?queue=1").json()
    assert told["dangers"] == 1
    (alarm,) = told["queue"]
    assert (alarm["words"], alarm["address"]) == ("<b>I</b> want to end it", "/staff/conversations/webchat:new#m1")
    acknowledge(console.as_(Role.CLINICIAN), "webchat:new")
    told = frida.get("/counts?queue=1").json()
    assert told["queue"] == []
    assert told["seen"][alarm["key"]].startswith("Clara Clinic, ")
    assert len([entry for entry in console.trail() if entry.actor == "frida"]) == viewed, "a look is no entry"


def test_a_new_danger_shows_however_many_are_open(console: Console) -> None:
    for i in range(60):
        console.has_said(f"webchat:{i}", asked(f"old {i}", "crisis", at=NOW - HOUR * (i + 1)))
    console.has_said("webchat:new", asked("the newest", "crisis", at=NOW))
    queue = console.as_(Role.FRONT_DESK).get("/counts?queue=1").json()["queue"]
    assert (len(queue), queue[0]["words"]) == (50, "the newest")
    assert "The 50 latest" in words_of(console.as_(Role.FRONT_DESK).get(""))


def test_who_waits_and_what_went_wrong(console: Console) -> None:
    console.has_said("webchat:p", asked("can I talk to somebody", "talk_to_human", at=NOW - 2 * HOUR))
    console.has_said("webchat:u", asked("do you have a pool", "nlu_fallback", 0.2), answered("?", "utter_fallback"))
    console.has_said("webchat:g", asked("how about tuesday?", "ask_hours", 0.31, at=NOW - HOUR), answered("9 to 5"))
    console.has_said("webchat:d", asked("is it safe"), answered("It is."))
    with writing(console.parts.conversations) as session:
        rate(session, "webchat:d", 2, "down", "wrong, mail me: a@b.com", NOW)
    words = words_of(console.as_(Role.FRONT_DESK).get(""))
    assert "can I talk to somebody Website · 2 h ago" in words
    assert "do you have a pool Not understood" in words
    assert "how about tuesday? Only 31% sure" in words
    assert "is it safe “wrong, mail me: [email]”" in words


def test_requests_that_nobody_has_answered_with_their_due_times(console: Console) -> None:
    late = console.parts.bookings.submit(a_request()).reference
    due = datetime.fromtimestamp(NOW, timezone.utc) + timedelta(hours=5)
    soon = console.parts.bookings.submit(a_request(submission_key="k2", kind=Kind.CONSULTATION, due_at=due)).reference
    page = console.as_(Role.FRONT_DESK).get("")
    words = words_of(page)
    assert f"{late} Call back 3 h overdue" in words and "1 overdue" in words
    assert f"{soon} Consultation due in 5 h" in words
    assert words.index(late) < words.index(soon)
    assert "Maria" not in page.text and "0134" not in page.text
    counts = console.as_(Role.FRONT_DESK).get("/counts").json()
    assert (counts["requests"], counts["overdue"]) == (2, 1)


def test_a_name_that_a_request_holds_is_masked(console: Console) -> None:
    reference = console.parts.bookings.submit(a_request()).reference
    named = {"event": "slot", "name": "booking_reference", "value": reference, "timestamp": NOW}
    console.has_said("webchat:b1", asked("Maria Lopez here, I want to die", "crisis"), named)
    page = console.as_(Role.FRONT_DESK).get("")
    assert "[name] here, I want to die" in page.text and "Maria" not in page.text


def test_who_is_in_the_chat_is_said_as_long_as_they_are(console: Console, danger: str) -> None:
    with writing(console.parts.conversations) as session:
        taken = {"taken_by": "clara", "taken_until": NOW + 60, "assigned_to": "ada"}
        session.execute(Conversation.__table__.update().values(taken))
    assert "Clara Clinic is in the chat" in words_of(console.as_(Role.FRONT_DESK).get(""))
    console.clock.at += 120
    words = words_of(console.as_(Role.FRONT_DESK).get(""))
    assert "is in the chat" not in words and "Ada Admin looks after it" in words


def test_markup_of_a_visitor_is_text(console: Console) -> None:
    attack = "<script>alert(1)</script><img src=x onerror=alert(1)> '\"{{7*7}}"
    console.has_said("webchat:x", asked(attack, "crisis"))
    page = console.as_(Role.FRONT_DESK).get("")
    assert "<script>alert" not in page.text and "<img src=x" not in page.text
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page.text and "{{7*7}}" in page.text


def test_without_anything_the_page_says_so(console: Console) -> None:
    words = words_of(console.as_(Role.FRONT_DESK).get(""))
    for said in (
        "Nobody waits here",
        "Nobody has asked for a person",
        "Every request has an answer",
        "No visitor has said",
    ):
        assert said in words


def test_an_auditor_finds_what_they_may_open(console: Console, danger: str) -> None:
    otto = console.as_(Role.AUDITOR)
    words = words_of(otto.get(""))
    assert "Audit" in words and "Insights" in words
    assert "I want to die" not in words and "Conversations" not in words
    assert otto.get("/counts").status_code == 403
    assert acknowledge(otto).status_code == 403


def test_the_trail_holds_no_words_of_a_visitor(console: Console, danger: str) -> None:
    console.as_(Role.FRONT_DESK).get("")
    acknowledge(console.as_(Role.FRONT_DESK))
    assert not any("die" in detail_of(entry) for entry in console.trail())
    assert console.trail(action="today.viewed")
