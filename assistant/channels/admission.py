"""Keeps the queue short: a message that would wait too long is refused at once, with the time to come back.

Visitors who wait for a reply that is seconds away send again, and make it worse. What tells of danger is always let in,
and so is what the messaging platforms deliver: that is stored before it is acknowledged, and each sender is limited.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from assistant.channels.incoming import Refused

MOST = 7  # visitors whom one server answers or lets wait; the first message of the last waits about half a second
_MOST_OF_ONE = 10  # messages of one of them: they are answered one behind the other, each behind those of the others
_MESSAGES = 2 * MOST  # in all
_COME_BACK = 2  # seconds
_BUSY = (
    "Many people are writing at this moment. Please try again in a few seconds. "
    "In an emergency call 911; if you think of suicide, call or text 988."
)


class Admission:
    """Counts the visitors who wait for this server, and their messages."""

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._inside: Counter[str] = Counter()

    @contextmanager
    def place(self, conversation_id: str, in_danger: bool) -> Iterator[None]:
        """A place for one message while it is answered. Raises: Refused with 429 if there is none."""
        waiting = self._inside[conversation_id]
        is_full = waiting >= _MOST_OF_ONE or self._inside.total() >= _MESSAGES
        is_full = is_full or (not waiting and len(self._inside) >= self._most)
        if is_full and not in_danger:
            raise Refused(429, _BUSY, retry_after=_COME_BACK)
        self._inside[conversation_id] += 1
        try:
            yield
        finally:
            self._inside[conversation_id] -= 1
            self._inside += Counter()  # forgets who is not there


ADMISSION = Admission()  # of this process, for all channels whose visitors wait
