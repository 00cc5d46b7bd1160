"""Alerts of danger: stored with the turn, sent until the receiver has them, and what the visitor is told of it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator

import pytest
from sqlalchemy.engine import Engine

from assistant.conversations import alerts, models, review
from assistant.conversations.seen import tell_seen
from assistant.database import writing
from assistant.store import ConversationStore
from bookings import alerting
from bookings.notifications.email import MailSettings, StaffEmail, mail_settings
from bookings.notifications.webhook import WebhookSender, WebhookSettings
from tests.assistant.conversations.talk import asked, replied, say, turn
from tests.bookings.delivery import CLINIC, SECRET, MailBox, Receiver, utc_now
from tests.databases import rows

WORDS = "i want to kill myself, my name is Persephone"


def in_danger(store: ConversationStore, conversation_id: str = "webchat:v", intent: str = "crisis") -> None:
    say(store, conversation_id, asked(WORDS, intent), *replied("Call 988.", f"utter_{intent}"))


def waiting(engine: Engine, target: str = alerts.EMAIL) -> list[models.Alert]:
    return [row for row in rows(engine, models.Alert) if row.target == target and row.delivered_at is None]


@pytest.fixture
def mailbox() -> Iterator[MailBox]:
    mailbox = MailBox()
    mailbox.start()
    yield mailbox
    mailbox.stop()


def mail(mailbox: MailBox) -> StaffEmail:
    environment = {"SMTP_URL": mailbox.url, "MAIL_FROM": "no-reply@clinic.test", "STAFF_EMAIL": "desk@clinic.test"}
    settings = mail_settings({**environment, "CONSOLE_URL": "https://console.clinic.test/staff"}, [])
    assert isinstance(settings, MailSettings)
    return StaffEmail(settings, CLINIC)


def send(engine: Engine, target: str, sender: alerting.AlertSender) -> int:
    return asyncio.run(alerting.send_due(engine, target, sender))


@pytest.mark.parametrize("intent", ["crisis", "crisis_spanish", "medical_emergency"])
def test_a_danger_is_an_alert_and_an_ordinary_turn_is_none(
    store: ConversationStore, engine: Engine, intent: str
) -> None:
    say(store, "webchat:v", *turn("hello"))
    assert waiting(engine) == []
    in_danger(store, intent=intent)
    assert [(row.number, row.target) for row in rows(engine, models.Alert)] == [(3, "email"), (3, "webhook")]


def test_a_second_danger_soon_after_alarms_nobody_anew_and_one_of_another_visitor_does(
    store: ConversationStore, engine: Engine
) -> None:
    in_danger(store)
    in_danger(store)
    assert len(waiting(engine)) == 1
    in_danger(store, "webchat:other")
    assert len(waiting(engine)) == 2


def test_staff_are_told_by_mail_within_seconds_and_without_a_word_of_it(
    store: ConversationStore, engine: Engine, mailbox: MailBox
) -> None:
    in_danger(store)
    assert send(engine, alerts.EMAIL, mail(mailbox)) == 1
    assert send(engine, alerts.EMAIL, mail(mailbox)) == 0, "once it is delivered it is not sent again"
    (sent,) = mailbox.mails
    whole = sent.as_string()
    assert "https://console.clinic.test/staff/conversations/webchat:v#m1" in sent.get_content()
    assert "911 or 988" in sent.get_content()
    assert not any(word in whole.lower() for word in ("kill", "persephone", "suicid", "ketamine"))
    assert waiting(engine) == [] and len(waiting(engine, alerts.WEBHOOK)) == 1, "the other receiver has none yet"


def test_the_clinics_system_is_told_by_a_signed_webhook(store: ConversationStore, engine: Engine) -> None:
    receiver = Receiver()
    receiver.start()
    try:
        in_danger(store)
        sender = WebhookSender(WebhookSettings(receiver.url, SECRET), utc_now)
        assert send(engine, alerts.WEBHOOK, sender) == 1
        (body,) = receiver.kept.values()
        assert body["type"] == "conversation.danger"
        assert body["data"] == {"conversation_id": "webchat:v", "message": 1, "kind": "crisis"}
    finally:
        receiver.stop()


def test_a_mail_server_that_is_away_gets_the_alert_afterwards(
    store: ConversationStore, engine: Engine, mailbox: MailBox, monkeypatch: pytest.MonkeyPatch
) -> None:
    sender = mail(mailbox)
    mailbox.stop()
    in_danger(store)
    began, now = time.time(), [0.0]
    monkeypatch.setattr(alerting.time, "time", lambda: began + now[0])
    tried = 0
    for second in range(0, 600, 5):
        now[0] = float(second)
        tried += send(engine, alerts.EMAIL, sender)
    assert tried >= 10 and len(waiting(engine)) == 1, "ten minutes without a mail server"
    mailbox.start()
    now[0] = 600.0 + alerts.LEASE
    assert send(engine, alerts.EMAIL, sender) == 1
    assert waiting(engine) == [] and len(mailbox.mails) == 1


def test_a_worker_that_dies_leaves_its_alert_to_the_next_with_the_same_id(
    store: ConversationStore, engine: Engine
) -> None:
    in_danger(store)
    with writing(engine) as session:
        (first,) = alerts.claim(session, alerts.EMAIL, time.time())
        assert alerts.claim(session, alerts.EMAIL, time.time()) == [], "nobody else has it meanwhile"
        (again,) = alerts.claim(session, alerts.EMAIL, time.time() + alerts.LEASE + 1)
    assert (again.delivery_id, again.attempts) == (first.delivery_id, 2)


def test_what_somebody_has_acknowledged_is_sent_to_nobody(store: ConversationStore, engine: Engine) -> None:
    in_danger(store)
    with writing(engine) as session:
        review.acknowledge(session, "webchat:v", 1, "crisis", "nina", time.time())
        assert alerts.claim(session, alerts.EMAIL, time.time()) == []


def test_the_visitor_is_told_that_somebody_has_read_it_once_somebody_has(
    store: ConversationStore, engine: Engine
) -> None:
    in_danger(store)
    with writing(engine) as session:
        (told,) = tell_seen(session, "webchat:v", 1, "crisis", time.time())
    assert "has now read" in told.text and "988" in told.text
    in_danger(store, "webchat:es", "crisis_spanish")
    with writing(engine) as session:
        (told,) = tell_seen(session, "webchat:es", 1, "crisis", time.time())
    assert "Alguien de la clínica" in told.text


def test_nobody_is_startled_by_it_days_later(store: ConversationStore, engine: Engine) -> None:
    in_danger(store)
    with writing(engine) as session:
        assert tell_seen(session, "webchat:v", 1, "crisis", time.time() + 2 * 86400) == []
        assert tell_seen(session, "webchat:v", 1, "side_effect", time.time()) == []
