"""The comparison as a Markdown page."""

from __future__ import annotations

import datetime

from benchmarks.widgets.measure import Figures
from benchmarks.widgets.peers import Widget
from benchmarks.widgets.speech import REPLIES


def page(found: list[tuple[Widget, Figures]], chromium: str, axe: str) -> str:
    """All that was found."""
    today = datetime.date.today().isoformat()
    return f"{_BEGIN.format(today=today, chromium=chromium, axe=axe)}\n{_table(found)}\n{_rules(found)}\n{_END}"


def _table(found: list[tuple[Widget, Figures]]) -> str:
    every = [figures for _, figures in found]
    rows = [
        ["", *[f"**{widget.name}**" for widget, _ in found]],
        ["---"] * (len(found) + 1),
        ["", *[widget.about for widget, _ in found]],
        ["version", *[widget.version for widget, _ in found]],
        ["gzip, page before the chat is opened", *[_kilobytes(one.closed_bytes) for one in every]],
        ["gzip, chat open and one reply shown", *[_kilobytes(one.open_bytes) for one in every]],
        ["axe violations, closed", *[_count(one.closed_violations) for one in every]],
        ["axe violations, open, after one reply", *[_count(one.open_violations) for one in every]],
        ["requests to other hosts", *[_listed(one.other_hosts) for one in every]],
        ["cookies", *[_listed(one.cookies) for one in every]],
        ["launcher opens by Tab and Enter", *[one.keyboard or "no launcher" for one in every]],
        ["a live region announces the reply", *["yes" if one.is_announced else "no" for one in every]],
        *[[f"shown for {_code(text)}", *[_code(one.shown[i]) for one in every]] for i, text in enumerate(_texts())],
        ["what the last one becomes", *[one.link for one in every]],
    ]
    return "".join(f"| {' | '.join(row)} |\n" for row in rows)


def _texts() -> list[str]:
    return list(REPLIES.values())


def _kilobytes(count: int | None) -> str:
    return "always open" if count is None else f"{count / 1024:.1f} KB"


def _count(violations: dict[str, bool] | None) -> str:
    if violations is None:
        return "always open"
    return f"{len(violations)} ({sum(violations.values())} of WCAG)" if violations else "0"


def _listed(names: list[str]) -> str:
    return f"{len(names)} ({', '.join(sorted(set(names)))})" if names else "0"


def _code(text: str) -> str:
    escaped = text.replace("|", "\\|").replace("\n", "⏎")
    return f"`{escaped}`" if escaped else "nothing"


def _rules(found: list[tuple[Widget, Figures]]) -> str:
    lines = ["The rules that axe found broken (\\* = one of WCAG, the others are good practice):\n"]
    for widget, figures in found:
        states = {"closed": figures.closed_violations, "open": figures.open_violations}
        named = [f"{state}: {_names(rules)}" for state, rules in states.items() if rules is not None]
        lines.append(f"- {widget.name} – {'; '.join(named)}")
    return "\n".join(lines) + "\n"


def _names(rules: dict[str, bool]) -> str:
    return ", ".join(f"`{rule}`{chr(92) + '*' if is_wcag else ''}" for rule, is_wcag in sorted(rules.items())) or "none"


_BEGIN = """<!-- Written by `make compare-widgets`; do not edit. -->
# Our chat widget beside others

Measured on {today} in headless Chromium {chromium} with axe-core {axe}. Each widget stands on a small page of its
own, set up as its manual begins, with nothing but the address of its server. That is a stand-in on the same machine
which speaks what the widget expects and answers three messages with three fixed texts. `make compare-widgets` measures
again and writes this page.
"""
_END = """How it is measured:

- gzip: every script, style sheet, font and image that the browser received, each compressed at level 9 (1 KB = 1,024
  bytes). Not counted: the page itself, what is said with the server, and files of other hosts, which are not reached.
- axe: all rules that it has switched on by default, on the whole page. The page without a chat has no violation.
- Keyboard: Tab is pressed up to 20 times from the top of the page; on the launcher, Enter.
- Live region: the reply's words appeared in an element that is, or is inside, `aria-live`, `role="log"`, `"status"` or
  `"alert"`, and was there before them. Whether a given screen reader speaks them is not measured.
- The last row clicks on the link, if there is one, and sees whether the script runs. Chromium runs none for a link that
  opens a new tab; other browsers were not tried.

Not in the table: Rasa's own chat widget ([RasaHQ/chat-widget](https://github.com/RasaHQ/chat-widget)). It could not be
installed with npm: `npm view` answered 404 for `@rasahq/chat-widget-ui` and `@rasahq/chat-widget-react`, which its
manual names, for `@rasahq/chat-widget-sdk`, on which they are built, and for the earlier `@vortexwest/chat-widget-ui`
(asked on 2026-11-26). It would have to be built from its source, which this command does not do.
"""
