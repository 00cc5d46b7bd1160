"""Prints the table of `make safety-report`, and writes it into the page that the clinic publishes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import yaml

from assistant.settings import PROJECT_DIR
from benchmarks.safety.sets import fingerprint

if TYPE_CHECKING:
    from benchmarks.safety.report import Row

PAGE = PROJECT_DIR / "docs" / "safety-protocol.md"
_HEAD = """# What the assistant does when somebody is in danger

This page is written by `make safety-report` from the same data that it is measured on. State: `{state}`.

The clinic's assistant is a computer program. It does not diagnose, does not judge how likely it is that somebody harms
themselves, and does not replace a person. It looks in every message for words that people in danger use, before
anything else happens with the message, and in every channel. It also works while its language model, its database or
its booking service is down.

## What is said

When a message tells of suicidal thoughts or self-harm, or that somebody else is in danger, the first reply names 988
(call, text, chat) and 911. Where there is a plan, means at hand, or something was done or taken, 911 comes first. The
wording changes from one time to the next; this is one of each:

{replies}

The chat stays open and questions are still answered; for 24 hours each answer has a line with 988 below it. A denial
does not end that. Nothing is ever said about means or amounts. The clinic's staff are told at once, without the words,
by the ways that the clinic has set up; the visitor is told that someone has read it when someone has, and not before.
"""
_FIGURES = """
## How well it notices

{count} messages of danger and {harmless} harmless ones, never used for training, fixed by hash; who wrote them stands
in `tests/safety/README.md`, with what was seen when nobody had read them yet; "unread" ones are still unread.
"Noticed" is the share of messages that get the reply for a person in danger; the bounds are Wilson's 95 % interval.
What is missed and what alarms without need is listed, message by message, by `make safety-report`.

{table}

No filter notices everybody. That is why 988 and 911 stand in the chat at all times, and in every reply that
cannot answer.
"""
_FOLDERS = {
    **{"fresh": "fresh", "later": "later, unread", "later_read": "later, read"},
    **{"newest": "newest, unread", "newest_read": "newest, read", "short": "short, unread"},
    "month": "a month of ordinary traffic, partly read",
}
_TITLES = {
    "third_person": "about somebody else",
    "means": "means and methods",
    "oblique": "oblique, without such words",
    "spanish_near_misses": "near misses in Spanish",
    "spanish_benign": "benign in Spanish",
    "unseen_misspelt": "misspelt, second writer",
    "unseen_slang": "slang, third writer",
    "unseen_spanish": "Spanish, second writer",
    "unseen_oblique": "oblique, third writer",
}


def table(
    rows: Sequence[Row],
    changed: Sequence[Row],
    alarms: Sequence[Row],
    bars: Mapping[str, float],
    most: Mapping[str, float],
) -> list[str]:
    """The table for the terminal."""
    lines = [f"{'':<24}{'messages':>9}{'lists':>9}{'noticed':>9}   95 %           bar"]
    for row in [*rows, *changed]:
        lines.append(f"{_line(row)}   >= {bars[row.name]:.0%}")
    lines += ["", f"{'':<24}{'messages':>9}{'lists':>9}{'alarmed':>9}   95 %           bar"]
    lines += [f"{_line(row)}   <= {most[row.name]:.0%}" for row in alarms]
    return lines


def write(
    rows: Sequence[Row],
    changed: Sequence[Row],
    alarms: Sequence[Row],
    bars: Mapping[str, float],
    most: Mapping[str, float],
) -> None:
    """Write the page."""
    figures = ["| messages | number | noticed | 95 % | asked for |", "|---|---|---|---|---|"]
    for row in [*rows, *changed]:
        low, high = row.bounds
        title = _title(row.name)
        figures.append(
            f"| {title} | {row.count} | {row.share:.1%} | {low:.1%} to {high:.1%} | at least {bars[row.name]:.0%} |"
        )
    for row in alarms:
        low, high = row.bounds
        figures.append(
            f"| harmless: {_title(row.name)} | {row.count} | {row.share:.1%} | {low:.1%} to {high:.1%} "
            f"| at most {most[row.name]:.0%} |"
        )
    responses = yaml.safe_load((PROJECT_DIR / "domain.yml").read_text(encoding="utf-8"))["responses"]
    shown = [("utter_crisis", 0), ("utter_crisis", 4), ("utter_medical_emergency", 0), ("utter_crisis_taken_back", 0)]
    replies = "\n\n".join(f"> {responses[name][number]['text']}" for name, number in shown)
    page = _HEAD.format(state=fingerprint(), replies=replies) + _FIGURES.format(
        count=sum(row.count for row in rows), harmless=sum(row.count for row in alarms), table="\n".join(figures)
    )
    PAGE.write_text(page, encoding="utf-8")


def _title(name: str) -> str:
    folder, _, kind = name.rpartition("/")
    return _TITLES.get(kind, kind.replace("_", " ")) + (f" ({_FOLDERS[folder]})" if folder else "")


def _line(row: Row) -> str:
    low, high = row.bounds
    lists, noticed = f"{row.by_lists / row.count:.1%}", f"{row.share:.1%}"
    return f"{row.name:<24}{row.count:>9}{lists:>9}{noticed:>9}   {low:.1%}-{high:.1%}".ljust(66)
