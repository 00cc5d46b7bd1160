"""Figures are those of the store, also when it is out, and no label is made from what a visitor sends."""

from __future__ import annotations

import time
from types import SimpleNamespace
from typing import Any

import pytest
from prometheus_client import CollectorRegistry
from sqlalchemy.engine import Engine

from assistant import metrics
from assistant.conversations import inbox, review
from assistant.conversations.inbox import Arrival
from assistant.database import writing
from assistant.server_metrics import ServerCollector
from assistant.store import ConversationStore
from tests.assistant.conversations.conftest import Outage
from tests.assistant.conversations.talk import asked, replied, say, turn


def registry_of(store: ConversationStore) -> CollectorRegistry:
    registry = CollectorRegistry()
    agent: Any = SimpleNamespace(tracker_store=store, is_ready=lambda: False)
    registry.register(ServerCollector(lambda: agent))
    return registry


def test_without_an_agent_there_is_no_model() -> None:
    registry = CollectorRegistry()
    registry.register(ServerCollector(lambda: None))
    assert registry.get_sample_value("assistant_model_loaded", {"model": "", "fingerprint": ""}) == 0
    assert registry.get_sample_value("assistant_store_up") is None


def test_what_waits_is_counted_with_its_age(store: ConversationStore, engine: Engine) -> None:
    registry = registry_of(store)
    assert registry.get_sample_value("assistant_inbox_waiting") == 0
    assert registry.get_sample_value("assistant_inbox_oldest_seconds") == 0
    with writing(engine) as session:
        for number, age in enumerate((90, 30)):
            arrival = Arrival(f"c{number}", "hello")
            inbox.receive(session, f"webchat:{number}", "webchat", arrival, time.time() - age)
    assert registry.get_sample_value("assistant_inbox_waiting") == 2
    assert 90 <= (registry.get_sample_value("assistant_inbox_oldest_seconds") or 0) < 100
    with writing(engine) as session:
        inbox.mark_answered(session, "webchat:0", "c0", time.time())
    assert registry.get_sample_value("assistant_inbox_waiting") == 1
    assert (registry.get_sample_value("assistant_inbox_oldest_seconds") or 0) < 40


def test_a_danger_counts_until_it_is_acknowledged(store: ConversationStore, engine: Engine) -> None:
    registry, kind = registry_of(store), {"kind": "crisis"}
    before = metrics.SERVER.get_sample_value("assistant_danger_alerts_total", kind) or 0
    for name in ("webchat:a", "webchat:b"):
        say(store, name, asked("help", "crisis"), *replied("988", "utter_crisis"))
    assert metrics.SERVER.get_sample_value("assistant_danger_alerts_total", kind) == before + 2
    assert registry.get_sample_value("assistant_dangers_unacknowledged", kind) == 2
    with writing(engine) as session:
        review.acknowledge(session, "webchat:a", 1, "crisis", "ann", time.time())
    assert registry.get_sample_value("assistant_dangers_unacknowledged", kind) == 1
    assert registry.get_sample_value("assistant_dangers_unacknowledged", {"kind": "medical_emergency"}) == 0


def test_in_an_outage_the_store_is_down_and_turns_wait(store: ConversationStore, outage: Outage) -> None:
    registry = registry_of(store)
    say(store, "webchat:a", *turn("one"))
    assert registry.get_sample_value("assistant_store_up") == 1
    failures = metrics.SERVER.get_sample_value("assistant_store_failures_total") or 0
    outage.begin()
    say(store, "webchat:a", *turn("two"))
    assert registry.get_sample_value("assistant_spool_turns") == 1
    assert metrics.SERVER.get_sample_value("assistant_store_failures_total") > failures
    outage.end()
    store.replay()
    assert registry.get_sample_value("assistant_spool_turns") == 0
    assert registry.get_sample_value("assistant_store_up") == 1


@pytest.mark.parametrize("status", [400, 401, 403, 404, 410, 413, 429, 503, 418])
def test_a_refusal_is_counted_by_a_word_of_ours(status: int) -> None:
    before = {sample.labels["reason"]: sample.value for sample in _refusals()}
    metrics.refused("sms", status)
    after = {sample.labels["reason"]: sample.value for sample in _refusals()}
    changed = [reason for reason in after if after[reason] != before.get(reason, 0)]
    assert changed == [metrics._REASONS.get(status, "other")]


@pytest.mark.parametrize("text", ["x", "0", "70000", "-1", "9100 "])
def test_a_port_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="METRICS_PORT"):
        metrics.port(text)


def test_a_clock_that_was_set_back_spoils_no_figure() -> None:
    before = metrics.SERVER.get_sample_value("assistant_answer_seconds_sum", {"channel": "clock"}) or 0
    metrics.answered("clock", metrics.ANSWERED, -3600)
    assert metrics.SERVER.get_sample_value("assistant_answer_seconds_sum", {"channel": "clock"}) == before


def _refusals() -> list[Any]:
    found = [sample for family in metrics.REFUSED.collect() for sample in family.samples]
    return [sample for sample in found if sample.name.endswith("_total") and sample.labels["channel"] == "sms"]
