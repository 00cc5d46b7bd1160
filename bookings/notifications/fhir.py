"""A request as a FHIR R4 Appointment: who and when by reference only, and never why."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any

from bookings.models import State
from bookings.notifications import Notice

_STATUS = {
    State.NEW: "proposed",
    State.CONTACTED: "proposed",
    State.SCHEDULED: "booked",
    State.DONE: "fulfilled",
    State.CANCELLED: "cancelled",
    State.NO_SHOW: "noshow",
}
_PARTICIPANT_STATUS = {"proposed": "needs-action", "cancelled": "declined"}


def appointment(notice: Notice) -> dict[str, Any]:
    """The request as a FHIR R4 Appointment, ready for JSON (https://hl7.org/fhir/R4/appointment.html)."""
    status = _status(notice)
    resource: dict[str, Any] = {
        "resourceType": "Appointment",
        "identifier": [{"value": notice.reference}],
        "status": status,
        "participant": [
            {
                "actor": {"display": notice.reference},
                "status": _PARTICIPANT_STATUS.get(status, "accepted"),
            }
        ],
    }
    if notice.appointment_at is not None and notice.appointment_minutes:
        end = notice.appointment_at + timedelta(minutes=notice.appointment_minutes)
        resource["start"] = _instant(notice.appointment_at)
        resource["end"] = _instant(end)
        resource["minutesDuration"] = notice.appointment_minutes
    elif status == "proposed" and (periods := _requested_periods(notice)):
        resource["requestedPeriod"] = periods
    return resource


def _requested_periods(notice: Notice) -> list[dict[str, str]]:
    """The wishes that name days of the calendar, to the day; "Thursday mornings" is no period."""
    periods = []
    for wish in notice.payload["preferred_times"]:
        period = {"start": wish.get("not_before"), "end": wish.get("until")}
        if isinstance(wish.get("days"), str):  # one day; weekdays are a list
            period = {"start": wish["days"], "end": wish["days"]}
        if any(period.values()):
            periods.append({name: day for name, day in period.items() if day})
    return periods


def _status(notice: Notice) -> str:
    status = _STATUS[State(notice.state)]
    if notice.appointment_at is not None and notice.appointment_minutes:
        return status
    # Only `proposed` and `cancelled` may lack a time (invariant app-3), and what is over without one never took place.
    return "cancelled" if status in ("fulfilled", "noshow") else "proposed" if status == "booked" else status


def _instant(moment: datetime) -> str:
    return moment.astimezone(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
