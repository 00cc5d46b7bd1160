"""What the page of figures shows: the figures of a period in words, in plots, and in the table behind each plot."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from assistant.conversations.figures import (
    ANSWERED,
    ASKED,
    CONVERSATIONS,
    MESSAGES,
    QUESTIONS,
    STAFF_MESSAGES,
    THUMBS_DOWN,
    THUMBS_UP,
    UNCLEAR,
    UNCOVERED,
    Figures,
)
from assistant.conversations.insights import Insights
from bookings.funnel import Came
from bookings.models import State
from console.staff import labels, plots
from console.staff.booking_words import STATES
from console.staff.figure_words import NONE, counted, day_name, number, rate, seconds, share
from console.staff.plots import Axis, Bars, Plot, Series

MOST_TOPICS = 15  # in the plot; the table behind it has all
MEDIAN, P95 = 0.5, 0.95
_DAILY_UP_TO = 90  # days; more of them are put together to weeks
_WEEK = 7
_ACTED_ON = (State.CONTACTED, State.SCHEDULED, State.NO_SHOW, State.DONE)
_FUNNEL_HINT = (
    "Requests that came in during these days, as they stand today. “Acted on” is contacted, time confirmed, did not "
    "come, or done; one that was cancelled counts there only if a time had been confirmed before. The first two shares "
    "are of conversations, the others of requests."
)


@dataclass(frozen=True)
class Headline:
    """A figure of the whole period; `about` says what it is a share of, or what it means."""

    title: str
    words: str
    about: str = ""


@dataclass(frozen=True)
class Table:
    """The table behind a plot; the first cell of each row is its head, all others are numbers."""

    head: Sequence[str]
    rows: Sequence[Sequence[str]]


@dataclass(frozen=True)
class Section:
    """A plot, over time or of several things beside each other, and its table."""

    plot: Plot | Bars
    table: Table
    hint: str = ""

    @property
    def is_over_time(self) -> bool:
        """Whether the plot goes from left to right."""
        return isinstance(self.plot, Plot)


@dataclass(frozen=True)
class Report:
    """All that the page shows of a period."""

    headlines: list[Headline]
    sections: list[Section]


@dataclass(frozen=True)
class _Step:
    """How many came so far on the way to a consultation, and of how many of what."""

    title: str
    count: int
    whole: int = 0
    of: str = ""

    @property
    def share(self) -> str:
        """The share in full words; empty where there is none."""
        return f"{share(self.count, self.whole)} of {self.of}" if self.whole else ""

    @property
    def short(self) -> str:
        """The count and the share, as long as a narrow phone has room for beside the title."""
        return number(self.count) + (f" · {share(self.count, self.whole)}" if self.whole else "")


@dataclass(frozen=True)
class _Span:
    """A day, or a week, with its figures."""

    name: str
    mark: str
    figures: Figures


def report(found: Insights, requests: Sequence[Came], by_channel: Mapping[str, int]) -> Report:
    """The report of a period.

    Args:
        requests: those of the channels that were asked for.
        by_channel: how many requests came in by each channel, whatever was asked for.
    """
    spans = _spans(found.days, max(found.days))
    axis = Axis([one.name for one in spans], [one.mark for one in spans])
    sections = [_volume(spans, axis), _shares(spans, axis), _times(spans, axis)]
    sections += [_topics(found.total), _channels(found.channels, by_channel), _funnel(found.total, requests)]
    return Report(_headlines(found.total, len(requests)), sections)


def _spans(days: Mapping[date, Figures], today: date) -> list[_Span]:
    """The days; of a year the weeks that end today, the first of which has the day that is left over as well."""
    if len(days) <= _DAILY_UP_TO:
        return [_Span(day_name(day, today), day_name(day, today), one) for day, one in days.items()]
    all_days, weeks = list(days), []
    first = len(all_days) % _WEEK + _WEEK
    for start, end in [(0, first), *((at, at + _WEEK) for at in range(first, len(all_days), _WEEK))]:
        whole = Figures()
        for day in all_days[start:end]:
            whole.add(days[day])
        last = day_name(all_days[end - 1], today)
        weeks.append(_Span(f"{end - start} days to {last}", last, whole))
    return weeks


def _headlines(total: Figures, requests: int) -> list[Headline]:
    counts = total.counts
    questions, ratings = counts[QUESTIONS], counts[THUMBS_UP] + counts[THUMBS_DOWN]
    return [
        Headline("Conversations", number(counts[CONVERSATIONS])),
        Headline("Messages from visitors", number(counts[MESSAGES])),
        Headline("Answered", share(counts[ANSWERED], questions), f"of {counted(questions, 'question')}"),
        Headline("Not covered", share(counts[UNCOVERED], questions), "the guide has no answer"),
        Headline("Not understood", share(counts[UNCLEAR], questions), "the visitor was asked again"),
        Headline("Thumbs up", share(counts[THUMBS_UP], ratings), f"of {counted(ratings, 'rating')}"),
        Headline("Answer time", seconds(total.seconds(MEDIAN)), "or less for half of the answers"),
        Headline("Slow answers", seconds(total.seconds(P95)), "or less for 95 of 100 answers"),
        Headline("Asked for the clinic", number(counts[ASKED]), "wanted a consultation or a person"),
        Headline("Requests", number(requests), "consultations and call backs"),
    ]


def _values(spans: Sequence[_Span], name: str) -> list[int]:
    return [one.figures.counts[name] for one in spans]


def _by_day(spans: Sequence[_Span], head: Sequence[str], cells: Callable[[Figures], Sequence[str]]) -> Table:
    first = "Day" if spans[0].name == spans[0].mark else "Days"
    return Table([first, *head], [[one.name, *cells(one.figures)] for one in spans])


def _volume(spans: Sequence[_Span], axis: Axis) -> Section:
    titles = {MESSAGES: "Messages", CONVERSATIONS: "Conversations"}
    series = [
        Series(titles[MESSAGES], "messages", _values(spans, MESSAGES)),
        Series(titles[CONVERSATIONS], "conversations", _values(spans, CONVERSATIONS)),
    ]
    names = (CONVERSATIONS, MESSAGES, STAFF_MESSAGES)
    head = ["Conversations", "Messages from visitors", "Messages from staff"]
    table = _by_day(spans, head, lambda one: [number(one.counts[name]) for name in names])
    hint = "A conversation that goes on after midnight counts on both days."
    return Section(plots.columns("volume", "Messages and conversations", axis, series, number), table, hint)


def _shares(spans: Sequence[_Span], axis: Axis) -> Section:
    titles = {ANSWERED: "Answered", UNCOVERED: "Not covered", UNCLEAR: "Not understood"}

    def series(name: str) -> Series:
        pairs = ((one.figures.counts[name], one.figures.counts[QUESTIONS]) for one in spans)
        return Series(titles[name], name.replace("_", "-"), [part / whole if whole else None for part, whole in pairs])

    def cells(one: Figures) -> list[str]:
        whole = one.counts[QUESTIONS]
        parts = (f"{number(one.counts[name])} ({share(one.counts[name], whole)})" for name in titles)
        return [number(whole), *(parts if whole else [NONE] * len(titles))]

    plot = plots.stack("shares", "How questions were answered", axis, [series(name) for name in titles], rate)
    hint = "Small talk, what is typed into the booking form, and what staff answered themselves is not counted."
    return Section(plot, _by_day(spans, ["Questions", *titles.values()], cells), hint)


def _times(spans: Sequence[_Span], axis: Axis) -> Section:
    titles = {MEDIAN: "Half of the answers", P95: "95 of 100 answers"}
    kinds = {MEDIAN: "median", P95: "slow"}
    series = [Series(titles[one], kinds[one], [span.figures.seconds(one) for span in spans]) for one in titles]
    table = _by_day(spans, list(titles.values()), lambda one: [seconds(one.seconds(part)) for part in titles])
    hint = "From the visitor's message to the answer: so long, or less. Times are rounded up by at most a tenth."
    return Section(plots.lines("times", "How long answers took", axis, series, seconds), table, hint)


def _topics(total: Figures) -> Section:
    whole = sum(total.topics.values())
    ranked = sorted(total.topics.items(), key=lambda one: (-one[1], one[0]))
    rows = [(labels.intent_title(intent), count, number(count)) for intent, count in ranked[:MOST_TOPICS]]
    cells = [[labels.intent_title(intent), number(count), share(count, whole)] for intent, count in ranked]
    left = len(ranked) - MOST_TOPICS
    hint = f"The table has {left} more topic{'' if left == 1 else 's'}." if left > 0 else ""
    plot = plots.bars("topics", "What visitors asked about", rows)
    return Section(plot, Table(["Topic", "Questions", "Share"], cells), hint)


def _channels(channels: Mapping[str, Figures], requests: Mapping[str, int]) -> Section:
    names = sorted({*channels, *requests}, key=lambda name: (-_figures(channels, name).counts[CONVERSATIONS], name))
    rows = [
        (channel_title(name), count, number(count))
        for name in names
        if (count := _figures(channels, name).counts[CONVERSATIONS])
    ]
    cells = [_channel(name, _figures(channels, name), requests.get(name, 0)) for name in names]
    head = ["Channel", "Conversations", "Messages", "Answered", "Not covered", "Not understood", "Thumbs up"]
    head += ["Half of the answers", "95 of 100 answers", "Asked for the clinic", "Requests"]
    plot = plots.bars("channels", "Conversations by channel", rows)
    return Section(plot, Table(head, cells), "Always of all channels, whichever is chosen above.")


def channel_title(name: str) -> str:
    """A channel as people call it; requests may be all that is left of a conversation."""
    return labels.channel_title(name) if name else "Conversation deleted"


def _figures(channels: Mapping[str, Figures], name: str) -> Figures:
    return channels.get(name) or Figures()


def _channel(name: str, one: Figures, requests: int) -> list[str]:
    counts = one.counts
    shares = (share(counts[part], counts[QUESTIONS]) for part in (ANSWERED, UNCOVERED, UNCLEAR))
    liked = share(counts[THUMBS_UP], counts[THUMBS_UP] + counts[THUMBS_DOWN])
    numbers = (number(counts[CONVERSATIONS]), number(counts[MESSAGES]))
    times = (seconds(one.seconds(part)) for part in (MEDIAN, P95))
    return [channel_title(name), *numbers, *shares, liked, *times, number(counts[ASKED]), number(requests)]


def _funnel(total: Figures, requests: Sequence[Came]) -> Section:
    """From a conversation to what became of a request; a request can be done without a confirmed time."""
    talks, asked, came = total.counts[CONVERSATIONS], total.counts[ASKED], len(requests)
    states = Counter(one.state for one in requests)
    reached, timed = sum(map(_was_acted_on, requests)), sum(one.was_scheduled for one in requests)
    steps = [
        _Step("Conversations", talks),
        _Step("Asked for the clinic", asked, talks, "conversations"),
        _Step("Left a request", came, talks, "conversations"),
        _Step("The clinic acted on it", reached, came, "requests"),
        _Step("A time was confirmed", timed, came, "requests"),
        _Step("Done", states[State.DONE], came, "requests"),
    ]
    now = [_Step(f"Now: {STATES[state]}", states[state], came, "requests") for state in State]
    cells = [[one.title, number(one.count), one.share or NONE] for one in (*steps, *now)]
    says = "; ".join(f"{one.title}: {number(one.count)}" + (f", {one.share}" if one.share else "") for one in steps)
    rows = [(one.title, one.count, one.short) for one in steps]
    plot = plots.bars("funnel", "From a conversation to a consultation", rows, says)
    return Section(plot, Table(["Step", "Count", "Share"], cells), _FUNNEL_HINT)


def _was_acted_on(request: Came) -> bool:
    return request.was_scheduled or request.state in _ACTED_ON
