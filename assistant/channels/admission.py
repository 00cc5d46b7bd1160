"""Keeps the queue short: a message that would wait too long is refused at once, with the time to come back.

Visitors who wait for a reply that is seconds away send again, and make it worse. What tells of danger is always let in,
and so is what the messaging platforms deliver: that is stored before it is acknowledged, and each sender is limited.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from assistant.channels.incoming import Refused

MOST = 10  # messages that one server answers or has waiting; the last waits about half a second
_COME_BACK = 2  # seconds
_BUSY = (
    "Many people are writing at this moment. Please try again in a few seconds. "
    "In an emergency call 911; if you think of suicide, call or text 988."
)


class Admission:
    """Counts the messages whose visitors wait for this server."""

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._inside = 0

    @contextmanager
    def place(self, in_danger: bool) -> Iterator[None]:
        """A place for one message while it is answered. Raises: Refused with 429 if there is none."""
        if self._inside >= self._most and not in_danger:
            raise Refused(429, _BUSY, retry_after=_COME_BACK)
        self._inside += 1
        try:
            yield
        finally:
            self._inside -= 1


ADMISSION = Admission()  # of this process, for all channels whose visitors wait
