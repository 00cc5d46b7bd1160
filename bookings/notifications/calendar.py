"""The calendar file of an appointment: the same UID for life, a higher SEQUENCE each time it is moved or called off."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from zoneinfo import ZoneInfo

from icalendar import Calendar, Event, Timezone, TimezoneDaylight, TimezoneStandard, vCalAddress, vText

from assistant.clinic import Clinic
from bookings.notifications import Notice, clinic_zone

# The clock changes that the file describes, before and after the appointment: a calendar needs no more for one event.
_ZONE_SPAN = timedelta(days=366)


def is_called_off(notice: Notice) -> bool:
    """Whether the notice takes the appointment out of the visitor's calendar."""
    return notice.state != "scheduled"


def invitation(notice: Notice, clinic: Clinic, organizer: str = "", attendee: str = "") -> bytes:
    """The `.ics` file that puts the appointment into a calendar, moves it or takes it out.

    The same notice always gives the same bytes. It names the clinic and the reference, never a reason.

    Args:
        organizer: e-mail address that answers go to; the clinic's own by default.
        attendee: the visitor's e-mail address.

    Raises: ValueError for a notice without an appointment.
    """
    if notice.appointment_at is None:
        raise ValueError("no appointment")
    zone = clinic_zone(clinic)
    start = notice.appointment_at.astimezone(zone)

    event = Event()
    event.add("uid", f"consultation-{notice.reference}@soft-reboot-assistant")
    event.add("sequence", notice.calendar_sequence)
    event.add("dtstamp", notice.occurred_at)
    event.add("dtstart", start)
    if notice.appointment_minutes:
        end = notice.appointment_at + timedelta(minutes=notice.appointment_minutes)
        event.add("dtend", end.astimezone(zone))
    event.add("summary", f"Consultation at {clinic.name or 'the clinic'}")
    event.add("description", f"Your reference: {notice.reference}")
    event.add("status", "CANCELLED" if is_called_off(notice) else "CONFIRMED")
    if clinic.address:
        event.add("location", clinic.address)
    if organizer or clinic.email:
        event.add("organizer", _organizer(organizer or clinic.email, clinic.name))
    if attendee:
        event.add("attendee", vCalAddress(f"mailto:{attendee}"))

    calendar = Calendar()
    calendar.add("prodid", "-//Soft Reboot Wellness//Assistant//EN")
    calendar.add("version", "2.0")
    calendar.add("method", "CANCEL" if is_called_off(notice) else "REQUEST")
    calendar.add_component(_clock_changes(zone, notice.appointment_at))
    calendar.add_component(event)
    text: bytes = calendar.to_ical()
    return text


def _organizer(address: str, name: str) -> vCalAddress:
    organizer: vCalAddress = vCalAddress(f"mailto:{address}")
    if name:
        organizer.params["CN"] = vText(name)
    return organizer


def _clock_changes(zone: ZoneInfo, moment: datetime) -> Timezone:
    """The zone's rules around a moment.

    icalendar's own `Timezone.from_tzinfo` names the hour after a spring change where RFC 5545 (3.6.5) wants the hour
    before it, so that the first hour of summer time would be read an hour late.
    """
    day = moment.astimezone(timezone.utc).replace(hour=0, minute=0, second=0, microsecond=0)
    first, last = day - _ZONE_SPAN, day + _ZONE_SPAN
    description = Timezone()
    description.add("tzid", zone.key)
    description.add_component(_onset(zone, first, first))
    while first < last:
        following = first + timedelta(days=1)
        if _offset(zone, first) != _offset(zone, following):
            description.add_component(_onset(zone, first, _change(zone, first, following)))
        first = following
    return description


def _onset(zone: ZoneInfo, before: datetime, change: datetime) -> TimezoneStandard | TimezoneDaylight:
    """The offset that holds from `change` on, its beginning told in the local time that held before."""
    after = change.astimezone(zone)
    onset = TimezoneDaylight() if after.dst() else TimezoneStandard()
    offset = _offset(zone, before)
    onset.add("dtstart", (change + offset).replace(tzinfo=None))
    onset.add("tzoffsetfrom", offset)
    onset.add("tzoffsetto", _offset(zone, change))
    onset.add("tzname", after.tzname())
    return onset


def _change(zone: ZoneInfo, before: datetime, after: datetime) -> datetime:
    """The minute between two moments of one day at which the clocks change."""
    while after - before > timedelta(minutes=1):
        middle = before + timedelta(minutes=(after - before) // timedelta(minutes=2))
        if _offset(zone, middle) == _offset(zone, before):
            before = middle
        else:
            after = middle
    return after


def _offset(zone: ZoneInfo, moment: datetime) -> timedelta:
    return moment.astimezone(zone).utcoffset() or timedelta(0)
