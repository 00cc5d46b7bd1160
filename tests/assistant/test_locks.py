"""Only one server at a time is at a conversation, whatever happens to the others."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Iterator

import pytest
from rasa.core.lock_store import LockStore
from rasa.utils.endpoints import EndpointConfig

from assistant.locks import ConversationLocks
from tests.databases import Postgres

_RACES = 1000


@pytest.fixture
def on_postgres(postgres_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    monkeypatch.setenv("DATABASE_URL", postgres_url)
    yield postgres_url


class _Talk:
    """What must never be done by two at once."""

    def __init__(self) -> None:
        self.present = 0
        self.most = 0
        self.turns: list[int] = []

    async def turn(self, locks: ConversationLocks, number: int = 0, lasting: float = 0.0) -> None:
        async with locks.lock("talk"):
            self.present += 1
            self.most = max(self.most, self.present)
            await asyncio.sleep(lasting)
            self.turns.append(number)
            self.present -= 1


async def test_two_servers_that_race_never_have_a_conversation_at_once(on_postgres: str) -> None:
    servers, talk = [ConversationLocks(), ConversationLocks()], _Talk()
    dice = random.Random(1)

    for _ in range(_RACES):
        await asyncio.gather(*(talk.turn(server, lasting=dice.choice([0, 0.001])) for server in servers))

    assert talk.most == 1
    assert len(talk.turns) == 2 * _RACES


async def test_messages_that_reach_one_server_take_their_turn_in_order(on_postgres: str) -> None:
    server, talk = ConversationLocks(), _Talk()

    await asyncio.gather(*(talk.turn(server, number) for number in range(50)))

    assert talk.turns == list(range(50))
    assert talk.most == 1


async def test_other_conversations_do_not_wait(on_postgres: str) -> None:
    one, other = ConversationLocks(), ConversationLocks()

    async with one.lock("first"):
        async with other.lock("second"):
            pass


async def test_a_killed_server_keeps_nobody_waiting(on_postgres: str) -> None:
    killed, other = ConversationLocks(), ConversationLocks()
    assert killed._shared is not None
    killed._shared.take("talk")
    waiting = asyncio.create_task(_Talk().turn(other))
    await asyncio.sleep(0.2)
    assert not waiting.done()

    killed._shared._connection.invalidate()  # as the system does with those of a killed process

    await asyncio.wait_for(waiting, 2)


async def test_a_turn_that_fails_lets_the_next_one_in(on_postgres: str) -> None:
    one, other = ConversationLocks(), ConversationLocks()
    with pytest.raises(ZeroDivisionError):
        async with one.lock("talk"):
            raise ZeroDivisionError

    await asyncio.wait_for(_Talk().turn(other), 2)


async def test_without_the_database_a_server_keeps_order_by_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    server = Postgres()
    monkeypatch.setenv("DATABASE_URL", server.url)
    locks, talk = ConversationLocks(), _Talk()
    await talk.turn(locks)
    server.stop()
    try:
        await asyncio.wait_for(asyncio.gather(*(talk.turn(locks, number) for number in range(1, 9))), 10)
        assert talk.turns == list(range(9))
        assert talk.most == 1
    finally:
        server.start()
        server.remove()


def test_rasa_takes_them_for_its_own(monkeypatch: pytest.MonkeyPatch, on_postgres: str) -> None:
    assert isinstance(LockStore.create(EndpointConfig(type="assistant.locks.ConversationLocks")), ConversationLocks)
