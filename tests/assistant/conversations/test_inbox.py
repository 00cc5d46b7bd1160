"""Each message is taken in once and answered by one process at a time."""

from __future__ import annotations

import pytest
from sqlalchemy.engine import Engine

from assistant.conversations import inbox, models
from assistant.conversations.inbox import LEASE, Arrival
from assistant.database import reading, writing
from assistant.store import ConversationStore
from tests.assistant.conversations.talk import say, turn
from tests.databases import at_once, rows

NOW = 1_700_000_000.0


def receive(engine: Engine, client_id: str, at: float = NOW, conversation_id: str = "v") -> bool:
    with writing(engine) as session:
        return inbox.receive(session, conversation_id, "webchat", Arrival(client_id, f"text of {client_id}"), at)


def claim(engine: Engine, worker: str, at: float = NOW) -> bool:
    with writing(engine) as session:
        return inbox.claim(session, "v", worker, at)


def release(engine: Engine, worker: str) -> None:
    with writing(engine) as session:
        inbox.release(session, "v", worker)


def next_waiting(engine: Engine) -> Arrival | None:
    with writing(engine) as session:
        return inbox.next_waiting(session, "v")


def left_alone(engine: Engine, before: float, now: float) -> list[str]:
    with reading(engine) as session:
        return sorted(inbox.left_alone(session, before, now))


def test_a_message_that_comes_again_is_taken_in_once(engine: Engine) -> None:
    assert [receive(engine, "c1"), receive(engine, "c1"), receive(engine, "c2")] == [True, False, True]
    assert [row.client_id for row in rows(engine, models.InboxMessage)] == ["c1", "c2"]


def test_another_visitor_may_use_the_same_id(engine: Engine) -> None:
    assert receive(engine, "c1") and receive(engine, "c1", conversation_id="w")


def test_a_message_that_comes_twenty_times_at_once_is_taken_in_once(engine: Engine) -> None:
    ends = at_once(20, lambda _: receive(engine, "c1"))
    assert sorted(ends) == [False] * 19 + [True]
    assert len(rows(engine, models.InboxMessage)) == len(rows(engine, models.Conversation)) == 1


def test_one_of_many_processes_answers(engine: Engine) -> None:
    receive(engine, "c1")
    assert sorted(at_once(8, lambda number: claim(engine, f"worker {number}"))) == [False] * 7 + [True]


def test_who_answers_goes_on_and_others_wait_until_it_is_done(engine: Engine) -> None:
    receive(engine, "c1")
    assert claim(engine, "a") and claim(engine, "a", NOW + 1)
    assert not claim(engine, "b", NOW + 2)
    release(engine, "b")
    assert not claim(engine, "b", NOW + 2)
    release(engine, "a")
    assert claim(engine, "b", NOW + 2)


def test_a_process_that_died_is_waited_for_no_longer_than_its_lease(engine: Engine) -> None:
    receive(engine, "c1")
    claim(engine, "a")
    assert not claim(engine, "b", NOW + LEASE - 1)
    assert claim(engine, "b", NOW + LEASE + 1)
    assert not claim(engine, "a", NOW + LEASE + 2)


def test_a_conversation_that_there_is_not_is_claimed_by_nobody(engine: Engine) -> None:
    assert not claim(engine, "a")


def test_messages_wait_in_the_order_in_which_they_came_and_each_attempt_counts(engine: Engine) -> None:
    receive(engine, "c2", NOW)
    receive(engine, "c1", NOW + 1)
    attempts = [next_waiting(engine) for _ in range(3)]
    assert [(one.client_id, one.attempts) for one in attempts if one] == [("c2", 0), ("c2", 1), ("c2", 2)]
    assert attempts[0] is not None and attempts[0].text == "text of c2"
    assert [row.attempts for row in rows(engine, models.InboxMessage)] == [3, 0]
    with writing(engine) as session:
        inbox.mark_answered(session, "v", "c2", NOW + 2)
    following = next_waiting(engine)
    assert following is not None and following.client_id == "c1"


def test_the_turn_that_answers_a_message_says_so(store: ConversationStore, engine: Engine) -> None:
    receive(engine, "c1")
    receive(engine, "c2")
    say(store, "v", *turn("text of c1", "c1"))
    answered = {row.client_id: row.answered_at is not None for row in rows(engine, models.InboxMessage)}
    assert answered == {"c1": True, "c2": False}
    assert next_waiting(engine) == Arrival("c2", "text of c2")


def test_a_turn_that_is_not_stored_answers_nothing(store: ConversationStore, engine: Engine, refuse) -> None:
    receive(engine, "c1")
    refuse("messages", "text", "poison")
    say(store, "v", *turn("poison", "c1"))
    assert next_waiting(engine) is not None


@pytest.mark.parametrize(
    ("after", "is_claimed", "is_left"), [(4, False, False), (6, False, True), (6, True, False), (40, True, True)]
)
def test_messages_that_nobody_answers_are_found(after: float, is_claimed: bool, is_left: bool, engine: Engine) -> None:
    for client_id in ("c1", "c2"):
        receive(engine, client_id)
    if is_claimed:
        claim(engine, "a")
    assert left_alone(engine, NOW + after - 5, NOW + after) == (["v"] if is_left else [])


def test_answered_messages_are_left_in_peace(store: ConversationStore, engine: Engine) -> None:
    receive(engine, "c1")
    say(store, "v", *turn("text of c1", "c1"))
    assert left_alone(engine, NOW + 100, NOW + 200) == []
