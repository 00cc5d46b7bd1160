"""The delivery process tells how much waits, for how long, and what became of what it sent."""

from __future__ import annotations

import pytest
from prometheus_client import CollectorRegistry
from sqlalchemy.engine import Engine

from assistant import metrics
from assistant.database import CONVERSATIONS, migrate, open_database
from bookings import deliver
from bookings.metrics import DeliveryCollector
from bookings.models import OutboxMessage, Target
from bookings.notifications import DeliveryFailed, Notice
from bookings.outbox import Outbox
from bookings.requests import BookingStore
from bookings.secrets import ContactCipher
from tests.bookings.conftest import Clock, a_request


class Away:
    """A receiver that takes nothing."""

    async def send(self, delivery_id: str, notice: Notice) -> None:
        raise DeliveryFailed("TimeoutError")


def test_what_waits_and_what_was_given_up(
    store: BookingStore, engine: Engine, clock: Clock, tmp_path_factory: pytest.TempPathFactory
) -> None:
    conversations = open_database(f"sqlite:///{tmp_path_factory.mktemp('c') / 'conversations.db'}")
    migrate(conversations, CONVERSATIONS)
    registry = CollectorRegistry()
    registry.register(DeliveryCollector(engine, conversations, clock, ["email"]))
    webhook = {"target": "webhook"}
    assert registry.get_sample_value("assistant_delivery_up") == 1
    assert registry.get_sample_value("assistant_outbox_waiting", webhook) == 0
    store.submit(a_request())
    clock.forward(minutes=20)
    assert registry.get_sample_value("assistant_outbox_waiting", webhook) == 1
    assert registry.get_sample_value("assistant_outbox_oldest_seconds", webhook) == 1200
    with engine.begin() as connection:
        connection.execute(OutboxMessage.__table__.update().values(dead_at=clock()))
    assert registry.get_sample_value("assistant_outbox_waiting", webhook) == 0
    assert (registry.get_sample_value("assistant_outbox_dead") or 0) >= 1
    conversations.dispose()


async def test_each_try_is_counted_by_its_outcome(
    store: BookingStore, engine: Engine, cipher: ContactCipher, clock: Clock
) -> None:
    labels = {"target": "webhook", "outcome": metrics.FAILED}
    before = metrics.DELIVERY.get_sample_value("assistant_outbox_deliveries_total", labels) or 0
    store.submit(a_request())
    assert await deliver.deliver_due(Outbox(engine, cipher, clock), {Target.WEBHOOK: Away()}) == 1
    assert metrics.DELIVERY.get_sample_value("assistant_outbox_deliveries_total", labels) == before + 1


def test_a_database_that_is_away_is_told(clock: Clock) -> None:
    nowhere = open_database("postgresql://127.0.0.1:1/none")
    registry = CollectorRegistry()
    registry.register(DeliveryCollector(nowhere, nowhere, clock, []))
    assert registry.get_sample_value("assistant_delivery_up") == 0
    assert registry.get_sample_value("assistant_outbox_dead") is None
