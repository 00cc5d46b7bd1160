"""`make redaction-report`: which personal details are taken out of stored texts, and what is taken out wrongly.

A detail counts as found when none of its digits is left, or, where it has none, none of its words; of an address the
number and the street. A kind that was named wrongly still hides it. A message without details counts as damaged when
anything was taken out of it.
"""

from __future__ import annotations

import hashlib
import re
import sys
from collections.abc import Sequence
from dataclasses import dataclass

from assistant.redaction import find_details
from assistant.settings import PROJECT_DIR
from benchmarks.safety.report import wilson

FOLDER = PROJECT_DIR / "tests" / "privacy"
DETAILS, NEWEST = "details.txt", "newest.txt"  # half of the first was read when the rules were mended
STRUCTURED = ("email", "phone", "card", "ssn", "address", "birth", "record")
NAME = "name"
BARS = {"structured": 0.98, NAME: 0.92}
_MARKED = re.compile(r"\[(\w+)\|([^\]]+)\]")
_PIECE = re.compile(r"[^\W_]+")


@dataclass(frozen=True)
class Written:
    """A message without its marks, and the details in it: kind, start, end; `number` is its line."""

    number: int
    text: str
    details: tuple[tuple[str, int, int], ...]

    @property
    def was_read(self) -> bool:
        """Whether it was read when the rules were mended, if it is one of `DETAILS`."""
        return self.number % 2 == 0


def read_messages(name: str = DETAILS) -> list[Written]:
    """The marked messages of a set. Raises: ValueError if they are not what was written."""
    raw = (FOLDER / name).read_bytes()
    sums = dict(reversed(line.split()) for line in (FOLDER / "SHA256SUMS").read_text(encoding="ascii").splitlines())
    if hashlib.sha256(raw).hexdigest() != sums[name]:  # nosemgrep: secret-compared-with-equals - of a public file
        raise ValueError(f"tests/privacy/{name} was changed")
    return [_read(number, line) for number, line in enumerate(raw.decode("utf-8").splitlines(), start=1)]


def _read(number: int, line: str) -> Written:
    parts, details, end = [], [], 0
    for mark in _MARKED.finditer(line):
        parts.append(line[end : mark.start()])
        start = len("".join(parts))
        parts.append(mark[2])
        details.append((mark[1], start, start + len(mark[2])))
        end = mark.end()
    return Written(number, "".join([*parts, line[end:]]), tuple(details))


def missed(written: Written) -> list[tuple[str, str]]:
    """The details that can still be read: kind and words."""
    hidden = bytearray(len(written.text))
    for detail in find_details(written.text):
        hidden[detail.start : detail.end] = b"\1" * (detail.end - detail.start)
    return [
        (kind, written.text[start:end])
        for kind, start, end in written.details
        if any(not all(hidden[place] for place in places) for places in _pieces(written.text, kind, start, end))
    ]


def _pieces(text: str, kind: str, start: int, end: int) -> list[range]:
    """What of a detail must be gone: of an address its number and street, of numbers and dates what has a digit."""
    found = [range(start + piece.start(), start + piece.end()) for piece in _PIECE.finditer(text[start:end])]
    if kind == "address":
        return found[:2]
    if kind == NAME:
        return [places for places in found if len(places) > 1] or found
    return [places for places in found if any(text[place].isdigit() for place in places)] or found


def main() -> int:
    """Print the table and every miss; 1 if a bar is missed."""
    messages = read_messages()
    is_good = True
    for title, chosen in (
        ("all", messages),
        ("read", [one for one in messages if one.was_read]),
        ("not read", [one for one in messages if not one.was_read]),
        ("newest, not read", read_messages(NEWEST)),
    ):
        good = _print(title, chosen)
        is_good = is_good and good
    if "--misses" in sys.argv:
        _print_misses([one for one in messages if one.was_read])
    return 0 if is_good else 1


def _print(title: str, messages: Sequence[Written]) -> bool:
    gone = {one.number: missed(one) for one in messages}
    is_good = True
    print(f"\n{title}: {len(messages)} messages\n{'':14} {'details':>8} {'found':>8}   95 %           bar")
    for name, kinds in (*((kind, (kind,)) for kind in STRUCTURED), ("structured", STRUCTURED), (NAME, (NAME,))):
        count = sum(kind in kinds for one in messages for kind, _, _ in one.details)
        found = count - sum(kind in kinds for few in gone.values() for kind, _ in few)
        low, high = wilson(found, count)
        bar = f"  >= {BARS[name]:.0%}" if name in BARS else ""
        is_good = is_good and found / count >= BARS.get(name, 0.0)
        print(f"{name:14} {count:8} {found / count:8.1%}   {low:.1%}-{high:.1%}{bar}")
    plain = [one for one in messages if not one.details]
    damaged = [one for one in plain if find_details(one.text)]
    print(f"messages without details from which something was taken: {len(damaged)} of {len(plain)}")
    return is_good


def _print_misses(messages: Sequence[Written]) -> None:
    for one in messages:
        for kind, words in missed(one):
            print(f"missed {kind:8} [{words}] in: {one.text}")
    for one in messages:
        if not one.details and (found := find_details(one.text)):
            print(f"wrongly {[(detail.kind, detail.words) for detail in found]} in: {one.text}")


if __name__ == "__main__":
    sys.exit(main())
