"""`clinic.yml` is read strictly: a slip in it is said at the start, not to a visitor."""

from __future__ import annotations

from datetime import datetime, time, timedelta, timezone
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from assistant.clinic import Clinic, ClinicError
from assistant.settings import PROJECT_DIR
from bookings.times import Understood, read_times

LOS_ANGELES = ZoneInfo("America/Los_Angeles")
NINE_TO_FIVE = (time(9), time(17))
WEEKDAYS = dict.fromkeys(range(5), NINE_TO_FIVE)


def write(folder: Path, text: str) -> Path:
    path = folder / "clinic.yml"
    path.write_text(text, encoding="utf-8")
    return path


def test_the_project_ships_with_nothing_but_the_name() -> None:
    assert Clinic.load().filled() == {"name": "Soft Reboot Wellness"}


def test_entries_are_trimmed_and_empty_ones_left_out(tmp_path: Path) -> None:
    clinic = Clinic.load(write(tmp_path, "phone: ' (415) 555-0134 '\nemail:\nhours: ''\n"))
    assert clinic.filled() == {"phone": "(415) 555-0134"}


def test_an_unknown_entry_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ClinicError, match="unknown entries: telephone"):
        Clinic.load(write(tmp_path, "telephone: '1'"))


def test_a_number_must_be_quoted(tmp_path: Path) -> None:
    with pytest.raises(ClinicError, match="quoted texts: phone"):
        Clinic.load(write(tmp_path, "phone: 4155550134"))


def test_empty_entries_for_bookings_have_the_values_that_their_comments_name() -> None:
    assert Clinic.load() == Clinic(name="Soft Reboot Wellness")
    comments = (PROJECT_DIR / "clinic.yml").read_text(encoding="utf-8")
    for value in ("America/Los_Angeles", "US", "45", "365", "2026-11"):
        assert value in comments
    clinic = Clinic()
    assert (clinic.timezone, clinic.country, clinic.privacy_notice_version) == ("America/Los_Angeles", "US", "2026-11")
    assert (clinic.consultation_minutes, clinic.keep_requests_days, clinic.slots) == (45, 365, ())


def test_entries_for_bookings_are_read(tmp_path: Path) -> None:
    text = """
timezone: America/New_York
country: CA
opening:
  monday: "09:00-17:00"
  saturday: "8:30 – 12:00"
  sunday: closed
reply_within_hours: 4.5
consultation_minutes: 30
slots: ["2026-12-01 14:00", "2026-07-01 09:30"]
keep_requests_days: 90
privacy_notice_version: "2027-01"
"""
    clinic = Clinic.load(write(tmp_path, text))
    assert clinic == Clinic(
        timezone="America/New_York",
        country="CA",
        opening={0: NINE_TO_FIVE, 5: (time(8, 30), time(12))},
        reply_within_hours=4.5,
        consultation_minutes=30,
        slots=(
            datetime(2026, 12, 1, 19, tzinfo=timezone.utc),
            datetime(2026, 7, 1, 13, 30, tzinfo=timezone.utc),
        ),
        keep_requests_days=90,
        privacy_notice_version="2027-01",
    )
    assert clinic.filled() == {}


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        ("timezone: Pacific", "timezone: the name of a time zone"),
        ("timezone: ../etc/passwd", "timezone: the name of a time zone"),
        ("timezone: 8", "quoted texts: timezone"),
        ("country: USA", "country: two capital letters"),
        ("country: us", "country: two capital letters"),
        ("opening: weekdays", "opening: days from monday"),
        ("opening: {mon: '09:00-17:00'}", "opening: days from monday"),
        ("opening: {monday: 9 to 5}", "opening: monday:"),
        ("opening: {monday: '17:00-09:00'}", "opening: monday:"),
        ("opening: {monday: '09:00-25:00'}", "opening: monday:"),
        ("opening: {monday: }", "opening: monday:"),
        ("opening: {monday: closed}", "opening: at least one day"),
        ("reply_within_hours: soon", "reply_within_hours: a number"),
        ("reply_within_hours: 0", "reply_within_hours: a number"),
        ("reply_within_hours: yes", "reply_within_hours: a number"),
        ("reply_within_hours: .nan", "reply_within_hours: a number"),
        ("consultation_minutes: 4", "consultation_minutes: a whole number from 5 to 480"),
        ("consultation_minutes: '45'", "consultation_minutes: a whole number"),
        ("consultation_minutes: true", "consultation_minutes: a whole number"),
        ("keep_requests_days: 0", "keep_requests_days: a whole number from 1 to 3650"),
        ("slots: 2026-12-01 14:00", "slots: a list of starts"),
        ("slots: [2026-12-01 14:00:00]", "slots: a list of starts"),
        ("slots: ['2026-02-30 14:00']", "slots: 2026-02-30 14:00 is in no calendar"),
        ("slots: ['2026-03-08 02:30']", "slots: the clocks skip 2026-03-08 02:30"),
        ("privacy_notice_version: 2026-11-01", "quoted texts: privacy_notice_version"),
        ("privacy_notice_version: " + "x" * 65, "privacy_notice_version: at most 64"),
        ("- name", "write each entry as name: value"),
    ],
)
def test_an_entry_that_cannot_be_read_is_refused_by_name(tmp_path: Path, entry: str, said: str) -> None:
    with pytest.raises(ClinicError, match="clinic.yml: .*" + said.replace("(", r"\(")):
        Clinic.load(write(tmp_path, entry))


