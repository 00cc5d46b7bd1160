"""A message costs the same in a new conversation, in a long one, and among many."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
import sqlalchemy as sa
from rasa.shared.core.events import ActionExecuted, ActiveLoop, ConversationPaused, SlotSet
from sqlalchemy.engine import Engine

from assistant.conversations.windows import MOST_TURNS
from assistant.store import ConversationStore
from tests.assistant.conversations.talk import (
    LISTEN,
    asked_in,
    is_without_gaps,
    say,
    session_start,
    texts,
    tracker_of,
    turn,
)

EVENTS_OF_A_TURN = 4
MOST_OF_SNAPSHOT = 10


@dataclass
class Cost:
    """What a turn asked of the database, and what Rasa saw of the conversation."""

    statements: list[tuple[str, Any]] = field(default_factory=list)
    rows: int = 0
    events: int = 0


@contextmanager
def counted(engine: Engine) -> Iterator[Cost]:
    cost = Cost()

    def before(connection: Any, cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        cost.statements.append((statement, parameters))
        if hasattr(cursor.connection, "row_factory"):
            cursor.row_factory = count_row

    def after(connection: Any, cursor: Any, statement: str, *_: Any) -> None:
        if statement.startswith("SELECT") and engine.dialect.name == "postgresql":
            cost.rows += cursor.rowcount

    def count_row(cursor: Any, row: tuple[Any, ...]) -> tuple[Any, ...]:
        cost.rows += 1
        return row

    sa.event.listen(engine, "before_cursor_execute", before)
    sa.event.listen(engine, "after_cursor_execute", after)
    yield cost
    sa.event.remove(engine, "before_cursor_execute", before)
    sa.event.remove(engine, "after_cursor_execute", after)


def cost_of_turn(store: ConversationStore, conversation_id: str, text: str) -> Cost:
    with counted(store.engine) as cost:
        tracker = say(store, conversation_id, *turn(text))
    cost.events = len(tracker.events)
    return cost


def fill(engine: Engine, count: int) -> None:
    """Events of other conversations, a hundred each."""
    number = (
        f"SELECT generate_series(0, {count - 1}) AS n"
        if engine.dialect.name == "postgresql"
        else f"WITH RECURSIVE s(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM s WHERE n < {count - 1}) SELECT n FROM s"  # noqa: S608 - a number of the test
    )
    with engine.begin() as connection:
        connection.execute(
            sa.text(
                "INSERT INTO events (sender_id, seq, type_name, data) "  # noqa: S608 - numbers of the test
                f"SELECT 'other' || (n / 100), n % 100, 'action', '{{}}' FROM ({number}) AS numbers"
            )
        )
        connection.execute(
            sa.text(
                "INSERT INTO conversations "
                "(id, channel, started_at, last_at, event_count, message_count, window_seq, busy_until) "
                "SELECT sender_id, '', 0, 0, 100, 0, 0, 0 FROM events WHERE seq = 0 AND sender_id LIKE 'other%'"
            )
        )
        connection.execute(sa.text("ANALYZE"))


def test_the_three_hundredth_message_costs_what_the_fifth_did(store: ConversationStore, open_store, engine) -> None:
    costs = {number: cost_of_turn(store, "v", f"message {number}") for number in range(1, 301)}
    assert len(costs[300].statements) == len(costs[5].statements)
    assert costs[300].rows == costs[5].rows <= 5
    assert max(cost.rows for cost in costs.values()) <= 5
    assert max(len(cost.statements) for cost in costs.values()) == len(costs[1].statements)
    most_events = (MOST_TURNS + 1) * EVENTS_OF_A_TURN + MOST_OF_SNAPSHOT
    assert max(cost.events for cost in costs.values()) <= most_events
    elsewhere = cost_of_turn(open_store(), "v", "message 301")  # in a process that does not know the conversation
    assert elsewhere.rows <= most_events
    assert len(elsewhere.statements) <= len(costs[5].statements) + 1
    assert texts(engine) == [f"message {number}" for number in range(1, 302)]
    assert is_without_gaps(engine)


def test_other_conversations_cost_nothing(store: ConversationStore, engine) -> None:
    for number in range(5):
        alone = cost_of_turn(store, "v", f"message {number}")
    fill(engine, 50_000)
    among_others = cost_of_turn(store, "v", "message 5")
    assert [statement for statement, _ in among_others.statements] == [statement for statement, _ in alone.statements]
    assert among_others.rows == alone.rows
    store.forget("v")
    elsewhere = cost_of_turn(store, "v", "message 6")
    explain = "EXPLAIN " if engine.dialect.name == "postgresql" else "EXPLAIN QUERY PLAN "
    with engine.connect() as connection:
        for statement, parameters in elsewhere.statements:
            if statement.startswith(("SELECT", "UPDATE conversations")):
                plan = str(connection.exec_driver_sql(explain + statement, parameters).all())
                for whole_table in ("Seq Scan on events", "Seq Scan on conversations", "SCAN "):
                    assert whole_table not in plan, plan


@pytest.mark.parametrize("is_known", [True, False], ids=["known to the process", "read from the database"])
def test_slots_forms_and_pauses_outlast_the_window(is_known: bool, store: ConversationStore) -> None:
    form = [ActionExecuted("booking_form"), ActiveLoop("booking_form")]
    say(
        store,
        "v",
        *session_start(),
        SlotSet("booking_name", "Maria"),
        *form,
        SlotSet("requested_slot", "booking_topic"),
    )
    say(store, "v", SlotSet("consultation_offered", None), ConversationPaused(), ActionExecuted(LISTEN))
    for number in range(2 * MOST_TURNS + 5):
        say(store, "v", *turn(f"message {number}"))
        if not is_known:
            store.forget("v")
    tracker = tracker_of(store, "v")
    assert tracker is not None
    assert "message 0" not in asked_in(tracker) and "message 44" in asked_in(tracker)
    assert tracker.get_slot("booking_name") == "Maria"
    assert tracker.get_slot("consultation_offered") is None
    assert tracker.get_slot("requested_slot") == "booking_topic"
    assert tracker.active_loop_name == "booking_form"
    assert tracker.is_paused()


def test_a_window_that_two_processes_move_shows_both_what_was_said(
    store: ConversationStore, open_store, engine
) -> None:
    other = open_store()
    for number in range(50):
        tracker = say((store, other)[number % 3 % 2], "v", *turn(f"message {number}"))
    assert asked_in(tracker)[-5:] == [f"message {number}" for number in range(45, 50)]
    assert len(asked_in(tracker)) <= MOST_TURNS + 1
    assert texts(engine) == [f"message {number}" for number in range(50)]
    assert is_without_gaps(engine)


def test_the_whole_conversation_can_be_read_and_goes_on_without_doubles(store: ConversationStore, engine) -> None:
    for number in range(25):
        say(store, "v", *turn(f"message {number}"))
    whole = asyncio.run(store.retrieve_full_tracker("v"))
    assert whole is not None and len(asked_in(whole)) == 25
    for event in turn("message 25"):
        whole.update(event)
    asyncio.run(store.save(whole))
    assert texts(engine) == [f"message {number}" for number in range(26)]
    assert is_without_gaps(engine)
