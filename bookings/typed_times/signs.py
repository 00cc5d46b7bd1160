"""The typed text with a one-character sign in the place of each phrase of time that was read."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date

from bookings.typed_times.bits import HOUR_WORDS, Bit, Clock, clock, no_such_time
from bookings.typed_times.preferences import Doubt, Reason, Refused

# One range of private characters for each kind of sign, so that later patterns can ask for a kind.
_ROOM = 0x200
_BASES = {
    kind: 0xE000 + place * _ROOM
    for place, kind in enumerate(("day", "date", "span", "part", "clock", "time", "open", "mark"))
}
DAY, DATE, SPAN, PART, CLOCK, TIME, OPEN, MARK = (f"[{chr(base)}-{chr(base + _ROOM - 1)}]" for base in _BASES.values())
SIGN = f"[{chr(_BASES['day'])}-{chr(_BASES['mark'] - 1)}]"
DENIED = chr(_BASES["mark"])  # "doesn't work": what stands before it is not wanted
CORRECTED = chr(_BASES["mark"] + 1)  # "no wait": what stands before it was a slip

# A clock time as far as it is settled, or a bare hour.
MOMENT = rf"(?:{CLOCK}|(?<![\d/:.$])(?:\d{{1,2}}(?![\d:/])|(?:{'|'.join(HOUR_WORDS)})\b))"


class Signs:
    """The text with its signs, and what each sign stands for."""

    def __init__(self, text: str, today: date) -> None:
        self.text = text
        self.today = today
        self._bits: dict[str, Bit] = {}

    def bit(self, sign: str) -> Bit:
        """What a sign stands for."""
        return self._bits[sign]

    def clock(self, typed: str) -> Clock | None:
        """The time of day of a clock's sign, or of a bare hour; None when there is no such time."""
        return self._bits[typed].at if typed in self._bits else clock(typed)

    def latest_date(self) -> date | None:
        """The date that was found last; "5th or 6th" go on from there."""
        return next((bit.date for bit in reversed(self._bits.values()) if bit.date), None)

    def put(self, pattern: str, sign: Callable[[re.Match[str]], str]) -> None:
        """Replace what the pattern finds."""
        replaced = re.sub(pattern, lambda match: f" {sign(match)} ", self.text)
        if replaced != self.text:
            self.text = " ".join(replaced.split())

    def add(self, kind: str, bit: Bit) -> str:
        """A new sign for this bit."""
        if len(self._bits) >= _ROOM:
            raise Doubt()
        char = chr(_BASES[kind] + len(self._bits))
        self._bits[char] = bit
        return char

    def add_clock(self, found: Clock | None, typed: str) -> str:
        """A new sign for a time of day, to which "after" and the like may still belong."""
        return self.add("clock", Bit(at=found)) if found else self.add("time", no_such_time(typed))

    def add_date(self, day: date | None, typed: str) -> str:
        """A new sign for a day of the calendar; `day` is None when there is no such day."""
        if day is not None:
            return self.add("date", Bit(date=day))
        return self.add(
            "date",
            Bit(
                refused=Refused(
                    Reason.IMPOSSIBLE, f"The calendar has no {typed.strip().removeprefix('the ').capitalize()}."
                )
            ),
        )
