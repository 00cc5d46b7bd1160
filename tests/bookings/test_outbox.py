from __future__ import annotations

import asyncio
import threading
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pgserver
import pytest

from bookings.deliver import deliver_due
from bookings.models import Target
from bookings.notifications import Notice
from bookings.outbox import FEWEST_ATTEMPTS, Outbox
from bookings.secrets import ContactCipher
from tests.bookings.delivery import CONTACT, MARIA, Office, open_office, payload, sqlite_url

WEBHOOK, STAFF = Target.WEBHOOK, Target.STAFF_EMAIL


@pytest.fixture
def office(tmp_path: Path) -> Office:
    return open_office(sqlite_url(tmp_path))


@pytest.fixture(scope="module")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    server = pgserver.get_server(tmp_path_factory.mktemp("pg"))
    yield server.get_uri()
    server.cleanup()


def ids(outbox: Outbox, limit: int = 10) -> list[int]:
    return [claimed.id for claimed in outbox.claim(limit)]


def test_what_is_claimed_carries_the_payload_and_shows_no_personal_data(office: Office) -> None:
    office.write(office.request("SR-1"), WEBHOOK, payload(reference="SR-1"))
    claimed = office.outbox.claim(5)[0]
    assert claimed.payload["contact"] == CONTACT
    assert (claimed.delivery_id, claimed.target, claimed.event, claimed.attempts) == (
        "msg_00000",
        WEBHOOK,
        "request.created",
        1,
    )
    shown = repr(claimed) + repr(Notice.from_payload(claimed.payload))
    assert CONTACT not in shown and MARIA not in shown and "depression" not in shown


def test_a_claimed_message_is_nobody_elses_until_its_minute_is_over(office: Office) -> None:
    message = office.write(office.request("SR-1"), WEBHOOK)
    assert ids(office.outbox) == [message]
    office.clock.pass_by(seconds=59)
    assert ids(office.outbox) == []
    office.clock.pass_by(seconds=1)
    assert ids(office.outbox) == [message]


def test_later_messages_wait_for_earlier_ones_of_the_same_request_and_target(office: Office) -> None:
    first_request, second_request = office.request("SR-1"), office.request("SR-2")
    one = office.write(first_request, WEBHOOK)
    two = office.write(first_request, WEBHOOK)
    mail = office.write(first_request, STAFF)
    other = office.write(second_request, WEBHOOK)
    assert ids(office.outbox) == [one, mail, other]
    office.outbox.failed(one, "ConnectError")
    assert ids(office.outbox) == []
    office.clock.pass_by(seconds=20)
    assert ids(office.outbox) == [one]
    office.outbox.delivered(one)
    assert ids(office.outbox) == [two]


def test_a_dead_letter_holds_up_nobody(office: Office) -> None:
    request = office.request("SR-1")
    one, two = office.write(request, WEBHOOK), office.write(request, WEBHOOK)
    assert ids(office.outbox) == [one]
    office.outbox.refuse(one, "HTTP 410")
    assert ids(office.outbox) == [two]


def test_only_the_targets_that_were_asked_for_are_claimed(office: Office) -> None:
    request = office.request("SR-1")
    office.write(request, WEBHOOK)
    mail = office.write(request, STAFF)
    assert [claimed.id for claimed in office.outbox.claim(5, [STAFF])] == [mail]


def test_the_limit_holds_and_the_oldest_come_first(office: Office) -> None:
    messages = [office.write(office.request(f"SR-{number}"), WEBHOOK) for number in range(5)]
    assert ids(office.outbox, 2) == messages[:2]
    assert ids(office.outbox, 10) == messages[2:]


def test_waits_grow_from_ten_seconds_to_a_quarter_of_an_hour(office: Office) -> None:
    message = office.write(office.request("SR-1"), WEBHOOK)
    waits = []
    for _ in range(11):
        assert ids(office.outbox) == [message]
        office.outbox.failed(message, "ConnectError")
        wait = office.row(message).next_attempt_at - office.clock()
        waits.append(wait.total_seconds())
        office.clock.now += wait
    expected = [10.0 * 2**number for number in range(6)]
    assert all(low <= wait <= 2 * low for low, wait in zip(expected, waits))
    assert all(450 <= wait <= 900 for wait in waits[6:])
    assert len(set(waits[6:])) == 5, "without jitter all that failed together comes back together"


@pytest.mark.parametrize(
    ("asked", "least", "most"),
    [
        pytest.param(timedelta(minutes=5), 300, 300, id="longer than ours: theirs"),
        pytest.param(timedelta(seconds=1), 10, 20, id="shorter than ours: ours"),
        pytest.param(timedelta(days=30), 3600, 3600, id="a month: an hour"),
    ],
)
def test_a_receiver_may_ask_for_more_time(office: Office, asked: timedelta, least: int, most: int) -> None:
    message = office.write(office.request("SR-1"), WEBHOOK)
    office.outbox.claim(1)
    office.outbox.failed(message, "HTTP 429", asked)
    assert least <= (office.row(message).next_attempt_at - office.clock()).total_seconds() <= most


