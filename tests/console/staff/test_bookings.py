"""The queue of requests, a request's page, and what staff do there."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime, time, timedelta, timezone
from html import unescape
from typing import Any

import httpx
import pytest

from assistant.clinic import Clinic
from assistant.database import BOOKINGS, open_database
from bookings.models import State, Target
from bookings.outbox import Outbox
from bookings.requests import BookingStore
from bookings.secrets import ContactCipher
from console.staff.policy import Role
from tests.bookings.conftest import a_request
from tests.console.staff.conftest import NOW, Colleague, Console, words_of

MOMENT = datetime.fromtimestamp(NOW, timezone.utc)  # a Wednesday, 1 in the morning in San Francisco


@pytest.fixture
def desk(start_console: Callable[..., Console], tmp_path) -> Console:
    """A console whose requests go by the clock that tests move."""
    return desk_of(start_console, tmp_path)


def desk_of(start_console: Callable[..., Console], tmp_path: Any, **other: Any) -> Console:
    targets = other.pop("targets", frozenset(Target))
    engine = open_database(f"sqlite:///{tmp_path / BOOKINGS}.db")
    made: list[Console] = []

    def now() -> datetime:
        return datetime.fromtimestamp(made[0].clock.at, timezone.utc) if made else MOMENT

    store = BookingStore(engine, ContactCipher(b"k" * 32), targets, now)
    made.append(start_console(bookings=store, **other))
    return made[0]


def request(desk: Console, key: str = "one", **other: Any) -> str:
    values = {"consent_at": MOMENT, "due_at": MOMENT + timedelta(hours=8), "conversation_id": "webchat:abc", **other}
    return desk.parts.bookings.submit(a_request(key, **values)).reference


def send(colleague: Colleague, reference: str, what: str, **fields: str) -> httpx.Response:
    """Send a form of the request's page, as a browser does: with the state that the page has seen."""
    page = colleague.get(f"/bookings/{reference}")
    seen = re.search(r'name="seen" value="([^"]*)"', page.text)
    return colleague.post(f"/bookings/{reference}/{what}", **{"seen": unescape(seen[1]) if seen else "", **fields})


def test_the_queue_shows_the_most_urgent_first_and_marks_what_is_late(desk: Console) -> None:
    later = request(desk, "later", due_at=MOMENT + timedelta(days=3))
    late = request(desk, "late", due_at=MOMENT - timedelta(hours=2))
    page = desk.as_(Role.FRONT_DESK).get("/bookings")
    words = words_of(page)
    assert words.index(late) < words.index(later)
    assert "2 open" in words and "1 overdue" in words and "2 h overdue" in words
    assert "Thursday mornings" in words
    assert not any(secret in page.text for secret in ("Maria", "O'Neil", "4155550134", "chronic pain"))


def test_the_queue_is_filtered_by_state_and_owner(desk: Console) -> None:
    new, mine = request(desk, "new"), request(desk, "mine")
    colleague = desk.as_(Role.FRONT_DESK)
    send(colleague, mine, "assign", owner="frida")
    send(colleague, mine, "move", to="contacted")

    def listed(**wanted: str) -> list[str]:
        words = words_of(colleague.get("/bookings", params=wanted))
        return [reference for reference in (new, mine) if reference in words]

    assert listed(state="new") == [new] and listed(state="contacted") == [mine]
    assert listed(owner="mine") == [mine] and listed(owner="nobody") == [new]
    assert listed(state="x' OR 1=1 --") == []


def test_a_request_is_found_by_its_reference(desk: Console) -> None:
    reference = request(desk)
    colleague = desk.as_(Role.FRONT_DESK)
    reply = colleague.get("/bookings", params={"reference": reference.lower()})
    assert reply.headers["location"] == f"/staff/bookings/{reference}"
    assert colleague.get("/bookings", params={"reference": "nonsense"}).status_code == 404


def test_personal_data_is_masked_until_somebody_says_why(desk: Console) -> None:
    reference = request(desk)
    colleague, other = desk.as_(Role.FRONT_DESK), desk.as_(Role.FRONT_DESK)
    page = colleague.get(f"/bookings/{reference}")
    assert "phone ending in 34" in words_of(page) and "M." in words_of(page)
    assert not any(secret in page.text for secret in ("Maria", "4155550134", "chronic pain"))
    assert colleague.post(f"/bookings/{reference}/reveal", reason="", more="").status_code == 422
    assert "Maria" not in colleague.get(f"/bookings/{reference}").text
    assert colleague.post(f"/bookings/{reference}/reveal", reason="To confirm a time", more="").status_code == 303
    revealed = colleague.get(f"/bookings/{reference}").text
    assert "Maria O&#39;Neil" in revealed and "+14155550134" in revealed and "chronic pain" in revealed
    assert "Maria" not in other.get(f"/bookings/{reference}").text
    noted = next(entry for entry in desk.trail() if entry.action == "booking.reason")
    assert (noted.actor, noted.object, noted.detail) == ("frida", reference, {"reason": "To confirm a time"})
    desk.clock.at += 601
    assert "Maria" not in colleague.get(f"/bookings/{reference}").text


