from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone

import pytest
from fhir.resources.R4B.appointment import Appointment

from bookings.notifications import DeliveryFailed, DeliveryRefused
from bookings.notifications.webhook import WebhookSender, WebhookSettings, webhook_body, webhook_settings
from tests.bookings.delivery import CONTACT, SECRET, Receiver, notice, payload, scheduled


def utc_now() -> datetime:
    return datetime.now(timezone.utc)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    receiver = Receiver()
    receiver.start()
    yield receiver
    receiver.stop()


def sender(receiver: Receiver, secret: str = SECRET) -> WebhookSender:
    return WebhookSender(WebhookSettings(receiver.url, secret), utc_now)


async def test_the_receiver_gets_a_signed_message_with_a_valid_appointment(receiver: Receiver) -> None:
    await sender(receiver).send("msg_1", notice(scheduled(name="José 李")))
    body = receiver.kept["msg_1"]
    assert body["type"] == "request.scheduled" and body["timestamp"] == "2026-03-02T18:00:00+00:00"
    data = body["data"]
    assert (data["reference"], data["name"], data["contact"]) == ("SR-4K7M-92PX", "José 李", CONTACT)
    assert "event" not in data and "occurred_at" not in data
    assert Appointment.parse_raw(json.dumps(data["appointment"])).status == "booked"


async def test_another_secret_is_recognised_as_not_ours(receiver: Receiver) -> None:
    await sender(receiver, "whsec_" + "A" * 44).send("msg_1", notice(payload()))
    assert receiver.bad_signatures == 1 and receiver.kept == {}


async def test_a_recorded_message_is_too_old_for_the_receiver(receiver: Receiver) -> None:
    late = WebhookSender(WebhookSettings(receiver.url, SECRET), lambda: utc_now() - timedelta(minutes=6))
    await late.send("msg_1", notice(payload()))
    assert receiver.bad_signatures == 1 and receiver.kept == {}


async def test_ten_deliveries_of_one_id_are_one_for_the_receiver(receiver: Receiver) -> None:
    for _ in range(10):
        await sender(receiver).send("msg_1", notice(payload()))
    assert receiver.posts == ["msg_1"] * 10
    assert list(receiver.kept) == ["msg_1"]


@pytest.mark.parametrize("status", [200, 201, 204])
async def test_every_2xx_is_delivered(receiver: Receiver, status: int) -> None:
    receiver.status = status
    await sender(receiver).send("msg_1", notice(payload()))
    assert receiver.posts == ["msg_1"]


@pytest.mark.parametrize("status", [400, 401, 403, 404, 410, 413, 422])
async def test_a_permanent_refusal_gives_up(receiver: Receiver, status: int) -> None:
    receiver.status = status
    with pytest.raises(DeliveryRefused) as refused:
        await sender(receiver).send("msg_1", notice(payload()))
    assert refused.value.code == f"HTTP {status}"


@pytest.mark.parametrize("status", [301, 307, 408, 409, 425, 429, 500, 502, 503])
async def test_what_may_pass_is_tried_again(receiver: Receiver, status: int) -> None:
    receiver.status = status
    with pytest.raises(DeliveryFailed) as failed:
        await sender(receiver).send("msg_1", notice(payload()))
    assert not isinstance(failed.value, DeliveryRefused)
    assert failed.value.code == f"HTTP {status}" and failed.value.retry_after is None


async def test_redirects_are_not_followed(receiver: Receiver) -> None:
    other = Receiver()
    other.start()
    receiver.status, receiver.headers = 307, {"location": other.url}
    try:
        with pytest.raises(DeliveryFailed):
            await sender(receiver).send("msg_1", notice(payload()))
        assert other.posts == [] and other.bad_signatures == 0
    finally:
        other.stop()


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        pytest.param("120", 120, id="seconds"),
        pytest.param("99999999999999999999", 86_400, id="absurdly many seconds"),
        pytest.param("Wed, 21 Oct 2015 07:28:00 GMT", 0, id="past date"),
        pytest.param("soon", None, id="no number"),
        pytest.param("-5", None, id="negative"),
        pytest.param("²", None, id="no ASCII digit"),
    ],
)
async def test_retry_after_is_read(receiver: Receiver, header: str, seconds: int | None) -> None:
    receiver.status, receiver.headers = 503, {"retry-after": header}
    with pytest.raises(DeliveryFailed) as failed:
        await sender(receiver).send("msg_1", notice(payload()))
    assert failed.value.retry_after == (None if seconds is None else timedelta(seconds=seconds))


async def test_retry_after_may_be_a_date(receiver: Receiver) -> None:
    later = utc_now() + timedelta(minutes=10)
    receiver.status, receiver.headers = 429, {"retry-after": f"{later:%a, %d %b %Y %H:%M:%S GMT}"}
    with pytest.raises(DeliveryFailed) as failed:
        await sender(receiver).send("msg_1", notice(payload()))
    assert failed.value.retry_after is not None
    assert 590 <= failed.value.retry_after.total_seconds() <= 600


async def test_a_receiver_that_is_away_is_tried_again(receiver: Receiver) -> None:
    receiver.stop()
    with pytest.raises(DeliveryFailed) as failed:
        await sender(receiver).send("msg_1", notice(payload()))
    assert failed.value.code == "ConnectError"


def test_the_same_notice_gives_the_same_body() -> None:
    assert webhook_body(notice(payload())) == webhook_body(notice(payload()))


@pytest.mark.parametrize(
    ("url", "fine"),
    [
        ("https://crm.clinic.test/hook", True),
        ("http://localhost:8080/hook", True),
        ("http://127.0.0.1/hook", True),
        ("http://[::1]:8080/hook", True),
        ("http://crm.clinic.test/hook", False),
        ("http://127.0.0.1.evil.example/hook", False),
        ("ftp://localhost/hook", False),
        ("crm.clinic.test", False),
        ("https://", False),
        ("http://[bad", False),
    ],
)
def test_only_this_machine_may_be_told_without_encryption(url: str, fine: bool) -> None:
    problems: list[str] = []
    webhook_settings({"BOOKING_WEBHOOK_URL": url, "BOOKING_WEBHOOK_SECRET": SECRET}, problems)
    assert (problems == []) == fine


@pytest.mark.parametrize("secret", ["whsec_c2hvcnQ=", "no-prefix-" + "A" * 44, "whsec_ä", "whsec_A"])
def test_a_weak_or_broken_secret_is_refused_without_being_shown(secret: str) -> None:
    problems: list[str] = []
    webhook_settings({"BOOKING_WEBHOOK_URL": "https://a.test", "BOOKING_WEBHOOK_SECRET": secret}, problems)
    assert len(problems) == 1 and secret not in problems[0]


def test_settings_do_not_show_the_secret() -> None:
    assert SECRET not in repr(WebhookSettings("https://a.test", SECRET))