def test_a_message_is_given_up_after_two_days_of_trying_and_not_before(office: Office) -> None:
    message = office.write(office.request("SR-1"), WEBHOOK)
    written = office.clock()
    while office.row(message).dead_at is None:
        assert ids(office.outbox) == [message]
        office.outbox.failed(message, "HTTP 503")
        if office.row(message).dead_at is None:
            assert office.clock() - written < timedelta(hours=48)
            office.clock.now = office.row(message).next_attempt_at
    assert timedelta(hours=48) <= office.clock() - written <= timedelta(hours=48, minutes=15)
    assert ids(office.outbox) == []
    dead = office.outbox.dead_letters()[0]
    assert (dead.id, dead.reference, dead.last_error) == (message, "SR-1", "HTTP 503")
    assert dead.attempts > 100 and dead.dead_at == office.clock()


def test_a_worker_that_was_away_for_days_tries_more_than_once(office: Office) -> None:
    message = office.write(office.request("SR-1"), WEBHOOK)
    office.clock.pass_by(days=4)
    for attempt in range(1, FEWEST_ATTEMPTS + 1):
        assert ids(office.outbox) == [message]
        office.outbox.failed(message, "ConnectError")
        assert (office.row(message).dead_at is not None) == (attempt == FEWEST_ATTEMPTS)
        office.clock.pass_by(minutes=15)


def test_a_dead_letter_can_be_sent_again_under_its_old_id(office: Office) -> None:
    message = office.write(office.request("SR-1"), WEBHOOK)
    office.outbox.claim(1)
    office.outbox.refuse(message, "HTTP 404")
    assert office.outbox.resend(message) is True
    assert office.outbox.dead_letters() == []
    assert [(claimed.delivery_id, claimed.attempts) for claimed in office.outbox.claim(1)] == [("msg_00000", 1)]
    office.outbox.delivered(message)
    assert office.outbox.resend(message) is False
    assert office.undelivered() == 0


def test_resend_leaves_what_is_no_dead_letter_alone(office: Office) -> None:
    message = office.write(office.request("SR-1"), WEBHOOK)
    office.outbox.claim(1)
    assert office.outbox.resend(message) is False
    assert office.outbox.resend(999) is False
    assert ids(office.outbox) == [], "the worker that has it keeps it"


def test_a_late_failure_does_not_undo_a_delivery(office: Office) -> None:
    message = office.write(office.request("SR-1"), WEBHOOK)
    office.outbox.claim(1)
    office.outbox.delivered(message)
    office.outbox.failed(message, "TimeoutError")
    office.outbox.refuse(message, "HTTP 410")
    row = office.row(message)
    assert row.delivered_at == office.clock() and row.dead_at is None and row.last_error is None


@pytest.mark.parametrize(
    "error", [f"550 {CONTACT} unknown", "Maria Lopez is away", "line\nbreak", "", "x" * 300, "HTTP 12345"]
)
def test_an_errors_text_is_not_stored(office: Office, error: str) -> None:
    message = office.write(office.request("SR-1"), WEBHOOK)
    office.outbox.claim(1)
    office.outbox.failed(message, error)
    assert office.row(message).last_error == "Error"


def test_a_payload_that_cannot_be_read_is_put_off_and_the_others_go_out(office: Office) -> None:
    damaged = office.write(office.request("SR-1"), WEBHOOK, cipher=ContactCipher(b"x" * 32))
    good = office.write(office.request("SR-2"), WEBHOOK)
    assert ids(office.outbox) == [good]
    assert office.row(damaged).last_error == "Unreadable"
    assert office.row(damaged).next_attempt_at > office.clock()


async def test_a_payload_of_another_shape_is_put_off(office: Office) -> None:
    class Never:
        async def send(self, delivery_id: str, notice: Notice) -> None:
            raise AssertionError

    message = office.write(office.request("SR-1"), WEBHOOK, {"event": "request.created"})
    assert await deliver_due(office.outbox, {WEBHOOK: Never()}) == 1
    assert office.row(message).last_error == "KeyError"


@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
def test_workers_side_by_side_never_get_the_same_message(
    tmp_path: Path, database: str, request: pytest.FixtureRequest
) -> None:
    url = sqlite_url(tmp_path) if database == "sqlite" else request.getfixturevalue("postgres")
    office = open_office(url)
    requests = [office.request(f"SR-{number}") for number in range(40)]
    messages = [office.write(request_id, WEBHOOK) for request_id in requests for _ in range(2)]
    got: list[int] = []
    out_of_order: list[int] = []
    last_of: dict[int, int] = {}
    lock, start = threading.Lock(), threading.Barrier(6)

    def work() -> None:
        outbox = office.outbox
        start.wait()
        while batch := outbox.claim(3):
            for claimed in batch:
                with lock:
                    got.append(claimed.id)
                    if last_of.get(claimed.request_id, 0) > claimed.id:
                        out_of_order.append(claimed.id)
                    last_of[claimed.request_id] = claimed.id
                outbox.delivered(claimed.id)

    workers = [threading.Thread(target=work) for _ in range(6)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(60)
    # A worker may have left while others still held the first of two; the rest is there for the next one.
    while batch := office.outbox.claim(10):
        got.extend(claimed.id for claimed in batch)
        for claimed in batch:
            office.outbox.delivered(claimed.id)
    assert Counter(got) == Counter(messages)
    assert out_of_order == []


async def test_the_outbox_can_be_used_from_the_workers_threads(office: Office) -> None:
    message = office.write(office.request("SR-1"), WEBHOOK)
    claimed = await asyncio.to_thread(office.outbox.claim, 1)
    await asyncio.to_thread(office.outbox.delivered, claimed[0].id)
    assert office.row(message).delivered_at == office.clock()
