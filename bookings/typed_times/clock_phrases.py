"""Finds times of day: parts of the day, clock times, "after 3", "between 2 and 4", "as soon as possible"."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

from bookings.typed_times.bits import HOUR_WORDS, Bit, Clock, clock, no_such_time
from bookings.typed_times.preferences import DAYPARTS, Doubt
from bookings.typed_times.signs import CLOCK, CORRECTED, DAY, DENIED, MOMENT, PART, SIGN, Signs

_CORRECTION = r"(?:actually|no wait|wait no|no,? wait|wait|i (?:mean|meant)|scratch that|make (?:that|it)|correction)\b"

# How people say one thing in several ways; what stands on the right is what the rest of the grammar knows.
_SAME = {
    r"\bif not\b": "or",
    r"\b(?:don't|do not|won't) (?:really )?(?:mind|care|matter)\b|\bno (?:real )?preference\b"
    r"|\bnot picky\b|\beither way\b"
    r"|\bup to you\b|\byou (?:can )?(?:choose|decide|pick)\b|\bflexible\b|\bwhenever(?: you (?:can|want|like))?\b"
    r"|\bany ?time(?: of (?:the )?day)?\b(?! (?:after|before|between|from|until|on|in)\b)"
    r"|\ball day(?: long)?\b|\bany day\b"
    r"|\bevery ?day\b|\banything\b|\b(?:business|office) hours\b|\b24/7\b|\b7 days a week\b": "anytime",
    r"\bany ?time (?=(?:after|before|between|from|until|on|in)\b)": " ",
    r"\bnot (?:too |so |really )?sure\b|\bno (?:worries|problems?|rush)\b|\bdon't know\b"
    r"|\bif (?:at all )?possible\b": " ",
    r"\bi (?:don't|do not) work(?: on)?\b|\bnot working(?: on)?\b|\boff work\b(?! at)": " ",
    r"\bnot before\b|\b(?:no|not|any) (?:sooner|earlier) than\b": "from",
    r"\b(?:no|not|any) later than\b|\bnot (?:after|past)\b": "until",
    r"\bother than\b|\b(?:instead of|rather than)\b|\b(?:apart|aside) from\b|\brather not\b"
    r"|\b(?:do|can|will|are|is) not\b": "not",
    r"\bmid ?- ?(?=morning|afternoon)": "",
    r"\bweek ?- ?day\b": "weekday",
    r"\bweek ?- ?end\b": "weekend",
    r"\bweek ?- ?night\b|\b(?:weekday|week) evening\b": "weeknight",
    r"\bmid ?- ?week\b": "midweek",
    rf"(?<=[\w,]) {_CORRECTION}": CORRECTED,
}
_SOON = (
    r"\b(?:asap|(?:as )?(?:soon|early|quick|quickly|fast) as (?:possible|(?:you|i|we) can)"
    r"|(?:the )?(?:soonest|earliest)(?: (?:available|possible|you have|one|slot|opening|time|appointment|date|day))*"
    r"|(?:the )?(?:first|next) (?:available|opening|slot|appointment|open|free|possible)"
    r"(?: (?:slot|opening|time|appointment|one|day|date))?"
    r"|right (?:away|now)|immediately|urgent(?:ly)?|(?<!from )now|(?:the )?sooner (?:the|is) better|soon)\b"
)
_DENIAL = (
    rf"(?<={SIGN}) (?:(?:for me|is|are|just|really|definitely|also) )*"
    r"(?:(?:don't|won't|cannot|not) (?:really |be )?"
    r"(?:works?|good|great|fit|suits?|possible|ok|okay|available|happen|do|make it)\b"
    r"|(?:bad|busy|out of the question|terrible|hard|tough|no good|full|impossible|difficult|the worst|no go|out"
    r"|taken|packed|a no)\b)"
)


_AT_WORK = rf"\b(?:i|i'm|im|am|have(?: to)?) work(?:ing)? (?:(?:on|in|the|every|all) )*{SIGN}"
_MORNING, _AFTERNOON = frozenset({"morning"}), frozenset({"afternoon"})
_FIXED = {
    r"after (?:my )?work(?! (?:at|until|till?)\b)": Bit(earliest=Clock(17), reading='"after work" as after 5 pm'),
    r"before (?:my )?work": Bit(latest=Clock(9), reading='"before work" as before 9 am'),
    r"after lunch(?: ?time)?": Bit(parts=_AFTERNOON),
    r"before lunch(?: ?time)?": Bit(latest=Clock(12)),
    r"(?:(?:at|around|during|over|on) )?(?:my )?lunch(?: ?time| ?break| ?hour)?": Bit(
        earliest=Clock(12), latest=Clock(14)
    ),
    r"(?:first thing|early)(?: in the| on| in)? morning|first thing": Bit(parts=_MORNING, latest=Clock(10)),
    r"later?(?: in the)? morning": Bit(parts=_MORNING, earliest=Clock(10)),
    r"early(?: in the)? afternoon": Bit(parts=_AFTERNOON, latest=Clock(15)),
    r"later?(?: in the)? afternoon|(?:the )?end of (?:the )?(?:work ?)?day|eod|cob": Bit(
        parts=_AFTERNOON, earliest=Clock(15)
    ),
    r"(?:early|later?)(?: in the)? evening": Bit(parts=frozenset({"evening"})),
    r"day ?time|during the day": Bit(parts=_MORNING | _AFTERNOON),
}
_HOUR = rf"(?P<hour>\d{{1,2}}|{'|'.join(HOUR_WORDS)})"
_HALF = r"(?P<half>am|pm)"


def rewrite(signs: Signs) -> None:
    """Bring phrases that mean the same to one form."""
    for pattern, same in _SAME.items():
        signs.put(pattern, lambda match, same=same: same)  # type: ignore[misc]


def find_open(signs: Signs) -> None:
    """Put a sign for "as soon as possible" and for "any time"."""
    signs.put(_SOON, lambda match: signs.add("open", Bit(soon=True)))
    signs.put(r"\banytime\b", lambda match: signs.add("open", Bit(anything=True)))


def find_denials(signs: Signs) -> None:
    """Put a mark behind what a visitor says does not suit; to be called when everything else is found."""
    signs.put(_DENIAL, lambda match: DENIED)
    signs.put(rf"(?<={SIGN})(?: ?,)? (?:no |oh )?sorry (?=(?:on )?{SIGN})", lambda match: CORRECTED)
    if re.search(_AT_WORK, signs.text):
        raise Doubt()  # "I work Mondays" says when it does not suit, or where


def find_times(signs: Signs) -> None:
    """Put a sign for every phrase about the time of day."""
    _find_fixed_phrases(signs)
    _find_parts(signs)
    _find_clocks(signs)
    _find_ranges(signs)
    _find_bounds(signs)


def _find_fixed_phrases(signs: Signs) -> None:
    for pattern, bit in _FIXED.items():
        signs.put(rf"\b(?:{pattern})\b", lambda match, bit=bit: signs.add("time", bit))  # type: ignore[misc]


def _find_parts(signs: Signs) -> None:
    def part(pattern: str, *names: str) -> None:
        signs.put(pattern, lambda match: signs.add("part", Bit(parts=frozenset(names))))

    for name in DAYPARTS:
        part(rf"\b{name}\b", name)
    part(r"(?<![\di] )(?<!\d)\bams?\b(?! (?:i|free|available|open|not)\b)", "morning")
    part(r"(?<!\d )(?<!\d)\bpms?\b", "afternoon", "evening")


def _find_clocks(signs: Signs) -> None:
    """Clock times that say themselves that they are some: "2 pm", "14:00", "noon", "half past two"."""

    def exact(pattern: str, minute: str | None = None) -> None:
        def read(match: re.Match[str]) -> str:
            named = match.groupdict()
            return signs.add_clock(clock(match["hour"], named.get("minute", minute), named.get("half")), match[0])

        signs.put(pattern, read)

    def quarter_to(match: re.Match[str]) -> str:
        found = clock(match["hour"])
        return signs.add_clock(replace(found, hour=(found.hour - 1) % 12 or 12, minute=45) if found else None, match[0])

    exact(rf"\bhalf past {_HOUR}\b", "30")
    exact(rf"\bquarter past {_HOUR}\b", "15")
    signs.put(rf"\bquarter to {_HOUR}\b", quarter_to)
    signs.put(r"\bnoon\b", lambda match: signs.add_clock(Clock(12), match[0]))
    signs.put(r"\bmidnight\b", lambda match: signs.add_clock(Clock(0), match[0]))
    exact(rf"(?<![\w/:.$]){_HOUR}(?::|\.(?=[03]0|[14]5))(?P<minute>\d\d)(?: ?oclock)? ?{_HALF}?(?![\w/:])")
    exact(rf"(?<![\w/:.$]){_HOUR}(?: ?oclock)?(?: in the)? ?{_HALF}\b")
    exact(rf"(?<![\w/:.$]){_HOUR} thirty\b(?: ?{_HALF}\b)?", "30")
    exact(rf"\b{_HOUR} ?oclock\b")


def _find_ranges(signs: Signs) -> None:
    """ "between 2 and 4", "from 10 to 2 pm", "2-4"."""

    def between(match: re.Match[str], said: bool) -> str:
        first, last = signs.clock(match["first"]), signs.clock(match["last"])
        if first is None or last is None:
            return signs.add("time", no_such_time(match["last"] if first else match["first"]))
        bare = not (said or first.settled or last.settled)
        if last.settled and not first.settled:
            first = _before(first, last)
        return signs.add("time", Bit(earliest=first, latest=last, bare=bare))

    about = r"(?:about |around )?"
    first, last = rf"(?P<first>{MOMENT})", rf"(?P<last>{MOMENT})"
    signs.put(
        rf"\b(?:between|from) {about}{first} ?(?:and|to|till?|until|-|through) ?{about}{last}",
        lambda match: between(match, said=True),
    )
    signs.put(rf"(?<!-){first} ?(?:-|to|till?|until|through) ?{last}(?! ?-)", lambda match: between(match, said=False))


def _before(first: Clock, last: Clock) -> Clock:
    """The first hour of "10 to 2 pm", read so that it comes before the last one, and as near as that goes."""
    halves = [Clock(first.hour % 12 + half, first.minute) for half in (12, 0)]
    return next((half for half in halves if half.as_time() < last.as_time()), first)


def _bound(kind: str, found: Clock) -> Bit:
    said: dict[str, Any] = {kind: found}
    return Bit(**said)


def _find_bounds(signs: Signs) -> None:
    def bound(pattern: str, kind: str) -> None:
        def read(match: re.Match[str]) -> str:
            found = signs.clock(match["at"])
            return signs.add("time", _bound(kind, found) if found else no_such_time(match["at"]))

        signs.put(pattern, read)

    def either(match: re.Match[str]) -> str:
        first, last = signs.clock(match["first"]), signs.clock(match["last"])
        if first and last and last.settled and not first.settled:
            first = _before(first, last)
        return f"{signs.add_clock(first, match['first'])} or {signs.add_clock(last, match['last'])}"

    at = rf"(?:about |around |like )?(?P<at>{MOMENT})"
    bound(
        rf"\bi (?:get off|get out|get home|get done|finish|am done|i'm off|am off|work)(?: of)?(?: work)?"
        rf"(?: school)?(?: at| by| around| until| till?)+ {at}",
        "earliest",
    )
    bound(rf"\b(?:work|off|done) (?:until|till?|at) {at}", "earliest")
    bound(
        rf"\b(?:after|past|later than|starting at|starting|beginning at|from) {at}"
        rf"(?: on\b(?! {DAY})| onwards?| or so)?",
        "earliest",
    )
    bound(rf"(?P<at>{MOMENT}) ?(?:\+|(?:or|and) (?:later|after)|onwards?|and on)", "earliest")
    bound(rf"\b(?:before|by|until|till?|earlier than|up to) {at}", "latest")
    bound(rf"(?P<at>{MOMENT}) (?:or|and) (?:earlier|before|sooner)", "latest")
    signs.put(rf"\b(?:at|around|about) (?P<first>{MOMENT}) or (?:at )?(?P<last>{MOMENT})", either)
    signs.put(rf"(?P<first>{MOMENT}) or (?P<last>{CLOCK})", either)
    bound(rf"\b(?:at|around|about|say|like) {at}", "at")
    bound(rf"(?P<at>{MOMENT})(?= (?:in the|at) {PART})", "at")
    bound(rf"(?P<at>{MOMENT}) ?ish\b", "at")
