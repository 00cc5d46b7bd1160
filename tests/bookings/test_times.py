"""Times as visitors type them: every way of `times.yml` is read as listed, asked back, refused or left alone."""

from __future__ import annotations

import json
import time as clock
from datetime import date, datetime, time, timezone
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from bookings.times import Hours, Preference, Reason, Refused, Unclear, Understood, read_times

NOW = datetime(2026, 11, 23, 18, 0, tzinfo=timezone.utc)  # Monday, 10 am in Los Angeles
ZONE = "America/Los_Angeles"
WEEK = frozenset(range(5))
NINE_TO_FIVE: Hours = {day: (time(9), time(17)) for day in WEEK}
TYPED = yaml.safe_load((Path(__file__).parent / "times.yml").read_text(encoding="utf-8"))


def read(text: str, opening: Any = None, now: datetime = NOW) -> Understood | Refused | Unclear | None:
    if opening == "saturdays":
        return read_times(text, now, ZONE, open_days=WEEK | {5})
    return read_times(text, now, ZONE, WEEK, NINE_TO_FIVE) if opening else read_times(text, now, ZONE)


def wanted(entry: dict[str, Any]) -> Preference:
    said = dict(entry)
    for name in ("at", "earliest", "latest"):
        if name in said:
            said[name] = time.fromisoformat(said[name])
    if isinstance(said.get("days"), list):
        said["days"] = tuple(said["days"])
    if "dayparts" in said:
        said["dayparts"] = tuple(said["dayparts"])
    return Preference(**said)


@pytest.mark.parametrize("entry", TYPED["understood"], ids=lambda entry: str(entry["say"]))
def test_a_typed_time_is_understood(entry: dict[str, Any]) -> None:
    understood = read(entry["say"], entry.get("open"))
    assert isinstance(understood, Understood), understood
    assert list(understood.preferences) == [wanted(one) for one in entry["read"]]
    assert understood.words == entry["words"]


@pytest.mark.parametrize("text", TYPED["unclear"])
def test_what_has_two_readings_is_asked_back(text: str) -> None:
    found = read(text)
    assert isinstance(found, Unclear), found
    assert found.question.endswith(("?", ".")) and "?" in found.question


@pytest.mark.parametrize("entry", TYPED["refused"], ids=lambda entry: str(entry["say"]))
def test_a_time_that_cannot_be_had_is_refused(entry: dict[str, Any]) -> None:
    refused = read(entry["say"], entry.get("open"))
    assert isinstance(refused, Refused), refused
    assert refused.reason is Reason(entry["reason"])
    assert refused.words.endswith((".", "?"))


@pytest.mark.parametrize("text", TYPED["none"])
def test_a_message_about_something_else_is_left_alone(text: str) -> None:
    assert read(text) is None


def test_the_same_words_mean_another_day_in_another_week() -> None:
    friday = datetime(2026, 12, 4, 18, 0, tzinfo=timezone.utc)
    for now, day in ((NOW, date(2026, 12, 1)), (friday, date(2026, 12, 8))):
        understood = read("next tuesday afternoon", now=now)
        assert isinstance(understood, Understood)
        assert understood.preferences[0].days == day


def test_today_is_the_clinics_day_and_not_the_servers() -> None:
    late_evening = datetime(2026, 11, 24, 4, 0, tzinfo=timezone.utc)  # still Monday, 8 pm, in Los Angeles
    understood = read("tomorrow", now=late_evening)
    assert isinstance(understood, Understood)
    assert understood.preferences[0].days == date(2026, 11, 24)


def test_a_time_of_today_is_refused_once_it_has_passed() -> None:
    assert isinstance(read("today at 3 pm"), Understood)
    refused = read("today at 3 pm", now=datetime(2026, 11, 23, 23, 30, tzinfo=timezone.utc))
    assert isinstance(refused, Refused)
    assert refused.reason is Reason.PAST


def test_opening_hours_decide_which_seven_is_meant() -> None:
    early = {day: (time(6), time(14)) for day in WEEK}
    understood = read_times("tuesday at 7", NOW, ZONE, WEEK, early)
    assert isinstance(understood, Understood)
    assert understood.preferences[0].at == time(7)
    assert understood.words == "Tuesday at 7 am (I read 7 as 7 am)"


def test_a_closed_day_is_refused_with_the_open_ones() -> None:
    refused = read("sundays", opening=True)
    assert isinstance(refused, Refused)
    assert refused.words == "The clinic is closed on Sunday. It is open on weekdays."


def test_a_day_hundreds_of_days_ahead_is_refused_and_the_last_one_is_not() -> None:
    assert isinstance(read("may 22 2027"), Understood)  # 180 days ahead
    refused = read("may 23 2027")
    assert isinstance(refused, Refused)
    assert refused.reason is Reason.TOO_FAR


def test_the_same_hour_exists_on_other_days_than_the_change_of_clocks() -> None:
    assert isinstance(read("march 14 at 3:30 pm"), Understood)
    refused = read("march 14 at 2:30 am")
    assert isinstance(refused, Refused)
    assert refused.words.startswith("The clocks go forward on Sunday 14 March 2027")


def test_what_was_understood_goes_into_json() -> None:
    understood = read("the 3rd at 2, or tuesday mornings asap")
    assert isinstance(understood, Understood)
    assert json.loads(json.dumps([one.as_data() for one in understood.preferences])) == [
        {"days": "2026-12-03", "at": "14:00"},
        {"days": [1], "dayparts": ["morning"], "soon": True},
    ]


def test_a_moment_without_a_zone_is_a_mistake_of_the_caller() -> None:
    with pytest.raises(ValueError, match="time zone"):
        read_times("tomorrow", NOW.replace(tzinfo=None), ZONE)


WORDS = st.sampled_from(
    """monday tue 3rd 12/3 12-3 2 2pm 14:00 noon before after between and or , not but no except next this week morning
    pm am asap anytime weekday weekend the at from to until - december dec 30 99 in two weeks ? . actually doesn't work
    maria january 2099 for because i'm free early late end of month feb 29 quarter half past /""".split()
)


@settings(max_examples=300, deadline=None)
@given(st.one_of(st.text(max_size=2_000), st.lists(WORDS, max_size=90).map(" ".join)), st.booleans())
def test_no_text_breaks_the_reader_or_keeps_it_busy(text: str, opening: bool) -> None:
    read("dec 3 tuesdy")  # loads what is loaded once
    began = clock.process_time()
    found = read(text, opening)
    assert clock.process_time() - began < 0.05
    assert found is None or isinstance(found, (Understood, Refused, Unclear))
