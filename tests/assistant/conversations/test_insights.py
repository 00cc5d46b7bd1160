"""Figures of days: what is counted, by the clinic's calendar; kept for closed days, counted again where need be."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.engine import Engine

from assistant.conversations import daily, figures
from assistant.conversations.erasure import erase
from assistant.conversations.figures import Figures
from assistant.conversations.inbox import Arrival, mark_answered, receive
from assistant.conversations.insights import Insights, channels_of, insights
from assistant.conversations.models import DailyFigures
from assistant.conversations.queries import rate
from assistant.conversations.reindex import reindex
from assistant.conversations.turns import Turn, ensure_conversation, write_turn
from assistant.database import reading, writing
from assistant.privacy import delete_due
from tests.databases import at_once

ZONE = ZoneInfo("America/Los_Angeles")
Tell = Callable[..., None]


def at(text: str) -> float:
    """A moment by the clinic's clock."""
    return datetime.fromisoformat(text).replace(tzinfo=ZONE).timestamp()


NOW = at("2026-11-26 12:00")


def exchange(when: float, intent: str, *actions: str, seconds: float = 1.0, channel: str = "webchat") -> list[Any]:
    """A visitor's message and its answers, as events."""
    parsed = {"intent": {"name": intent, "confidence": 0.9}, "intent_ranking": []}
    events: list[Any] = [
        {"event": "user", "text": "words", "parse_data": parsed, "timestamp": when, "input_channel": channel}
    ]
    for action in actions:
        about = {"utter_action": action, "metadata": {"facts": [] if "prices" in action else ["x"], "section": "S"}}
        events.append({"event": "action", "name": action, "timestamp": when})
        if action.startswith("utter_"):
            events.append({"event": "bot", "text": "answer", "timestamp": when + seconds, "metadata": about})
    return [*events, {"event": "action", "name": "action_listen", "timestamp": when + seconds}]


@pytest.fixture
def tell(engine: Engine) -> Tell:
    """Stores what was said in a conversation."""

    def tell(conversation_id: str, *events: list[Any]) -> None:
        said = [event for some in events for event in some]
        with writing(engine) as session:
            ensure_conversation(session.connection(), conversation_id, "", float(said[0]["timestamp"]))
            write_turn(session, Turn(conversation_id, said, None))

    return tell


@pytest.fixture
def read(engine: Engine) -> Callable[..., Insights]:
    def read(days: int = 7, now: float = NOW, **more: Any) -> Insights:
        with reading(engine) as session:
            return insights(session, days, ZONE, now, **more)

    return read


def test_what_is_a_question_and_how_it_was_answered(tell: Tell, engine: Engine, read) -> None:
    tell("a", exchange(NOW, "greet", "utter_greet"))
    tell("a", exchange(NOW + 1, "ask_safety", "utter_ask_safety"), exchange(NOW + 2, "ask_safety", "utter_ask_safety"))
    tell("a", exchange(NOW + 3, "ask_prices", "utter_ask_prices"))
    tell("b", exchange(NOW, "nlu_fallback", "utter_fallback"), exchange(NOW, "nlu_fallback", "utter_did_you_mean"))
    tell("b", exchange(NOW, "book_consultation", "booking_form", "utter_ask_booking_name"))
    tell("b", exchange(NOW, "ask_contact", "booking_form", "utter_ask_booking_contact"))
    with writing(engine) as session:
        assert rate(session, "a", 4, "up", "", NOW) and rate(session, "a", 8, "down", "long", NOW)
    found = read()
    assert dict(found.total.counts) == {
        "conversations": 2,
        "messages": 8,
        "questions": 5,
        "answered": 2,
        "not_covered": 1,
        "not_understood": 2,
        "staff_messages": 0,
        "asked_for_clinic": 1,
        "thumbs_up": 1,
        "thumbs_down": 1,
    }
    assert found.total.topics == {"ask_safety": 2, "ask_prices": 1}
    assert found.waiting == ()


def test_what_staff_answer_themselves_is_no_question(tell: Tell, read) -> None:
    heard = {"event": "user", "text": "hello?", "timestamp": NOW, "metadata": {"heard_by": "staff"}}
    said = {"event": "bot", "text": "Here I am", "timestamp": NOW + 9, "metadata": {"author": "staff", "name": "F"}}
    tell("a", [heard, said])
    total = read().total
    assert (total.counts["messages"], total.counts["questions"], total.counts["staff_messages"]) == (1, 0, 1)
    assert total.seconds(0.5) is None


