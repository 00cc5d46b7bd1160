"""Bounds what a turn looks at: the last turns of a session, and a snapshot of the slots and forms before them.

Rasa reads, copies and replays all events of a session for every message, so that a long conversation becomes slow.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import sqlalchemy as sa
import structlog
from rasa.shared.core.constants import ACTION_LISTEN_NAME
from rasa.shared.core.events import (
    ActionExecuted,
    ActiveLoop,
    ConversationPaused,
    Event,
    SessionStarted,
    SlotSet,
    UserUttered,
)
from rasa.shared.core.slots import Slot
from rasa.shared.core.trackers import DialogueStateTracker
from sqlalchemy.orm import Session

from assistant.conversations.models import Conversation
from assistant.conversations.models import Event as EventRow
from assistant.conversations.sealing import opened_event
from assistant.conversations.turns import Window

logger = structlog.get_logger()

_EVENTS, _CONVERSATIONS = EventRow.__table__, Conversation.__table__
MOST_TURNS = 20  # of a window
_KEPT_TURNS = 10  # when it moves on


@dataclass
class Known:
    """A conversation as this process knows it.

    Attributes:
        seq: the place in the conversation of the first event after the snapshot.
        snapshot: how many of the tracker's events are the snapshot.
        stored: how many of the tracker's events were in the database, the snapshot included.
    """

    tracker: DialogueStateTracker
    seq: int
    snapshot: int
    stored: int

    @property
    def event_count(self) -> int:
        """How many events the conversation had when it was read or last written."""
        return self.seq + self.stored - self.snapshot

    def new_events(self) -> list[Event]:
        """What has been added since."""
        return list(self.tracker.events)[self.stored :]

    def copied(self, slots: Iterable[Slot]) -> Known:
        """The same, for somebody who may change the tracker and not save it."""
        sender_id, events = self.tracker.sender_id, list(self.tracker.events)
        return replace(self, tracker=DialogueStateTracker.from_events(sender_id, events, slots))

    def moved_on(self, slots: Iterable[Slot]) -> tuple[Known, Window | None]:
        """The conversation for the next turn, all its events being stored; and its window, if that is another one."""
        events = list(self.tracker.events)
        cut, snapshot = self._cut(events), []
        if cut is None:
            return Known(self.tracker, self.seq, self.snapshot, len(events)), None
        if not isinstance(events[cut], SessionStarted):
            before = DialogueStateTracker.from_events(self.tracker.sender_id, events[:cut], slots)
            snapshot = _snapshot(before, events[cut].timestamp)
        left = snapshot + events[cut:]
        tracker = DialogueStateTracker.from_events(self.tracker.sender_id, left, slots)
        seq = self.seq + cut - self.snapshot
        return Known(tracker, seq, len(snapshot), len(left)), Window(seq, [event.as_dict() for event in snapshot])

    def _cut(self, events: Sequence[Event]) -> int | None:
        """The event that the next window begins with; None if it stays as it is."""
        sessions = [i for i, event in enumerate(events) if isinstance(event, SessionStarted) and i > self.snapshot]
        if sessions:
            return sessions[-1]
        turns = [i for i, event in enumerate(events) if isinstance(event, UserUttered)]
        return turns[-_KEPT_TURNS] if len(turns) > MOST_TURNS else None


def latest(session: Session, sender_id: str, remembered: Known | None, slots: Iterable[Slot]) -> Known | None:
    """A conversation's window, read only if it is not what is remembered of it; None if there is no conversation."""
    columns = (_CONVERSATIONS.c.event_count, _CONVERSATIONS.c.window_seq, _CONVERSATIONS.c.snapshot)
    row = session.execute(sa.select(*columns).where(_CONVERSATIONS.c.id == sender_id)).first()
    event_count = row.event_count if row else 0
    if remembered and remembered.event_count == event_count:
        return remembered
    if event_count == 0:
        return None
    data = session.execute(_events_of(sender_id).where(_EVENTS.c.seq >= row.window_seq)).scalars().all()
    try:
        return _read(sender_id, row.window_seq, row.snapshot, data, slots)
    except (ValueError, KeyError, TypeError) as error:  # the visitor is answered all the same, as if anew
        logger.error("conversations.events.unreadable", reason=type(error).__name__)
        return Known(DialogueStateTracker(sender_id, slots), event_count, 0, 0)


def whole(session: Session, sender_id: str, slots: Iterable[Slot]) -> Known | None:
    """A conversation from its beginning. Raises: ValueError, KeyError, TypeError if an event of it is unreadable."""
    data = session.execute(_events_of(sender_id)).scalars().all()
    return _read(sender_id, 0, None, data, slots) if data else None


def _events_of(sender_id: str) -> sa.sql.Select:
    return sa.select(_EVENTS.c.data).where(_EVENTS.c.sender_id == sender_id).order_by(_EVENTS.c.seq)


def _read(sender_id: str, seq: int, snapshot: str | None, data: Sequence[str], slots: Iterable[Slot]) -> Known:
    """The conversation of a window's rows.

    Args:
        snapshot: the window's, as it is stored.
        data: its events, as they are stored.
    """
    before: list[dict[str, Any]] = json.loads(snapshot) if snapshot else []
    events = [opened_event(event) for event in [*before, *(json.loads(event) for event in data)]]
    tracker = DialogueStateTracker.from_dict(sender_id, events, slots)
    return Known(tracker, seq, len(before), len(tracker.events))


def _snapshot(tracker: DialogueStateTracker, timestamp: float) -> list[Event]:
    """Events that bring a new tracker into the state of this one."""
    events: list[Event] = [
        SlotSet(name, slot.value, timestamp=timestamp)
        for name, slot in tracker.slots.items()
        if slot.value != slot.initial_value
    ]
    if tracker.active_loop_name:
        events.append(ActionExecuted(tracker.active_loop_name, timestamp=timestamp))
        events.append(ActiveLoop(tracker.active_loop_name, timestamp=timestamp))
    if tracker.is_paused():
        events.append(ConversationPaused(timestamp=timestamp))
    return [*events, ActionExecuted(ACTION_LISTEN_NAME, timestamp=timestamp)]