def test_a_request_is_moved_along_and_its_history_says_by_whom(desk: Console) -> None:
    reference = request(desk)
    colleague = desk.as_(Role.FRONT_DESK)
    assert send(colleague, reference, "move", to="contacted").status_code == 303
    assert send(colleague, reference, "move", to="done").status_code == 303
    page = colleague.get(f"/bookings/{reference}")
    assert "New → Contacted · Frida Front" in words_of(page) and "Contacted → Done · Frida Front" in words_of(page)
    assert "What next" not in words_of(page) and "Confirm the time" not in words_of(page)
    assert 'href="/staff/conversations/webchat%3Aabc"' in page.text


def test_what_the_state_does_not_allow_is_said_in_words(desk: Console) -> None:
    reference = request(desk)
    colleague = desk.as_(Role.FRONT_DESK)
    send(colleague, reference, "move", to="done")
    seen = desk.parts.bookings.get(reference).updated_at.isoformat()
    reply = colleague.post(f"/bookings/{reference}/move", to="contacted", seen=seen)
    assert reply.status_code == 409 and "the request is done" in words_of(reply)
    assert colleague.post(f"/bookings/{reference}/move", to="nowhere", seen=seen).status_code == 400
    assert colleague.post("/bookings/SR-0000-00/move", to="done", seen=seen).status_code == 404


def test_what_another_has_changed_meanwhile_is_not_overwritten(desk: Console) -> None:
    reference = request(desk)
    frida = desk.as_(Role.FRONT_DESK)
    seen = desk.parts.bookings.get(reference).updated_at.isoformat()
    desk.clock.at += 60
    send(desk.as_(Role.CLINICIAN), reference, "move", to="contacted")
    for what, fields in (
        ("move", {"to": "done"}),
        ("move", {"to": "cancelled"}),
        ("assign", {"owner": "clara"}),
        ("confirm", {"day": "2026-12-01", "clock": "10:00", "minutes": "30"}),
    ):
        for stale in (seen, "", "x", "2026-01-01T00:00:00"):
            reply = frida.post(f"/bookings/{reference}/{what}", seen=stale, **fields)
            assert reply.status_code == 409 and "Somebody has changed this request" in words_of(reply), what
    view = desk.parts.bookings.get(reference)
    assert (view.state, view.owner, view.appointment_at) == (State.CONTACTED, None, None)


def test_a_request_is_given_to_a_colleague_who_may_have_it(desk: Console) -> None:
    reference = request(desk)
    colleague = desk.as_(Role.FRONT_DESK)
    for nobody in ("otto", "stranger"):
        assert send(colleague, reference, "assign", owner=nobody).status_code == 422
    send(colleague, reference, "assign", owner="clara")
    assert "Clara Clinic" in words_of(colleague.get("/bookings"))
    send(colleague, reference, "assign", owner="")
    assert desk.parts.bookings.get(reference).owner is None


def test_a_time_is_confirmed_by_the_clinics_clock(desk: Console) -> None:
    reference = request(desk, contact_kind="email", contact="maria@example.com")
    colleague = desk.as_(Role.FRONT_DESK)
    assert 'name="minutes" value="45"' in colleague.get(f"/bookings/{reference}").text
    reply = send(colleague, reference, "confirm", day="2026-12-01", clock="14:30", minutes="45")
    view = desk.parts.bookings.get(reference)
    assert view.appointment_at == datetime(2026, 12, 1, 22, 30, tzinfo=timezone.utc) and view.appointment_minutes == 45
    page = words_of(colleague.get(reply.headers["location"].removeprefix("/staff")))
    assert "An e-mail with the calendar entry will be sent to the visitor." in page and "Dec 1, 14:30" in page
    assert "E-mail to the visitor: time confirmed · waits to be sent" in page


