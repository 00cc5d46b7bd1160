"""Keeps one visitor, address or link from asking again and again."""

from __future__ import annotations

from collections import deque
from datetime import datetime, timedelta

WINDOW = timedelta(minutes=1)


class RateLimit:
    """Counts requests in memory: each server process counts its own, and forgets them when it ends."""

    def __init__(self, requests: int) -> None:
        self._requests = requests  # within the window
        self._seen: dict[str, deque[datetime]] = {}

    def allows(self, who: str, now: datetime) -> bool:
        """Whether one more request is all right; if so, it is counted."""
        self._forget(now)
        seen = self._seen.setdefault(who, deque())
        if len(seen) >= self._requests:
            return False
        seen.append(now)
        return True

    def _forget(self, now: datetime) -> None:
        """Drop what is too old to count, so that memory holds the last minute only."""
        for who, seen in list(self._seen.items()):
            while seen and seen[0] <= now - WINDOW:
                seen.popleft()
            if not seen:
                del self._seen[who]
