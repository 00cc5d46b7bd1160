"""The job that keeps the figures of closed days: it runs with the console, and before anything is deleted."""

from __future__ import annotations

import asyncio
import csv
import io
from zoneinfo import ZoneInfo

import pytest

from console.staff.counting import Counting
from console.staff.policy import Role
from console.staff.privacy import PrivacyPages
from tests.console.staff.conftest import NOW, Colleague, Console, answered, asked, words_of

DAY = 86_400.0
ZONE = ZoneInfo("America/Los_Angeles")


@pytest.fixture
def earlier(console: Console) -> Console:
    """A question of four days ago."""
    at = NOW - 4 * DAY
    console.has_said("webchat:a", asked("is it safe", at=at), answered("Mostly.", at=at + 1))
    return console


def counting_of(console: Console) -> Counting:
    return Counting(console.parts.conversations, ZONE, console.clock)


def rows_of(colleague: Colleague) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(colleague.get("/insights.csv?days=30").text)))


def test_days_that_are_not_counted_are_told_and_empty_in_the_file(earlier: Console) -> None:
    frida = earlier.as_(Role.FRONT_DESK)
    assert "Nov 14, Nov 15, Nov 16 are not counted yet, and missing in everything below" in words_of(
        frida.get("/insights")
    )
    assert [(row["day"], row["questions"]) for row in rows_of(frida)] == [
        ("2026-11-14", ""),
        ("2026-11-15", ""),
        ("2026-11-16", ""),
    ]
    assert counting_of(earlier).count() == 4
    assert "not counted yet" not in words_of(frida.get("/insights"))
    assert [(row["day"], row["questions"]) for row in rows_of(frida)] == [("2026-11-14", "1")]


def test_many_days_that_are_not_counted_are_told_in_short(earlier: Console) -> None:
    earlier.clock.at += 60 * DAY
    words = words_of(earlier.as_(Role.AUDITOR).get("/insights?days=90"))
    assert "63 days between Nov 14, 2026 and Jan 15 are not counted yet" in words


def test_figures_outlive_what_they_were_counted_from(earlier: Console) -> None:
    # Nobody has counted before: the console was off, or is older than the figures.
    pages = PrivacyPages(None, None, earlier.parts)  # type: ignore[arg-type]
    earlier.clock.at += 100 * DAY
    assert pages._retention.run().conversations == 1
    words = words_of(earlier.as_(Role.FRONT_DESK).get("/insights?days=365"))
    assert "Conversations 1 " in words and "Answered 100%" in words


def test_the_job_ends_with_the_console_and_survives_a_database_that_is_away(
    earlier: Console, monkeypatch: pytest.MonkeyPatch
) -> None:
    job, runs = counting_of(earlier), []
    monkeypatch.setattr("console.staff.counting._LOOK", 0.01)

    def fail() -> int:
        runs.append("again")
        raise OSError

    monkeypatch.setattr(job, "count", fail)
    listeners = {}

    class App:
        ctx = type("Ctx", (), {})()

        def register_listener(self, listener, event: str) -> None:
            listeners[event] = listener

    async def scenario() -> None:
        job.add_to(app := App())  # type: ignore[arg-type]
        await listeners["after_server_start"](app, None)
        while len(runs) < 3:
            await asyncio.sleep(0.01)
        await listeners["before_server_stop"](app, None)
        with pytest.raises(asyncio.CancelledError):
            await app.ctx.counting

    asyncio.run(scenario())