@pytest.mark.parametrize(
    ("contact", "targets", "words"),
    [
        ({}, frozenset(Target), "left no e-mail address, so nothing is sent"),
        ({"contact_kind": "email", "contact": "m@example.com"}, frozenset(), "No e-mail is set up here"),
    ],
    ids=["no address", "no mail server"],
)
def test_it_says_where_nothing_is_sent(start_console, tmp_path, contact, targets, words) -> None:
    desk = desk_of(start_console, tmp_path, targets=targets)
    reference = request(desk, **contact)
    colleague = desk.as_(Role.FRONT_DESK)
    reply = send(colleague, reference, "confirm", day="2026-12-01", clock="14:30", minutes="45")
    assert words in words_of(colleague.get(reply.headers["location"].removeprefix("/staff")))
    outbox = Outbox(desk.parts.bookings.engine, desk.parts.bookings.cipher, lambda: MOMENT)
    assert not [one for one in outbox.sendings(reference) if one.target is Target.VISITOR_EMAIL]


def test_a_time_that_is_none_is_refused_in_words(desk: Console) -> None:
    reference = request(desk)
    colleague = desk.as_(Role.FRONT_DESK)
    for typed, words in (
        (("2027-03-14", "02:30", "45"), "skip this time"),
        (("2027-11-07", "01:30", "45"), "comes twice"),
        (("2026-11-17", "09:00", "45"), "is past"),
        (("", "", "45"), "a day and a time"),
        (("2026-02-30", "09:00", "45"), "a day and a time"),
        (("2026-12-01", "09:00", "999999999"), "5 minutes to 8 hours"),
        (("2026-12-01", "09:00", "٣٠"), "5 minutes to 8 hours"),
        (("9999-12-31", "23:59", "45"), "years away"),
    ):
        reply = send(colleague, reference, "confirm", **dict(zip(("day", "clock", "minutes"), typed)))
        assert reply.status_code == 422 and words in words_of(reply), typed
    assert desk.parts.bookings.get(reference).state is State.NEW


def test_a_time_outside_the_opening_hours_is_asked_about(start_console, tmp_path) -> None:
    clinic = Clinic(name="X", opening={0: (time(9), time(17)), 1: (time(9), time(17))})
    desk = desk_of(start_console, tmp_path, clinic=clinic)
    reference = request(desk)
    colleague = desk.as_(Role.FRONT_DESK)
    sunday = {"day": "2026-12-06", "clock": "10:00", "minutes": "45"}
    reply = send(colleague, reference, "confirm", **sunday)
    assert reply.status_code == 422 and "closed then" in words_of(reply) and 'value="2026-12-06"' in reply.text
    assert send(colleague, reference, "confirm", sure="1", **sunday).status_code == 303


def test_a_message_that_was_given_up_is_sent_again(desk: Console) -> None:
    reference = request(desk)
    store = desk.parts.bookings
    outbox = Outbox(store.engine, store.cipher, lambda: datetime.fromtimestamp(desk.clock.at, timezone.utc))
    first = outbox.claim(1)[0]
    outbox.refuse(first.id, "SMTPRecipientsRefused 550")
    colleague = desk.as_(Role.FRONT_DESK)
    for path in ("/bookings", f"/bookings/{reference}"):
        page = words_of(colleague.get(path))
        assert "1 message could not be delivered" in page and "SMTPRecipientsRefused 550" in page
    reply = colleague.post(f"/bookings/outbox/{first.id}/resend")
    page = words_of(colleague.get(reply.headers["location"].removeprefix("/staff")))
    assert "will be sent again" in page and "could not be delivered" not in page
    assert [one.delivery_id for one in outbox.claim(1, [first.target])] == [first.delivery_id]
    again = colleague.post(f"/bookings/outbox/{first.id}/resend")
    assert again.headers["location"].endswith("said=not_dead")


def test_words_of_a_visitor_are_never_markup(desk: Console) -> None:
    evil = "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>"
    reference = request(desk, name=evil, topic=evil, preferred_times=[{"words": evil}], conversation_id=evil)
    colleague = desk.as_(Role.FRONT_DESK)
    colleague.post(f"/bookings/{reference}/reveal", reason="x")
    for path in ("/bookings", f"/bookings/{reference}"):
        page = colleague.get(path).text
        assert "<script>alert" not in page and "<img" not in page


def test_another_key_is_said_in_words(start_console, tmp_path) -> None:
    desk = desk_of(start_console, tmp_path)
    reference = request(desk)
    desk.parts.bookings.cipher = ContactCipher(b"x" * 32)
    for path in ("/bookings", f"/bookings/{reference}"):
        reply = desk.as_(Role.FRONT_DESK).get(path)
        assert reply.status_code == 503 and "another key" in words_of(reply)
