"""Plots as the templates draw them: shapes in a box that is stretched to the width of the page, and their words.

Who does not see the shapes has a title, a sentence on what is to be seen, and the table that stands behind each plot.
Series differ by more than their colour: by their place, their dashes, or the order of the legend.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import accumulate

HEIGHT = 100.0  # of the box; its width is one for each place
_EVEN_STEPS = (2, 4, 6, 8, 10)  # tops of scales: half of each is a round number as well
_GAP = 0.08  # of a place, on either side of a column
_LONGEST_LABEL = 34  # characters beside a number on a narrow phone
Write = Callable[[float], str]


@dataclass(frozen=True)
class Axis:
    """The places from left to right: their names, and what stands below them, which is shorter."""

    names: Sequence[str]
    marks: Sequence[str]


@dataclass(frozen=True)
class Series:
    """One thing over time.

    Attributes:
        kind: its class in the style sheet.
        values: one for each place; None: there is none.
    """

    title: str
    kind: str
    values: Sequence[float | None]


@dataclass(frozen=True)
class Rect:
    """A column, or a part of one."""

    kind: str
    x: str
    y: str
    width: str
    height: str


@dataclass(frozen=True)
class Line:
    """A line, broken where there are no values."""

    kind: str
    path: str


@dataclass(frozen=True)
class Plot:
    """Things over time.

    Attributes:
        name: of its elements; letters and hyphens.
        says: what is to be seen, in a sentence.
        places: how many there are from left to right.
        ticks: the words at the scale, from the top.
        marks: the words below the first, the middle and the last place.
        legend: the title and the kind of each series.
        tips: what a mouse reads at each place.
    """

    name: str
    title: str
    says: str
    places: int
    ticks: tuple[str, str, str]
    marks: list[str]
    legend: list[tuple[str, str]]
    rects: list[Rect]
    lines: list[Line]
    tips: list[str]


@dataclass(frozen=True)
class Bar:
    """One of several things; `share` is the length of its bar in per cent of the longest."""

    label: str
    words: str
    share: str


@dataclass(frozen=True)
class Bars:
    """Several things beside each other."""

    name: str
    title: str
    says: str
    bars: list[Bar]


def columns(name: str, title: str, axis: Axis, series: Sequence[Series], write: Write = str) -> Plot:
    """Columns from the ground up; a later series stands in front of the ones before, and is a part of them."""
    top = _top(series)
    rects = [
        _rect(one.kind, i, 0, value / top) for one in series for i, value in enumerate(one.values) if value is not None
    ]
    return _plot(name, title, axis, series, write, top, rects=rects)


def stack(name: str, title: str, axis: Axis, series: Sequence[Series], write: Write) -> Plot:
    """Columns whose parts are shares that add up to one."""
    rects = []
    for i, parts in enumerate(zip(*(one.values for one in series))):
        bottoms = [0.0, *accumulate(part or 0.0 for part in parts)]
        rects += [_rect(one.kind, i, at, part) for one, at, part in zip(series, bottoms, parts) if part]
    return _plot(name, title, axis, series, write, 1.0, rects=rects)


def lines(name: str, title: str, axis: Axis, series: Sequence[Series], write: Write) -> Plot:
    """A line for each series."""
    top = _top(series)
    return _plot(name, title, axis, series, write, top, lines=[Line(one.kind, _path(one, top)) for one in series])


def bars(name: str, title: str, rows: Sequence[tuple[str, int, str]], says: str = "") -> Bars:
    """A bar for each row: its label, how long it is, and the words at its end.

    Args:
        says: what is to be seen; empty: the rows' own words.
    """
    longest = max((count for _, count, _ in rows), default=0) or 1
    drawn = [Bar(_short(label), words, f"{100 * count / longest:.4g}") for label, count, words in rows]
    return Bars(name, title, says or "; ".join(f"{label}: {words}" for label, _, words in rows), drawn)


def round_top(value: float) -> float:
    """The end of a scale that holds a value, such that its middle is a round number too."""
    if value <= 0:
        return 1.0
    unit = 10.0 ** math.floor(math.log10(value))
    return next(step * unit for step in (1, *_EVEN_STEPS) if value <= step * unit * (1 + 1e-9))


def _top(series: Iterable[Series]) -> float:
    top = round_top(max((value for one in series for value in one.values if value is not None), default=0))
    is_counted = all(isinstance(value, int) for one in series for value in one.values if value is not None)
    return max(top, 2.0) if is_counted else top


def _plot(
    name: str,
    title: str,
    axis: Axis,
    series: Sequence[Series],
    write: Write,
    top: float,
    rects: Sequence[Rect] = (),
    lines: Sequence[Line] = (),
) -> Plot:
    return Plot(
        name=name,
        title=title,
        says=" ".join(_sentence(one, axis.names, write) for one in series),
        places=len(axis.names),
        ticks=(_tick(top, write), _tick(top / 2, write), _tick(0, write)),
        marks=[axis.marks[i] for i in sorted({0, len(axis.marks) // 2, len(axis.marks) - 1})],
        legend=[(one.title, one.kind) for one in series],
        rects=list(rects),
        lines=list(lines),
        tips=[_tip(name, i, series, write) for i, name in enumerate(axis.names)],
    )


def _tick(value: float, write: Write) -> str:
    return write(int(value) if value == int(value) else value)


def _rect(kind: str, place: int, bottom: float, share: float) -> Rect:
    y = HEIGHT * (1 - bottom - share)
    return Rect(kind, f"{place + _GAP:g}", f"{y:.2f}", f"{1 - 2 * _GAP:g}", f"{HEIGHT * share:.2f}")


def _path(series: Series, top: float) -> str:
    """Where a place has no neighbour, the line is a dot: it goes nowhere, with round ends."""
    steps, is_down = [], False
    for i, value in enumerate(series.values):
        if value is not None:
            at = f"{i + 0.5:g} {HEIGHT * (1 - value / top):.2f}"
            steps.append(f"L{at}" if is_down else f"M{at}h0")
        is_down = value is not None
    return "".join(steps)


def _sentence(series: Series, names: Sequence[str], write: Write) -> str:
    """What a series is like: `Messages: 3 to 120, highest: Nov 24.`"""
    known = [(value, name) for value, name in zip(series.values, names) if value is not None]
    if not known:
        return f"{series.title}: none."
    (least, _), (most, name) = min(known, key=lambda one: one[0]), max(known, key=lambda one: one[0])
    if write(least) == write(most):
        return f"{series.title}: {write(most)} throughout."
    return f"{series.title}: {write(least)} to {write(most)}, highest: {name}."


def _tip(name: str, place: int, series: Sequence[Series], write: Write) -> str:
    known = ((one.title, one.values[place]) for one in series)
    return f"{name}: " + (", ".join(f"{title} {write(value)}" for title, value in known if value is not None) or "none")


def _short(label: str) -> str:
    return label if len(label) <= _LONGEST_LABEL else f"{label[: _LONGEST_LABEL - 1].rstrip()}…"
