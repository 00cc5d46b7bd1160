from __future__ import annotations

import json
from typing import Any

import pytest
from fhir.resources.R4B.appointment import Appointment

from bookings.notifications.fhir import appointment
from tests.bookings.delivery import CONTACT, MARIA, notice, payload, scheduled


def validated(body: dict[str, Any]) -> Appointment:
    return Appointment.parse_raw(json.dumps(appointment(notice(body))))


def test_a_request_is_a_proposed_appointment() -> None:
    proposed = validated(payload())
    assert proposed.status == "proposed"
    assert proposed.identifier[0].value == "SR-4K7M-92PX"
    assert proposed.participant[0].actor.display == "SR-4K7M-92PX"
    assert proposed.participant[0].status == "needs-action"
    assert proposed.start is None and proposed.end is None


def test_a_confirmed_time_is_a_booked_appointment_in_utc() -> None:
    booked = validated(scheduled("2026-03-05T10:00:00-08:00"))
    assert booked.status == "booked" and booked.minutesDuration == 30
    raw = appointment(notice(scheduled("2026-03-05T10:00:00-08:00")))
    assert (raw["start"], raw["end"]) == ("2026-03-05T18:00:00Z", "2026-03-05T18:30:00Z")


def test_days_that_were_asked_for_are_requested_periods() -> None:
    wishes = [
        {"words": "Thursday mornings", "days": [3], "dayparts": ["morning"]},
        {"words": "the 12th", "days": "2026-03-12"},
        {"words": "after the 20th", "not_before": "2026-03-20"},
        {"words": "this month", "not_before": "2026-03-03", "until": "2026-03-31"},
    ]
    validated(payload(preferred_times=wishes))
    assert appointment(notice(payload(preferred_times=wishes)))["requestedPeriod"] == [
        {"start": "2026-03-12", "end": "2026-03-12"},
        {"start": "2026-03-20"},
        {"start": "2026-03-03", "end": "2026-03-31"},
    ]
    assert "requestedPeriod" not in appointment(notice(scheduled(preferred_times=wishes)))


@pytest.mark.parametrize(
    ("state", "with_time", "without"),
    [
        ("new", "proposed", "proposed"),
        ("contacted", "proposed", "proposed"),
        ("scheduled", "booked", "proposed"),
        ("done", "fulfilled", "cancelled"),
        ("cancelled", "cancelled", "cancelled"),
        ("no_show", "noshow", "cancelled"),
    ],
)
def test_every_state_has_a_status_that_may_go_with_its_times(state: str, with_time: str, without: str) -> None:
    assert validated(scheduled(state=state)).status == with_time
    assert validated(payload(state=state)).status == without


def test_it_holds_no_personal_and_no_health_data() -> None:
    resource = appointment(notice(scheduled()))
    text = json.dumps(resource)
    assert MARIA not in text and CONTACT not in text and "depression" not in text
    assert not {"reasonCode", "reasonReference", "serviceType", "description", "comment"} & set(resource)
