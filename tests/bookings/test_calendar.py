from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from icalendar import Calendar, Component

from assistant.clinic import Clinic
from bookings.notifications.calendar import invitation
from tests.bookings.delivery import CLINIC, MARIA, notice, payload, scheduled


def parsed(data: bytes) -> tuple[Calendar, Component, Component]:
    calendar = Calendar.from_ical(data)
    (event,) = calendar.walk("VEVENT")
    (zone,) = calendar.walk("VTIMEZONE")
    return calendar, event, zone


def local_by_vtimezone(zone: Component, moment: datetime) -> datetime:
    """The local time of a moment as the file describes the zone; onsets are told in the offset before (RFC 5545)."""
    utc = moment.replace(tzinfo=None)
    onsets = [(sub.decoded("DTSTART") - sub.decoded("TZOFFSETFROM"), sub) for sub in zone.subcomponents]
    _, last = max((pair for pair in onsets if pair[0] <= utc), key=lambda pair: pair[0])
    offset: timedelta = last.decoded("TZOFFSETTO")
    return utc + offset


def test_a_confirmed_time() -> None:
    calendar, event, _ = parsed(invitation(notice(scheduled()), CLINIC, attendee="maria@visitor.example"))
    assert (calendar["METHOD"], event["STATUS"], event["SEQUENCE"]) == ("REQUEST", "CONFIRMED", 1)
    assert event["UID"] == "consultation-SR-4K7M-92PX@soft-reboot-assistant"
    assert event["DTSTART"].params["TZID"] == "America/Los_Angeles"
    assert event.decoded("DTSTART").replace(tzinfo=None) == datetime(2026, 3, 5, 10, 0)
    assert event.decoded("DTEND").replace(tzinfo=None) == datetime(2026, 3, 5, 10, 30)
    assert event.decoded("DTSTAMP") == datetime(2026, 3, 2, 18, 0, tzinfo=timezone.utc)
    assert event["ORGANIZER"] == "mailto:hello@clinic.test" and event["ATTENDEE"] == "mailto:maria@visitor.example"
    assert event["LOCATION"] == "1 Main St"


def test_a_moved_time_replaces_the_first_one() -> None:
    _, first, _ = parsed(invitation(notice(scheduled()), CLINIC))
    _, moved, _ = parsed(invitation(notice(scheduled("2026-03-06T18:00:00+00:00", calendar_sequence=2)), CLINIC))
    assert moved["UID"] == first["UID"] and moved["SEQUENCE"] == 2
    assert moved.decoded("DTSTART") - first.decoded("DTSTART") == timedelta(days=1)


def test_a_cancelled_time_is_taken_out() -> None:
    body = scheduled(event="request.cancelled", state="cancelled", calendar_sequence=2)
    calendar, event, _ = parsed(invitation(notice(body), CLINIC))
    assert (calendar["METHOD"], event["STATUS"], event["SEQUENCE"]) == ("CANCEL", "CANCELLED", 2)
    assert event["UID"] == "consultation-SR-4K7M-92PX@soft-reboot-assistant"


@pytest.mark.parametrize(
    ("at", "local"),
    [
        pytest.param("2026-03-08T09:30:00+00:00", "2026-03-08 01:30", id="before clocks go forward"),
        pytest.param("2026-03-08T10:30:00+00:00", "2026-03-08 03:30", id="first hour of summer time"),
        pytest.param("2026-03-08T17:00:00+00:00", "2026-03-08 10:00", id="that morning"),
        pytest.param("2026-03-06T18:00:00+00:00", "2026-03-06 10:00", id="Friday before"),
        pytest.param("2026-03-09T17:00:00+00:00", "2026-03-09 10:00", id="Monday after"),
        pytest.param("2026-10-30T17:00:00+00:00", "2026-10-30 10:00", id="before clocks go back"),
        pytest.param("2026-11-01T10:30:00+00:00", "2026-11-01 02:30", id="first hour after the doubled one"),
        pytest.param("2026-11-02T18:00:00+00:00", "2026-11-02 10:00", id="after clocks go back"),
    ],
)
def test_the_local_time_is_right_on_both_sides_of_a_clock_change(at: str, local: str) -> None:
    _, event, zone = parsed(invitation(notice(scheduled(at)), CLINIC))
    start = event.decoded("DTSTART").replace(tzinfo=None)
    assert f"{start:%Y-%m-%d %H:%M}" == local
    # The file's own description of the zone leads there too, for calendars that know no zone by name.
    assert local_by_vtimezone(zone, datetime.fromisoformat(at)) == start


def test_the_end_of_a_talk_over_a_clock_change_is_right() -> None:
    body = scheduled("2026-03-08T09:30:00+00:00", appointment_minutes=60)
    _, event, _ = parsed(invitation(notice(body), CLINIC))
    assert event.decoded("DTEND").astimezone(timezone.utc) == datetime(2026, 3, 8, 10, 30, tzinfo=timezone.utc)


@pytest.mark.parametrize("name", ["America/Phoenix", "Europe/London", "Australia/Lord_Howe", "Asia/Kolkata"])
def test_every_hour_around_the_appointment_agrees_with_the_zone(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    zone = ZoneInfo(name)
    monkeypatch.setattr("bookings.notifications.calendar.clinic_zone", lambda clinic: zone)
    _, event, described = parsed(invitation(notice(scheduled()), CLINIC))
    assert described["TZID"] == name == event["DTSTART"].params["TZID"]
    moment = datetime(2026, 3, 5, 18, 0, tzinfo=timezone.utc) - timedelta(days=300)
    for _ in range(24 * 600):
        assert local_by_vtimezone(described, moment) == moment.astimezone(zone).replace(tzinfo=None)
        moment += timedelta(hours=1)


def test_nothing_in_it_tells_why_or_who() -> None:
    text = invitation(notice(scheduled()), CLINIC).decode().lower()
    for word in ("ketamine", "depress", "anxiety", "ptsd", "pain", "infusion", "treatment", "therapy", MARIA.lower()):
        assert word not in text


def test_it_works_without_a_filled_clinic_file() -> None:
    _, event, _ = parsed(invitation(notice(scheduled()), Clinic()))
    assert event["SUMMARY"] == "Consultation at the clinic"
    assert "ORGANIZER" not in event and "LOCATION" not in event


def test_line_breaks_in_the_clinics_texts_add_no_line_of_their_own() -> None:
    clinic = Clinic(
        name="Reboot\r\nATTACH:https://evil.example", address="1 Main St\nSuite 2, Bay; West", email="a@b.test"
    )
    data = invitation(notice(scheduled()), clinic)
    _, event, _ = parsed(data)
    assert "ATTACH" not in event
    assert event["LOCATION"] == "1 Main St\nSuite 2, Bay; West"


def test_the_same_notice_gives_the_same_bytes() -> None:
    assert invitation(notice(scheduled()), CLINIC) == invitation(notice(scheduled()), CLINIC)


@pytest.mark.parametrize("body", [payload(), payload(state="cancelled", event="request.cancelled")])
def test_a_request_without_a_time_has_no_calendar_file(body: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="no appointment"):
        invitation(notice(body), CLINIC)