def test_days_are_those_of_the_clinics_calendar(tell: Tell, engine: Engine, read) -> None:
    tell("a", exchange(at("2026-11-24 23:59"), "ask_x", "utter_ask_x"))
    tell("a", exchange(at("2026-11-25 00:00"), "ask_x", "utter_ask_x"))
    daily.count_closed_days(engine, ZONE, NOW)
    days = read().days
    asked = {day.isoformat(): one.counts["questions"] for day, one in days.items() if one.counts["questions"]}
    assert asked == {"2026-11-24": 1, "2026-11-25": 1}
    assert list(days)[0] == date(2026, 11, 20) and list(days)[-1] == date(2026, 11, 26)


def test_a_day_may_have_23_or_25_hours() -> None:
    spring, autumn = (daily.day_of(at(f"{day} 12:00"), ZONE) for day in ("2026-03-08", "2026-11-01"))
    assert (spring.ends_at - spring.starts_at, autumn.ends_at - autumn.starts_at) == (23 * 3600, 25 * 3600)
    year = daily.days_until(NOW, 366, ZONE)
    assert all(one.ends_at == two.starts_at for one, two in zip(year, year[1:]))


def test_channels_are_told_apart(tell: Tell, engine: Engine, read) -> None:
    tell("a", exchange(at("2026-11-25 12:00"), "ask_x", "utter_ask_x"))
    tell("b", exchange(NOW, "ask_y", "utter_ask_y", channel="sms"))
    daily.count_closed_days(engine, ZONE, NOW)
    found = read(channel="sms")
    assert set(found.channels) == {"webchat", "sms"} and dict(found.total.topics) == {"ask_y": 1}
    assert list(found.cells) == [(date(2026, 11, 26), "sms")]
    with reading(engine) as session:
        assert channels_of(session, ["a", "b", "gone"]) == {"a": "webchat", "b": "sms"}


def test_how_long_answers_took_is_told_by_the_browser_where_that_knows(tell: Tell, engine: Engine, read) -> None:
    with writing(engine) as session:
        receive(session, "a", "webchat", Arrival("one", "words"), NOW)
    events = exchange(NOW, "ask_x", "utter_ask_x", seconds=0.1)
    events[0]["message_id"] = "one"
    tell("a", events)
    with writing(engine) as session:
        mark_answered(session, "a", "one", NOW + 2.0)
    assert read().total.seconds(0.5) == pytest.approx(2.0, rel=0.1)
    for _ in range(9):
        tell("b", exchange(NOW, "ask_x", "utter_ask_x", seconds=0.5))
    assert read().total.seconds(0.5) == pytest.approx(0.5, rel=0.1)
    assert read().total.seconds(0.95) == pytest.approx(2.0, rel=0.1)


def test_only_closed_days_are_kept_and_each_is_counted_once(tell: Tell, engine: Engine, read) -> None:
    tell("a", exchange(at("2026-11-23 12:00"), "ask_x", "utter_ask_x"))
    assert read().waiting == (date(2026, 11, 23), date(2026, 11, 24))
    assert daily.count_closed_days(engine, ZONE, NOW) == 3
    assert daily.count_closed_days(engine, ZONE, NOW) == 0
    assert read().waiting == () and read().total.counts["questions"] == 1
    midnight = at("2026-11-27 00:05")
    assert daily.count_closed_days(engine, ZONE, midnight) == 0, "a turn that began before midnight may still come"
    assert read(now=midnight).waiting == ()
    assert daily.count_closed_days(engine, ZONE, midnight + daily.SETTLED_AFTER) == 1


def test_a_message_that_comes_in_late_is_counted(tell: Tell, engine: Engine, read) -> None:
    tell("a", exchange(at("2026-11-24 12:00"), "ask_x", "utter_ask_x"))
    daily.count_closed_days(engine, ZONE, NOW)
    tell("late", exchange(at("2026-11-24 13:00"), "ask_x", "utter_ask_x"))
    tell("now", exchange(NOW, "ask_x", "utter_ask_x"))
    assert daily.count_closed_days(engine, ZONE, NOW) == 1
    assert read().days[date(2026, 11, 24)].counts["questions"] == 2


def test_what_was_deleted_is_counted_no_more(tell: Tell, engine: Engine, read) -> None:
    tell("a", exchange(at("2026-11-23 12:00"), "ask_x", "utter_ask_x"))
    tell("a", exchange(at("2026-11-24 12:00"), "ask_x", "utter_ask_x"))
    daily.count_closed_days(engine, ZONE, NOW)
    with writing(engine) as session:
        erase(session, "a", NOW)
    assert daily.count_closed_days(engine, ZONE, NOW) == 2
    assert read().total.counts["questions"] == 0


