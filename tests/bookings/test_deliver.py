from __future__ import annotations

import asyncio
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from bookings.deliver import configured_senders, deliver_due, run
from bookings.models import Kind, State, Target
from bookings.notifications import Notice, Sender
from bookings.records import NewRequest
from bookings.requests import BookingStore
from tests.bookings.delivery import (
    CIPHER,
    CLINIC,
    CONTACT,
    MARIA,
    TOPIC,
    MailBox,
    Office,
    Receiver,
    payload,
    scheduled,
    utc_now,
    worker_environment,
)


@pytest.fixture
def senders(
    mailbox: MailBox, receiver: Receiver, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> dict[Target, Sender]:
    """Those of a worker that reaches everybody; they sign by the real time, which receivers compare with theirs."""
    for name, value in worker_environment(mailbox, receiver, tmp_path).items():
        monkeypatch.setenv(name, value)
    return configured_senders(CLINIC, utc_now)


async def test_everything_is_delivered_in_order_after_an_hours_outage(
    office: Office, mailbox: MailBox, receiver: Receiver, senders: dict[Target, Sender]
) -> None:
    mailbox.stop()
    receiver.stop()
    told: dict[tuple[Target, str], list[str]] = {}

    def tell(request: int, target: Target, body: dict[str, Any]) -> None:
        office.write(request, target, body)
        told.setdefault((target, body["reference"]), []).append(office.written[-1])

    requests = {f"SR-{number:04d}": office.request(f"SR-{number:04d}") for number in range(12)}
    for minute in range(60):
        for number, (reference, request) in enumerate(requests.items()):
            if minute == number:
                tell(request, Target.STAFF_EMAIL, payload(reference=reference))
                tell(request, Target.WEBHOOK, payload(reference=reference))
            if minute in (number + 7, number + 31):
                body = scheduled(reference=reference, calendar_sequence=1 + minute // 31)
                for target in Target:
                    tell(request, target, body)
        await deliver_due(office.outbox, senders)
        office.clock.pass_by(minutes=1)
    assert mailbox.mails == [] and receiver.posts == [] and office.outbox.dead_letters() == []

    mailbox.start()
    receiver.start()
    up_again = office.clock()
    while office.undelivered():
        assert office.clock() - up_again <= timedelta(minutes=15)
        await deliver_due(office.outbox, senders)
        office.clock.pass_by(seconds=30)

    assert receiver.bad_signatures == 0
    arrived: dict[tuple[Target, str], list[str]] = {}
    for delivery_id, content in receiver.kept.items():
        arrived.setdefault((Target.WEBHOOK, content["data"]["reference"]), []).append(delivery_id)
    for mail, envelope in zip(mailbox.mails, mailbox.envelopes):
        to_staff = envelope.rcpt_tos == ["desk@clinic.test"]
        reference = next(name for name in requests if name in mail.as_string())
        target = Target.STAFF_EMAIL if to_staff else Target.VISITOR_EMAIL
        arrived.setdefault((target, reference), []).append(mail["Message-ID"].partition("@")[0].strip("<"))
    assert arrived == told
    assert len(receiver.posts) == len(receiver.kept) == 36, "and each only once"


async def test_a_target_that_is_away_does_not_keep_the_others_waiting(
    office: Office, mailbox: MailBox, receiver: Receiver, senders: dict[Target, Sender]
) -> None:
    receiver.stop()
    request = office.request("SR-1")
    for target in Target:
        office.write(request, target, scheduled())
    assert await deliver_due(office.outbox, senders) == 3
    assert sorted(envelope.rcpt_tos[0] for envelope in mailbox.envelopes) == ["desk@clinic.test", CONTACT]
    assert office.undelivered() == 1


async def test_a_refusal_is_a_dead_letter_until_staff_send_it_again(
    office: Office, receiver: Receiver, senders: dict[Target, Sender]
) -> None:
    message = office.write(office.request("SR-1"), Target.WEBHOOK)
    receiver.status = 410
    await deliver_due(office.outbox, senders)
    (dead,) = office.outbox.dead_letters()
    assert (dead.id, dead.last_error, dead.target) == (message, "HTTP 410", Target.WEBHOOK)
    office.clock.pass_by(days=1)
    assert await deliver_due(office.outbox, senders) == 0

    receiver.status = 200
    assert office.outbox.resend(message)
    await deliver_due(office.outbox, senders)
    assert list(receiver.kept) == ["msg_00000"] and receiver.posts == ["msg_00000"] * 2
    assert office.outbox.dead_letters() == [] and office.undelivered() == 0


async def test_the_receivers_wish_for_time_is_kept(
    office: Office, receiver: Receiver, senders: dict[Target, Sender]
) -> None:
    office.write(office.request("SR-1"), Target.WEBHOOK)
    receiver.status, receiver.headers = 503, {"retry-after": "600"}
    await deliver_due(office.outbox, senders)
    receiver.status = 200
    office.clock.pass_by(seconds=599)
    assert await deliver_due(office.outbox, senders) == 0
    office.clock.pass_by(seconds=1)
    assert await deliver_due(office.outbox, senders) == 1
    assert office.undelivered() == 0


async def test_what_the_store_of_requests_writes_reaches_everybody(
    office: Office, mailbox: MailBox, receiver: Receiver, senders: dict[Target, Sender]
) -> None:
    store = BookingStore(office.engine, CIPHER, frozenset(senders), office.clock)
    wish = {"words": "the 12th", "days": "2026-03-12"}
    request = NewRequest(
        submission_key="k",
        conversation_id="c",
        kind=Kind.CONSULTATION,
        contact_kind="email",
        consent_version="1",
        consent_at=office.clock(),
        due_at=office.clock() + timedelta(hours=4),
        name=MARIA,
        contact=CONTACT,
        topic=TOPIC,
        preferred_times=[wish],
    )
    reference = store.submit(request).reference
    store.confirm_time(reference, office.clock() + timedelta(days=3), 30, "nurse")
    store.confirm_time(reference, office.clock() + timedelta(days=4), 30, "nurse")
    store.move(reference, State.CONTACTED, "nurse")
    await deliver_due(office.outbox, senders)
    assert office.undelivered() == 0
    to_visitor = [mail["Subject"] for mail in mailbox.mails if mail["To"] == CONTACT]
    assert [subject.partition("Wellness ")[2] for subject in to_visitor] == [
        "is confirmed",
        "has a new time",
        "is cancelled",
    ]
    appointments = [content["data"]["appointment"] for content in receiver.kept.values()]
    assert [appointment["status"] for appointment in appointments] == ["proposed", "booked", "booked", "proposed"]
    assert appointments[0]["requestedPeriod"] == [{"start": "2026-03-12", "end": "2026-03-12"}]


async def test_more_than_a_batch_goes_out_at_once(
    office: Office, receiver: Receiver, senders: dict[Target, Sender]
) -> None:
    for number in range(25):
        office.write(office.request(f"SR-{number}"), Target.WEBHOOK)
    assert await deliver_due(office.outbox, senders) == 25
    assert sorted(receiver.posts) == office.written


async def test_a_sender_that_crashes_is_tried_again(office: Office) -> None:
    class Crashing:
        async def send(self, delivery_id: str, notice: Notice) -> None:
            raise RuntimeError(CONTACT)

    message = office.write(office.request("SR-1"), Target.WEBHOOK)
    await deliver_due(office.outbox, {Target.WEBHOOK: Crashing()})
    assert office.row(message).last_error == "RuntimeError" and office.row(message).dead_at is None


async def test_a_sender_that_hangs_is_cut_off(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    class Hanging:
        async def send(self, delivery_id: str, notice: Notice) -> None:
            await asyncio.sleep(60)

    monkeypatch.setattr("bookings.deliver.SEND_SECONDS", 0.1)
    message = office.write(office.request("SR-1"), Target.WEBHOOK)
    await deliver_due(office.outbox, {Target.WEBHOOK: Hanging()})
    assert office.row(message).last_error == "TimeoutError"


async def test_a_worker_that_is_told_to_stop_finishes_what_it_is_sending_and_begins_nothing(office: Office) -> None:
    stop, sent = asyncio.Event(), []

    class Slow:
        async def send(self, delivery_id: str, notice: Notice) -> None:
            stop.set()
            await asyncio.sleep(0.2)
            sent.append(delivery_id)

    request = office.request("SR-1")
    first, second = office.write(request, Target.WEBHOOK), office.write(request, Target.WEBHOOK)
    await run(office.outbox, {Target.WEBHOOK: Slow()}, stop)
    assert sent == ["msg_00000"]
    assert office.row(first).delivered_at is not None and office.row(second).attempts == 0
