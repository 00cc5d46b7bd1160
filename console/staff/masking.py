"""Takes personal data out of what visitors wrote: e-mail addresses, phone and other long numbers, known names.

Rather too much than too little: what is masked can be revealed with a reason, what was shown cannot be taken back.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

import phonenumbers
from phonenumbers import Leniency

MASK = "•••"
LONGEST_SNIPPET = 120  # characters

_LAST = r"(?:com|net|org|edu|gov|info|io|co|us|uk|ca|me|mail)"
_SIGN = r"[^\s@<>()\[\],;\"'•]"
# Each begins where a word begins and ends soon: a strange text must not take long.
_START = r"(?<![\w.+-])[\w.+-]{1,64}\s{0,3}"
_AT, _DOT = (rf"(?:[\[({{]\s?{word}\s?[\])}}]|\b{word}\b)\s{{0,3}}" for word in ("at", "dot"))
_EMAIL = re.compile(
    rf"(?<!{_SIGN}){_SIGN}+\s?@\s?{_SIGN}+"
    rf"|{_START}{_AT}[\w-]{{1,64}}(?:\s{{0,3}}{_DOT}[\w-]{{1,64}})+"  # maria (at) gmail (dot) com
    rf"|{_START}{_AT}(?:[\w-]{{1,64}}\.){{1,4}}{_LAST}\b",  # maria at gmail.com
    re.IGNORECASE,
)
# Seven digits and more are nobody's age, dose or price; a day of the calendar stays.
_DIGITS = re.compile(r"(?<![\d•])\+?\(?\d(?:[\s().\u2010-\u2015\u00b7/-]{0,3}\d){6,}(?!\d)")
_DAY = re.compile(r"\d{4}[-./]\d{1,2}[-./]\d{1,2}|\d{1,2}[-./]\d{1,2}[-./]\d{4}")
_LETTERED = re.compile(r"(?<!\w)(?:\+?1[-. ])?\(?\d{3}\)?[-. ](?=[A-Z0-9-]*[A-Z])[A-Z0-9-]{7,9}(?!\w)")
_LEAST_LETTERS = 3  # of a name that is masked however it is written; "An" and "an" are told apart


def mask(text: str, names: Iterable[str] = (), country: str = "US") -> str:
    """A text with `•••` instead of personal data.

    Args:
        names: of people who are known, e.g. from their consultation request; their parts are masked too.
        country: two letters, for phone numbers without a country code.
    """
    text = _EMAIL.sub(MASK, text)
    text = _DIGITS.sub(lambda match: match[0] if _DAY.fullmatch(match[0]) else MASK, text)
    text = _LETTERED.sub(MASK, text)
    if any(char.isdigit() for char in text):
        text = _without_phones(text, country)
    for pattern in _name_patterns(names):
        text = pattern.sub(MASK, text)
    return text


def snippet(text: str, names: Iterable[str] = (), country: str = "US", longest: int = LONGEST_SNIPPET) -> str:
    """The first words of a text on one line, masked before they are cut: half an address is one that nobody notices."""
    line = " ".join(mask(text, names, country).split())
    if len(line) <= longest:
        return line
    cut = line[: longest - 1]
    at_word = cut.rpartition(" ")[0]
    return f"{at_word if len(at_word) >= longest // 2 else cut}…"


def _without_phones(text: str, country: str) -> str:
    """Without what the library takes for a phone number; the digits of days are none."""
    hidden = _DAY.sub(lambda match: re.sub(r"\d", "x", match[0]), text)
    for match in reversed(list(phonenumbers.PhoneNumberMatcher(hidden, country, leniency=Leniency.POSSIBLE))):
        text = f"{text[: match.start]}{MASK}{text[match.end :]}"
    return text


def _name_patterns(names: Iterable[str]) -> list[re.Pattern[str]]:
    parts = {part for name in names for part in [" ".join(name.split()), *re.split(r"[\s\-']+", name)]}
    patterns = []
    for part in sorted((part for part in parts if len(part) > 1), key=len, reverse=True):
        flags = re.IGNORECASE if len(part) >= _LEAST_LETTERS else 0
        words = r"\s+".join(map(re.escape, part.split()))
        patterns.append(re.compile(rf"(?<!\w){words}(?!\w)", flags))
    return patterns
