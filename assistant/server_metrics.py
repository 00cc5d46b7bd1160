"""What the server tells monitoring of its store, its spool and its model, read when it is asked for."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector
from sqlalchemy.exc import SQLAlchemyError

from assistant import model_manifest
from assistant.conversations import backlog
from assistant.metrics import gauge
from assistant.store import ConversationStore, conversation_store

_FAILURES = (SQLAlchemyError, OSError)


class ServerCollector(Collector):
    """Reads one server process.

    Args:
        agent: Rasa's agent; None while there is none.
    """

    def __init__(self, agent: Callable[[], Any]) -> None:
        self._agent = agent

    def describe(self) -> Iterator[Metric]:
        """All that it may tell, without reading anything."""
        yield from _families().values()

    def collect(self) -> Iterator[Metric]:
        """The present figures; those of a database that does not answer are left out."""
        families = _families()
        agent = self._agent()
        self._add_model(families, agent)
        if agent is not None and agent.tracker_store is not None:
            self._add_store(families, conversation_store(agent.tracker_store))
        yield from families.values()

    def _add_model(self, families: dict[str, Any], agent: Any) -> None:
        is_loaded = agent is not None and agent.is_ready()
        path = agent.processor.model_path if is_loaded else None
        listed = model_manifest.listed(path) if path else None
        names = [path.name.partition(".")[0], (listed or "")[:12]] if path else ["", ""]
        families["model_loaded"].add_metric(names, float(is_loaded))

    def _add_store(self, families: dict[str, Any], store: ConversationStore) -> None:
        families["spool"].add_metric([], float(store.spool.waiting()))
        now = time.time()
        try:
            with store.reading() as session:
                waiting = backlog.inbox(session, now), backlog.replies(session, now)
                dangers = backlog.unacknowledged(session, now)
        except _FAILURES:
            families["store_up"].add_metric([], 0.0)
            return
        families["store_up"].add_metric([], 1.0)
        for name, one in zip(("inbox", "replies"), waiting):
            families[f"{name}_waiting"].add_metric([], one.count)
            families[f"{name}_oldest"].add_metric([], one.oldest)
        for kind, one in dangers.items():
            families["dangers"].add_metric([kind], one.count)
            families["dangers_oldest"].add_metric([kind], one.oldest)


def _families() -> dict[str, Any]:
    return {
        "model_loaded": gauge(
            "assistant_model_loaded", "1 if a model answers, which is named.", ["model", "fingerprint"]
        ),
        "spool": gauge("assistant_spool_turns", "Turns on the disk that the database did not take."),
        "store_up": gauge("assistant_store_up", "1 if the conversation store answers."),
        "inbox_waiting": gauge("assistant_inbox_waiting", "Messages without an answer."),
        "inbox_oldest": gauge("assistant_inbox_oldest_seconds", "Age of the oldest message without an answer."),
        "replies_waiting": gauge("assistant_replies_waiting", "Parts of replies that a platform does not have yet."),
        "replies_oldest": gauge("assistant_replies_oldest_seconds", "Age of the oldest of them."),
        "dangers": gauge("assistant_dangers_unacknowledged", "Dangers that no staff acknowledged.", ["kind"]),
        "dangers_oldest": gauge(
            "assistant_dangers_unacknowledged_oldest_seconds", "Age of the oldest of them.", ["kind"]
        ),
    }
