"""Messaging channels while something is broken: the server is killed, the database is away, the platform is slow."""

from __future__ import annotations

import signal
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.conftest import Assistant
from tests.databases import Postgres
from tests.e2e.channels import CHANNELS, Texter, post, start
from tests.platforms.api import Platforms, doubled, wait_until
from tests.platforms.inbound import Signed

SAID = ["what is a session like", "what are the side effects", "how long does a session take", "who watches over me"]


@pytest.fixture
def standing_in() -> Iterator[Platforms]:
    """The platforms' APIs, for these tests alone: they are stopped and slow."""
    platforms = Platforms()
    platforms.start()
    yield platforms
    platforms.stop()
    assert platforms.violations == []


def end(assistant: Assistant) -> None:
    assistant.process.send_signal(signal.SIGINT)
    assistant.process.wait(60)


def test_a_server_that_is_killed_loses_and_doubles_nothing(tmp_path: Path, standing_in: Platforms) -> None:
    assistant = start(tmp_path, standing_in)
    visitors = [Texter(assistant, standing_in, platform) for platform in CHANNELS.values()]
    first = [visitor.platform.text(visitor.sender, SAID[0]) for visitor in visitors]
    for visitor, signed in zip(visitors, first):
        visitor.send(signed)
    for visitor in visitors:
        standing_in.wait(visitor.address, 1)
    standing_in.stop()  # so that replies are still waiting when the server dies
    for visitor in visitors:
        for text in SAID[1:]:
            visitor.write(text)
    (server,) = assistant.processes("rasa")
    server.kill()
    standing_in.start()
    try:  # the server is started again
        assert wait_until(lambda: all(_is_taken(visitor, one) for visitor, one in zip(visitors, first)), 90)
        for visitor in visitors:
            heard = standing_in.wait(visitor.address, 4, 120)
            assert len(heard) == 4, visitor.platform.name
            assert doubled(heard) == [], visitor.platform.name
            assert "nausea" in heard[1]
        time.sleep(3)
        assert [len(visitor.heard) for visitor in visitors] == [4] * len(visitors)
    finally:
        end(assistant)


def _is_taken(visitor: Texter, signed: Signed) -> bool:
    """Whether the server takes a request that the platform sends again, as it has not heard that it was taken."""
    try:
        return post(visitor.assistant, signed).status_code == 200
    except httpx.HTTPError:
        return False


def test_while_the_database_is_away_visitors_are_answered_once(
    tmp_path: Path, standing_in: Platforms, postgres: Postgres, postgres_url: str
) -> None:
    assistant = start(tmp_path, standing_in, DATABASE_URL=postgres_url)
    try:
        visitors = [Texter(assistant, standing_in, platform) for platform in CHANNELS.values()]
        for visitor in visitors:
            visitor.say(SAID[0])
        postgres.stop()
        try:
            for visitor in visitors:
                visitor.say("what are the side effects", "nausea", 60)
                visitor.say("i want to kill myself", "988", 60)
        finally:
            postgres.start()
        for visitor in visitors:
            visitor.say("how long does a session take", "It varies", 60)
        time.sleep(5)
        for visitor in visitors:
            assert sum("nausea" in text for text in visitor.heard) == 1, visitor.platform.name
            assert doubled(visitor.heard) == [], visitor.platform.name
    finally:
        end(assistant)


def test_a_slow_platform_holds_up_no_other_and_no_acknowledgement(tmp_path: Path, standing_in: Platforms) -> None:
    assistant = start(tmp_path, standing_in)
    try:
        slow, quick = (Texter(assistant, standing_in, CHANNELS[name]) for name in ("telegram", "sms"))
        standing_in.slow["telegram"] = 5.0
        others = [Texter(assistant, standing_in, CHANNELS["telegram"]) for _ in range(15)]
        for visitor in (slow, *others):
            at = time.monotonic()
            visitor.write("what are the side effects")
            assert time.monotonic() - at < 2
        at = time.monotonic()
        assert "nausea" in quick.say("what are the side effects", "nausea")
        assert time.monotonic() - at < 5
        assert wait_until(lambda: all(visitor.heard for visitor in others), 60)
        assert all(len(visitor.heard) == 1 for visitor in (slow, *others))
    finally:
        end(assistant)
