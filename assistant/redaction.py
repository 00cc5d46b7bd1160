"""Takes personal details out of a text before it is stored: what identifies somebody, and no answer needs.

Defence in depth, and no promise: the database is kept from strangers all the same. What a form needs of them it keeps
elsewhere, encrypted. Kinds and bounds follow the identifiers of 45 CFR 164.514(b)(2).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field

from assistant.detail_shapes import EMAIL, PHONE, find_structured
from assistant.personal_names import find_names
from assistant.postal_addresses import find_addresses

NAME = "name"

_LONGEST = 2_000  # characters that are looked at together: visitors write less
_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)?")
_LONGEST_ANSWER = 100  # characters
_WITH_DIGITS = re.compile(r"\S*\d\S*")  # the reference of a request, a time
_INTRODUCES = frozenset(
    """
    my full first last name names is it it's its i'm im i am this me here call called and or at by mr mrs ms dr hi hello
    yes sure ok thanks please email mail e-mail phone cell mobile number text address mi nombre es soy me llamo y correo
    teléfono telefono número numero hola gracias
    """.split()
)
_INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u2060\ufeff]")


@dataclass(frozen=True)
class Detail:
    """A personal detail in a text: where it stands, and what it is. Its words stay out of `repr`."""

    start: int
    end: int
    kind: str
    words: str = field(repr=False, compare=False, default="")


def redact(text: str, known: Collection[str] = (), only_known: bool = False) -> str:
    """The text with each personal detail replaced by what it was, e.g. `[phone number]`.

    Args:
        known: names and other details that the visitor has given elsewhere, e.g. in a form.
        only_known: leave everything else: the text is none of the visitor's.
    """
    parts, end = [], 0
    for detail in find_details(text, known, only_known):
        parts += [text[end : detail.start], f"[{detail.kind}]"]
        end = detail.end
    return "".join([*parts, text[end:]])


def is_only_details(text: str) -> bool:
    """Whether a text seems to hold nothing but personal details and what introduces them, as an answer to a form does.

    Seems: "bai mundo" has the look of a name. Nothing may be decided by it alone.
    """
    if len(text) > _LONGEST_ANSWER:
        return False
    details = find_details(text)
    left, end = "", 0
    for detail in details:
        left += text[end : detail.start] + " "
        end = detail.end
    words = _WORD.findall(_WITH_DIGITS.sub(" ", left + text[end:]))
    return bool(details) and all(len(word) == 1 or word.lower() in _INTRODUCES for word in words)


def find_details(text: str, known: Collection[str] = (), only_known: bool = False) -> list[Detail]:
    """The personal details in a text, in order, none within another."""
    details: list[Detail] = []
    for start, piece in _pieces(text):
        found = _details_of(piece, known, only_known)
        details += [Detail(start + one.start, start + one.end, one.kind, one.words) for one in found]
    return details


def _pieces(text: str) -> Iterator[tuple[int, str]]:
    """A text in pieces that end between words, so that a long one takes no longer than its parts."""
    start = 0
    while len(text) - start > _LONGEST:
        space = max(text.rfind(mark, start + _LONGEST // 2, start + _LONGEST) for mark in "\n ")
        end = space + 1 or start + _LONGEST
        yield start, text[start:end]
        start = end
    yield start, text[start:]


def _details_of(text: str, known: Collection[str], only_known: bool) -> list[Detail]:
    plain, places = _plain(text)
    shaped = [] if only_known else [*find_structured(plain), *find_addresses(plain)]
    found = _joined([*shaped, *_known(plain, known)])
    hidden = list(plain)
    for start, end, _ in found:
        hidden[start:end] = "|" * (end - start)
    found += [] if only_known else [(start, end, NAME) for start, end in find_names("".join(hidden))]
    details = [Detail(places[start], places[end - 1] + 1, kind) for start, end, kind in sorted(found)]
    return [Detail(one.start, one.end, one.kind, text[one.start : one.end]) for one in details]


def _joined(found: list[tuple[int, int, str]]) -> list[tuple[int, int, str]]:
    """What overlaps as one, by the name of its surest part, which comes first."""
    joined: list[tuple[int, int, int]] = []
    for start, end, sureness in sorted((start, end, number) for number, (start, end, _) in enumerate(found)):
        if joined and start < joined[-1][1]:
            before = joined.pop()
            start, end, sureness = before[0], max(end, before[1]), min(sureness, before[2])
        joined.append((start, end, sureness))
    return [(start, end, found[sureness][2]) for start, end, sureness in joined]


def _known(text: str, known: Collection[str]) -> Iterator[tuple[int, int, str]]:
    for words in sorted(known, key=len, reverse=True):
        pattern = r"\W+".join(re.escape(word) for word in words.split())
        kind = EMAIL if "@" in words else PHONE if re.search(r"\d\D*\d\D*\d", words) else NAME
        if len(words.strip()) > 1:
            for match in re.finditer(rf"(?<!\w){pattern}(?!\w)", text, re.IGNORECASE):
                yield (*match.span(), kind)


def _plain(text: str) -> tuple[str, list[int]]:
    """The text with digits of any script and wide letters as plain ones, nothing invisible; and where each stood."""
    chars, places = [], []
    for place, char in enumerate(text):
        if _INVISIBLE.match(char):
            continue
        if not char.isascii():
            digit = unicodedata.digit(char, None)
            char = str(digit) if digit is not None else unicodedata.normalize("NFKC", char)[:1] or char
            char = "-" if char in "‐‑‒–—−" else " " if char.isspace() else char
        chars.append(char)
        places.append(place)
    return "".join(chars), places
