"""How a request moves through its states, and what its history keeps of that."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from bookings.models import TRANSITIONS, RequestHistory, State

FINAL = frozenset(state for state, following in TRANSITIONS.items() if not following)


class NotPossible(Exception):
    """The request's state does not allow it: `state` is where it stands."""

    def __init__(self, wish: str, state: State) -> None:
        super().__init__(f"{wish}: not possible for a request that is {state.value}")
        self.state = state


class ChangedMeanwhile(Exception):
    """Somebody has changed the request since whoever decides has read it."""


def check_unchanged(row: Any, seen: datetime | None) -> None:
    """Raises: ChangedMeanwhile.

    Args:
        seen: the `updated_at` that was read; None: whatever it is now.
    """
    if seen is not None and row.updated_at != seen:
        raise ChangedMeanwhile


def enter(row: Any, state: State) -> None:
    """Move a request to a state.

    Raises:
        NotPossible: `TRANSITIONS` does not know the way.
    """
    if state not in TRANSITIONS[State(row.state)]:
        raise NotPossible(f"move to {state.value}", State(row.state))
    row.state = state.value


def note(
    row: Any,
    now: datetime,
    by: str,
    event: str,
    from_state: State | None = None,
    to_state: State | None = None,
    fields: Iterable[str] = (),
) -> None:
    """Add to the history of a request.

    Args:
        by: `visitor`, or a member of staff.
        fields: the names of what changed; never what they hold.
    """
    row.updated_at = now
    row.history.append(
        RequestHistory(
            at=now,
            by=by,
            event=event,
            from_state=from_state.value if from_state else None,
            to_state=to_state.value if to_state else None,
            detail=json.dumps({"fields": list(fields)}) if fields else None,
        )
    )