def test_what_is_deleted_for_its_age_stays_in_the_figures(tell: Tell, engine: Engine, read) -> None:
    tell("old", exchange(at("2026-11-23 12:00"), "ask_x", "utter_ask_x"))
    tell("erased", exchange(at("2026-11-23 13:00"), "ask_x", "utter_ask_x"))
    tell("new", exchange(at("2026-11-25 12:00"), "ask_x", "utter_ask_x"))
    daily.count_closed_days(engine, ZONE, NOW)
    assert delete_due(engine, at("2026-11-24 18:00"), 50)["conversations"] == 2
    with writing(engine) as session:
        erase(session, "new", NOW)
    reindex(engine)
    daily.count_closed_days(engine, ZONE, NOW)
    asked = {day.day: one.counts["questions"] for day, one in read().days.items() if one.counts["questions"]}
    assert asked == {23: 2}


def test_a_rating_that_was_taken_back_is_counted_no_more(tell: Tell, engine: Engine, read) -> None:
    tell("a", exchange(at("2026-11-24 12:00"), "ask_x", "utter_ask_x"))
    with writing(engine) as session:
        rate(session, "a", 2, "up", "", at("2026-11-24 12:01"))
    daily.count_closed_days(engine, ZONE, NOW)
    with writing(engine) as session:
        rate(session, "a", 2, "down", "", NOW)
    daily.count_closed_days(engine, ZONE, NOW)
    counts = read().total.counts
    assert (counts["thumbs_up"], counts["thumbs_down"]) == (0, 1)


def test_all_is_counted_again_after_a_reindex_and_where_the_clinic_has_moved(tell: Tell, engine: Engine, read) -> None:
    tell("a", exchange(at("2026-11-24 23:30"), "ask_x", "utter_ask_x"))
    daily.count_closed_days(engine, ZONE, NOW)
    reindex(engine)
    assert daily.count_closed_days(engine, ZONE, NOW) == 2
    new_york = ZoneInfo("America/New_York")
    daily.count_closed_days(engine, new_york, NOW)
    with reading(engine) as session:
        days = insights(session, 7, new_york, NOW).days
    assert days[date(2026, 11, 25)].counts["questions"] == 1 and days[date(2026, 11, 24)].counts["questions"] == 0


def test_a_count_that_a_change_overtook_is_thrown_away(tell: Tell, engine: Engine, monkeypatch, read) -> None:
    tell("a", exchange(at("2026-11-24 12:00"), "ask_x", "utter_ask_x"))
    count = figures.count

    def overtaken(session: Any, since: float, until: float) -> Any:
        found = count(session, since, until)
        monkeypatch.setattr(figures, "count", count)
        session.rollback()  # SQLite's readers do not hold up writers, but its one connection pool is small
        tell("late", exchange(at("2026-11-24 13:00"), "ask_x", "utter_ask_x"))
        return found

    monkeypatch.setattr(figures, "count", overtaken)
    daily.count_closed_days(engine, ZONE, NOW)
    daily.count_closed_days(engine, ZONE, NOW)
    assert read().days[date(2026, 11, 24)].counts["questions"] == 2


def test_several_processes_count_beside_each_other(tell: Tell, engine: Engine, read) -> None:
    for day in range(10, 26):
        tell(f"c{day}", exchange(at(f"2026-11-{day} 12:00"), "ask_x", "utter_ask_x"))
    results = at_once(3, lambda _: daily.count_closed_days(engine, ZONE, NOW))
    assert all(isinstance(result, int) for result in results)
    assert read(30).total.counts["questions"] == 16
    with engine.connect() as connection:
        table = DailyFigures.__table__
        assert connection.execute(sa.select(sa.func.count()).where(table.c.counted == table.c.changes)).scalar() == 16


@given(st.lists(st.floats(0.001, 200), min_size=1, max_size=200), st.sampled_from([0.5, 0.95]))
def test_put_together_figures_say_what_all_of_them_say(seconds: list[float], share: float) -> None:
    parts = Figures(), Figures()
    for i, one in enumerate(seconds):
        parts[i % 2].took(one)
    whole = Figures().add(parts[0]).add(Figures.of_data(figures.load(figures.dump({"x": parts[1]}))["x"].as_data()))
    exact = sorted(seconds)[max(0, -(-len(seconds) * int(share * 100) // 100) - 1)]
    found = whole.seconds(share)
    assert found is not None and found >= min(exact, 170) * 0.999 and found <= max(exact, 0.005) * 1.101
