"""`make redaction-report`: which personal details are taken out of a text before it is stored, and what else goes.

The messages of `tests/privacy/details.txt` were written by somebody who had not seen the rules; each detail in them is
marked as `⟦kind:words⟧`. A detail counts as taken out when nothing of it is left.
"""

from __future__ import annotations

import re
import sys
from collections import defaultdict
from dataclasses import dataclass

from assistant.redaction import find_details
from assistant.settings import PROJECT_DIR
from benchmarks.safety.report import wilson

MESSAGES = PROJECT_DIR / "tests" / "privacy" / "details.txt"
LEAST_STRUCTURED, LEAST_NAMES = 0.98, 0.92
_MARK = re.compile(r"⟦(\w+):([^⟧]*)⟧")
_NAME = "name"


@dataclass(frozen=True)
class Marked:
    """A message, and where its details stand: start, end, kind."""

    text: str
    details: tuple[tuple[int, int, str], ...]


def read(line: str) -> Marked:
    """A line of the list."""
    text, details, end = "", [], 0
    for mark in _MARK.finditer(line):
        text += line[end : mark.start()]
        details.append((len(text), len(text) + len(mark[2]), mark[1]))
        text += mark[2]
        end = mark.end()
    return Marked(text + line[end:], tuple(details))


def main() -> int:
    """Print the table, every detail that is left, and everything that goes by mistake; 1 if a bar is missed."""
    found: dict[str, list[bool]] = defaultdict(list)
    left, wrong, removed = [], [], 0
    messages = [read(line) for line in MESSAGES.read_text(encoding="utf-8").splitlines() if line.strip()]
    for message in messages:
        spans = [(one.start, one.end) for one in find_details(message.text)]
        for start, end, kind in message.details:
            letters = [i for i in range(start, end) if message.text[i].isalnum()]
            is_out = all(any(a <= i < b for a, b in spans) for i in letters)
            found[kind].append(is_out)
            if not is_out:
                left.append(f"{kind}: {message.text[start:end]} | {message.text}")
        for start, end in spans:
            removed += 1
            if not any(start < b and a < end for a, b, _ in message.details):
                wrong.append(f"{message.text[start:end]} | {message.text}")
    print(f"{len(messages)} messages\n{'':<12}{'details':>8}{'taken out':>11}   95 %")
    groups = {**found, "structured": [out for kind, outs in found.items() if kind != _NAME for out in outs]}
    for kind, outs in sorted(groups.items()):
        low, high = wilson(sum(outs), len(outs))
        print(f"{kind:<12}{len(outs):>8}{sum(outs) / len(outs):>11.1%}   {low:.1%}-{high:.1%}")
    print(f"taken out by mistake: {len(wrong)} of {removed} ({len(wrong) / max(1, removed):.1%})")
    for title, lines in (("left", left), ("taken out by mistake", wrong)):
        print(f"\n{title} ({len(lines)})", *(f"  {line}" for line in lines), sep="\n")
    structured, names = groups["structured"], found[_NAME]
    is_short = sum(structured) / len(structured) < LEAST_STRUCTURED or sum(names) / len(names) < LEAST_NAMES
    print("\nshort of the bar" if is_short else "\nevery bar is met")
    return int(is_short)


if __name__ == "__main__":
    sys.exit(main())