def test_all_wrong_entries_are_named_at_once(tmp_path: Path) -> None:
    with pytest.raises(ClinicError, match="timezone: .*; country: .*; keep_requests_days: "):
        Clinic.load(write(tmp_path, "timezone: nowhere\ncountry: nowhere\nkeep_requests_days: -1"))


def test_opening_hours_are_what_times_are_read_by() -> None:
    clinic = Clinic(opening=WEEKDAYS)
    assert clinic.open_days() == frozenset(range(5)) and clinic.opening_hours() == WEEKDAYS
    now = datetime(2025, 3, 4, 17, tzinfo=timezone.utc)
    read = read_times("any day at 9", now, clinic.timezone, clinic.open_days(), clinic.opening_hours())
    assert isinstance(read, Understood) and read.preferences[0].at == time(9)


def test_unknown_opening_hours_are_not_guessed() -> None:
    clinic = Clinic()
    assert clinic.open_days() is clinic.opening_hours() is None
    assert clinic.is_open(datetime.now(timezone.utc)) is None


@pytest.mark.parametrize(
    ("local", "is_open"),
    [
        ("2025-03-03 08:59", False),
        ("2025-03-03 09:00", True),
        ("2025-03-03 16:59", True),
        ("2025-03-03 17:00", False),
        ("2025-03-02 12:00", False),  # a Sunday
    ],
)
def test_open_is_by_the_clinics_clock(local: str, is_open: bool) -> None:
    now = datetime.fromisoformat(local).replace(tzinfo=LOS_ANGELES).astimezone(timezone.utc)
    assert Clinic(opening=WEEKDAYS).is_open(now) is is_open


@pytest.mark.parametrize(
    ("now", "hours", "due"),
    [
        pytest.param("2025-03-03 10:00", 4, "2025-03-03 14:00", id="the same day"),
        pytest.param("2025-03-03 15:00", 2, "2025-03-03 17:00", id="to the minute of closing"),
        pytest.param("2025-03-03 15:00", 4, "2025-03-04 11:00", id="on the next day"),
        pytest.param("2025-03-03 05:00", 1, "2025-03-03 10:00", id="before it opens"),
        pytest.param("2025-03-07 16:30", 1, "2025-03-10 09:30", id="over a weekend and a change of the clocks"),
        pytest.param("2025-03-08 12:00", 8, "2025-03-10 17:00", id="on a closed day"),
        pytest.param("2025-03-03 09:00", 40, "2025-03-07 17:00", id="a week's work"),
        pytest.param("2025-03-03 10:00", 0.5, "2025-03-03 10:30", id="half an hour"),
    ],
)
def test_an_answer_is_due_in_opening_hours(now: str, hours: float, due: str) -> None:
    def moment(local: str) -> datetime:
        return datetime.fromisoformat(local).replace(tzinfo=LOS_ANGELES)

    found = Clinic(opening=WEEKDAYS, reply_within_hours=hours).due_at(moment(now))
    assert found == moment(due) and found.tzinfo is timezone.utc


def test_without_opening_hours_or_a_promise_an_answer_is_due_in_plain_hours() -> None:
    now = datetime(2025, 3, 8, 20, tzinfo=timezone.utc)
    assert Clinic(reply_within_hours=4).due_at(now) == now + timedelta(hours=4)
    assert Clinic().due_at(now) == Clinic(opening=WEEKDAYS).due_at(now) == now + timedelta(hours=24)
