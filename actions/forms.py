"""What both forms ask first: whether the message is for them, and whether the channel may be asked anything."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rasa_sdk import Tracker
from rasa_sdk.events import SlotSet

from actions.base import Events
from actions.office import office
from assistant.clock import utc_now
from bookings.models import Kind


def is_returning(tracker: Tracker, steps: Sequence[str]) -> bool:
    """Whether a form with these steps only comes back to its question, after another answer to the same message."""
    if tracker.get_slot("requested_slot") not in steps:
        return False  # it opens with this message
    for event in reversed(tracker.events):
        if event["event"] in {"user", "bot"}:
            return bool(event["event"] == "bot")
    return False


def ended_by_link(form: str, kept: Iterable[str], tracker: Tracker) -> Events | None:
    """What ends a form where the channel books by link, also one that was open before; None on other channels.

    Args:
        form: what its outcome begins with.
        kept: the slots with what the visitor told; they are emptied.
    """
    if not office().clinic.books_by_link(tracker.sender_id):
        return None
    wants_person = ((tracker.latest_message or {}).get("intent") or {}).get("name") == "talk_to_human"
    kind = Kind.CALL_BACK if wants_person else Kind.CONSULTATION
    page = office().page(tracker.sender_id, kind, utc_now())
    filled = [name for name in kept if tracker.get_slot(name) is not None]
    outcome = {f"{form}_outcome": "by_link" if page else "not_here", "booking_page": page, "requested_slot": None}
    return [SlotSet(name, value) for name, value in {**dict.fromkeys(filled), **outcome}.items()]
