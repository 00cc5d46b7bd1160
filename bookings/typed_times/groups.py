"""Puts the pieces of a typed time together: which time of day goes with which day, and what is not wanted."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from bookings.typed_times.bits import Bit
from bookings.typed_times.preferences import DAYPARTS, Doubt
from bookings.typed_times.signs import CORRECTED, DENIED

_ALL_DAYS = frozenset(range(7))
_MOST = 12  # wishes that a person can have meant

Token = Bit | str  # a piece, or a word or mark of structure


@dataclass
class Segment:
    """Pieces that stand together, between commas and the like."""

    bit: Bit
    time_first: bool
    alternative: bool = False  # "or" stands before it


@dataclass
class Group:
    """Days and the times of day that hold for all of them."""

    days: list[Bit] = field(default_factory=list)
    times: list[Bit] = field(default_factory=list)
    time_first: bool = False


class Reader:
    """Walks through the tokens of a message and sorts them into what is wanted and what is not."""

    def __init__(self, negations: frozenset[str]) -> None:
        self._negations = negations
        self._forget()

    def _forget(self) -> None:
        self.wanted: list[Segment] = []
        self.unwanted: list[Bit] = []
        self._clause_start = 0
        self._open = False  # the next piece may join the last segment
        self._alternative = False
        self._negated = False
        self._denied_something = False
        self._ended_by_comma: Bit | None = None  # the last piece of "not Monday, …"

    def read(self, tokens: list[Token]) -> None:
        """Take in a message. Raises: Doubt where it can be read in two ways."""
        for place, found in enumerate(tokens):
            if isinstance(found, Bit):
                self._piece(found)
            elif found in ("or", "nor", "and", "/"):
                self._open, self._alternative = False, found != "and"
            elif found in (",", "though", "although", "however"):
                self._end_clause()
            elif found == "but":
                self._but()
            elif found == DENIED:
                self._deny()
            elif found == CORRECTED:
                if any(isinstance(later, Bit) for later in tokens[place:]):
                    self._forget()
            elif found in self._negations:
                self._negate(found, next((later for later in tokens[place:] if isinstance(later, Bit)), None))
        self._end_clause()

    def _piece(self, bit: Bit) -> None:
        if self._negated:
            self.unwanted.append(bit)
            self._denied_something = True
            return
        before, self._ended_by_comma = self._ended_by_comma, None
        if before and (before.has_day, before.has_time) == (bit.has_day, bit.has_time):
            raise Doubt()  # "not Monday, Wednesday or Friday"
        last = self.wanted[-1] if self.wanted and self._open else None
        if last and _fits(last, bit):
            last.bit = last.bit.joined(bit)
        else:
            self.wanted.append(Segment(bit, time_first=bit.has_time and not bit.has_day, alternative=self._alternative))
        self._open, self._alternative = True, False

    def _negate(self, word: str, following: Bit | None) -> None:
        if word == "no" and following and following.has_day:
            raise Doubt()  # "no Tuesday": not Tuesday, or Tuesday after all?
        self._negated, self._denied_something, self._open = True, False, False

    def _but(self) -> None:
        last = self.wanted[-1].bit if self.wanted else None
        if last and not self._negated and (last.anything or len(last.days or ()) > 2):
            self._negate("but", None)
        else:
            self._end_clause()
            self._ended_by_comma = None

    def _deny(self) -> None:
        self.unwanted.extend(segment.bit for segment in self.wanted[self._clause_start :])
        del self.wanted[self._clause_start :]

    def _end_clause(self) -> None:
        if self._negated and not self._denied_something and self.wanted:
            raise Doubt()  # "Monday, I can't"
        if self._negated and self.unwanted:
            self._ended_by_comma = self.unwanted[-1]
        self._negated = self._open = self._alternative = False
        self._clause_start = len(self.wanted)


def _fits(segment: Segment, bit: Bit) -> bool:
    """Whether a piece belongs to the one before it: "Monday" + "morning", but not "Monday morning" + "Tuesday"."""
    held = segment.bit
    if held.date and bit.date and held.date != bit.date:
        return False
    if bit.has_day and not bit.has_time and held.has_day and held.has_time and not bit.has_span:
        return False
    if bit.has_time and held.has_time and segment.time_first and held.has_day:
        return False
    return not (bit.parts and held.parts and (bit.earliest or bit.latest or held.earliest or held.latest))


def wishes(reader: Reader) -> list[Bit]:
    """What is wanted, one piece for each wish.

    Raises: Doubt where that cannot be told.
    """
    days, parts = _excluded(reader.unwanted)
    found = _combined(reader.wanted) or ([Bit(anything=True)] if reader.unwanted else [])
    if len(found) > _MOST:
        raise Doubt()
    kept = [_without(bit, days, parts) for bit in found]
    if any(bit.bare and not bit.parts for bit in kept) and not any(bit.has_day for bit in kept):
        raise Doubt('Is that a time of day or a date? Please write it like "between 2 pm and 4 pm" or "December 3".')
    return kept


def _excluded(unwanted: list[Bit]) -> tuple[frozenset[int], frozenset[str]]:
    """The days of the week and the parts of the day that are not wanted."""
    days: frozenset[int] = frozenset()
    parts: frozenset[str] = frozenset()
    for bit in unwanted:
        simple = replace(bit, days=None, parts=frozenset(), anything=False) == Bit()
        if not simple or (bit.days and bit.parts):
            raise Doubt()
        days |= bit.days or frozenset()
        parts |= bit.parts
    if days and parts and len(unwanted) == 2:
        raise Doubt()  # "not Monday mornings"
    return days, parts


def _without(bit: Bit, days: frozenset[int], parts: frozenset[str]) -> Bit:
    if days and bit.date and bit.date.weekday() in days:
        raise Doubt()
    if days and not bit.date:
        bit = replace(bit, days=(bit.days or _ALL_DAYS) - days)
    if parts and not (bit.at or bit.earliest or bit.latest):
        bit = replace(bit, parts=(bit.parts or frozenset(DAYPARTS)) - parts)
    if bit.days == frozenset() or (parts and not bit.parts and not bit.at and not bit.earliest and not bit.latest):
        raise Doubt()
    return bit


def _combined(segments: list[Segment]) -> list[Bit]:
    spans = [segment for segment in segments if segment.bit.has_span and not (segment.bit.days or segment.bit.date)]
    rest = [segment for segment in segments if segment not in spans or segment.bit.has_time]
    opened = [segment for segment in rest if segment.bit.is_open]
    solid = [segment for segment in rest if not segment.bit.is_open]
    _share_stretch(solid)
    found = [bit for group in _groups(solid) for bit in _expanded(group)]
    alone = [segment.bit for segment in spans if not segment.bit.has_time]
    found = _limited(found, alone)
    soon = any(segment.bit.soon for segment in opened)
    if not found:
        return [Bit(soon=soon, anything=not soon)] if opened else []
    if any(right.alternative and left.bit.is_open != right.bit.is_open for left, right in zip(segments, segments[1:])):
        return [*found, Bit(soon=soon, anything=not soon)]
    return [replace(bit, soon=True) for bit in found] if soon else found


def _share_stretch(segments: list[Segment]) -> None:
    """ "Monday or Tuesday next week": both are next week."""
    stretches = {(segment.bit.not_before, segment.bit.until) for segment in segments if segment.bit.has_span}
    if len(stretches) == 1:
        not_before, until = stretches.pop()
        for segment in segments:
            if segment.bit.days and not segment.bit.has_span:
                segment.bit = replace(segment.bit, not_before=not_before, until=until)


def _limited(found: list[Bit], spans: list[Bit]) -> list[Bit]:
    """The wishes within the stretches of days that were said beside them."""
    if not spans:
        return found
    if len(spans) > 1:
        return [*found, *spans]
    free = [bit for bit in found if not bit.date and not bit.has_span]
    if not free:
        return [*found, *spans]
    return [bit.joined(spans[0]) if bit in free else bit for bit in found]


def _groups(segments: list[Segment]) -> list[Group]:
    """Share out times of day: "Monday and Tuesday mornings", "mornings on Monday or Tuesday"."""
    groups: list[Group] = []
    for segment in segments:
        bit = segment.bit
        day, time = _split(bit)
        group = groups[-1] if groups else Group()
        if not groups or not _belongs(group, bit, segment.time_first):
            group = Group(time_first=segment.time_first)
            groups.append(group)
        if bit.has_day:
            group.days.append(day)
        if segment.alternative and _are_unlike(segments, segment):
            raise Doubt()  # "Mornings or December 3": mornings of any day?
        if bit.has_time and group.times and not segment.alternative and _narrows(group.times[-1], time):
            raise Doubt()  # "mornings, after 10": only the mornings after 10?
        if bit.has_time and group.times and not segment.alternative and _completes(group.times[-1], time):
            group.times[-1] = group.times[-1].joined(time)  # "after 2 but before 5"
        elif bit.has_time:
            group.times.append(time)
    return groups


def _are_unlike(segments: list[Segment], segment: Segment) -> bool:
    """Whether of this segment and the one before it one speaks only of days and the other only of times."""
    place = next(number for number, other in enumerate(segments) if other is segment)
    if place == 0:
        return False
    before, bit = segments[place - 1].bit, segment.bit
    kinds = {(before.has_day, before.has_time), (bit.has_day, bit.has_time)}
    return kinds == {(True, False), (False, True)}


def _narrows(before: Bit, time: Bit) -> bool:
    """Whether one is a part of the day and the other a bound within it, or elsewhere."""
    bounded = [bool(bit.earliest or bit.latest) for bit in (before, time)]
    return bounded != [False, False] and bool(before.parts) != bool(time.parts) and not (before.at or time.at)


def _completes(before: Bit, time: Bit) -> bool:
    bounds = [(bit.earliest is not None, bit.latest is not None) for bit in (before, time)]
    plain = not (before.at or time.at or before.parts or time.parts)
    return plain and sorted(bounds) == [(False, True), (True, False)]


def _belongs(group: Group, bit: Bit, time_first: bool) -> bool:
    if bit.has_day and bit.has_time:
        if time_first:
            return group.time_first and not group.days  # "10 am or 2 pm on Wednesday"
        return bool(group.days) and not group.times and not group.time_first
    if bit.has_day:
        return not group.times or group.time_first
    return not (group.time_first and group.days)


def _split(bit: Bit) -> tuple[Bit, Bit]:
    day = Bit(days=bit.days, date=bit.date, not_before=bit.not_before, until=bit.until, refused=bit.refused)
    time = replace(bit, days=None, date=None, not_before=None, until=None)
    return day, time


def _expanded(group: Group) -> list[Bit]:
    """One wish for each day and time of a group; days of the week, and plain parts of the day, are one."""
    days = _merged(group.days, lambda bit: bit.days is not None and not bit.has_span)
    times = _merged(group.times, lambda bit: bool(bit.parts) and not (bit.at or bit.earliest or bit.latest))
    return [day.joined(time) for day in days or [Bit()] for time in times or [Bit()]]


def _merged(bits: list[Bit], mergeable: Callable[[Bit], bool]) -> list[Bit]:
    one: Bit | None = None
    others: list[Bit] = []
    place = 0
    for bit in bits:
        if not mergeable(bit):
            others.append(bit)
        elif one is None:
            one, place = bit, len(others)
        else:
            one = one.joined(bit)
    return others if one is None else [*others[:place], one, *others[place:]]
