"""Finds parts of a message between marks that are nothing but a name: signatures, answers, names beside a detail."""

from __future__ import annotations

import re
from collections.abc import Iterator

from assistant.english import common_words
from assistant.name_likeness import COMMON, PARTICLES, WORD, is_name, low_of
from assistant.name_lists import (
    SMALL,
    WORDS_TOO,
    all_names,
    common_last_names,
    first_names,
    given_names,
    is_inflected,
    last_names,
    likely_names,
    word_names,
)
from assistant.vocabulary import CHAT, is_slip, is_spanish, is_unknown, medicines, places

MONTHS = frozenset("april may june august".split())
_FEW = 3  # letters of a word that is too short to tell
_MOST = 4  # words of a name
_CUT = re.compile(
    r"[.!?](?=[\s|]|$)|[,;:\n|()\[\]\"“”/<>+&•*~]|\s[-–—]+|[-–—]+\s|^[-–—]+|\d[\w:.]*|(?<=\w) (?:and|y|or) (?=[A-Z])"
)
_AROUND = frozenset(
    """
    yes no ok okay hi hello hey hola thanks thank you thx gracias so much many regards sincerely best warm kind warmly
    love cheers from again here speaking please calling its it's it and this is me name patient pt mr mrs ms miss dr
    cc re attn wife husband son daughter respectfully cordially yours truly ty saludos atentamente atte sir madam with
    for kids kid partner spouse mother father mom dad at i'm im soy am sig signed xoxo xo blessings peace sister brother
    """.split()
)
_SIGN_OFF = re.compile(
    r"(?:thanks|thank you|thx|ty|gracias|regards|sincerely|best|love|cheers|saludos|atentamente|respectfully|xoxo|"
    r"warmly|truly|blessings|[.!?\n—–-])[\s,.!—–-]*$",
    re.IGNORECASE,
)


def lone_names(text: str, never: frozenset[str]) -> Iterator[tuple[int, int]]:
    """Parts between marks that are nothing but a name: signatures, answers, names beside a detail."""
    has_details = "|" in text
    is_lower_fine = not is_spanish(text)
    is_shouted = text.isupper()
    start = 0
    cuts = [match.span() for match in _CUT.finditer(text)] + [(len(text), len(text))]
    for cut, after in cuts:
        words = _trimmed([word for word in WORD.finditer(text, start, cut)])
        if 0 < len(words) <= _MOST:
            first, last = words[0].start(), words[-1].end()
            is_last = not text[last:].strip(" .!?|\n:)") and bool(_SIGN_OFF.search(text[:first]))
            is_all = not text[last:].strip(" .!") and not WORD.search(text[:start]) and not has_details
            is_fine = is_lower_fine or all(word[0][:1].isupper() for word in words)
            if (
                is_fine
                and "?" not in text[cut:after]
                and _stands_alone(words, never, has_details, is_last, is_all, is_shouted)
            ):
                yield first, last
        start = after


def _trimmed(words: list[re.Match[str]]) -> list[re.Match[str]]:
    while words and low_of(words[0][0]) in _AROUND:
        words = words[1:]
    while words and low_of(words[-1][0]) in _AROUND:
        words = words[:-1]
    return words


def _stands_alone(
    words: list[re.Match[str]], never: frozenset[str], has_details: bool, is_last: bool, is_all: bool, is_shouted: bool
) -> bool:
    said = " ".join(word[0] for word in words)
    said = said.title() if is_shouted and (has_details or len(words) > 1) else said
    if len(words) == 2 and len(words[1][0].rstrip(".")) == 1:
        return (low_of(words[0][0]) in first_names() and low_of(words[0][0]) not in never) or is_name(
            words[0][0], never
        )
    if (is_all or has_details) and len(words) > 1 and _is_full_name(said, never):
        return True
    if len(words) > 1:
        return (is_name(said, never, is_lower_fine=True) and _some_listed(said)) or _are_mostly_listed(said, never)
    low = low_of(said)
    if (has_details or is_last) and said[:1].isupper() and low in word_names() and low not in never:
        return True
    if is_last and (_is_rare(low, never) or re.fullmatch(r"(?:[A-Z]\.?){2,3}", said)):
        return True
    if not (has_details or is_last or is_all) or not is_name(said, never, is_lower_fine=is_last or has_details):
        return False
    return low in given_names() or has_details or is_last or (len(low) > 3 and not is_slip(low))


def _is_rare(low: str, never: frozenset[str]) -> bool:
    """Whether a word behind "thanks" is one that hardly anybody writes there: "cheers bronte"."""
    is_plain = low in common_words(COMMON) or is_inflected(low) or is_slip(low) or low in CHAT or not low.isalpha()
    return len(low) > _FEW and not is_plain and not _is_other(low, never) and low not in medicines()


def _some_listed(said: str) -> bool:
    lows = [low_of(word) for word in said.split()]
    return any(low in first_names() or low in likely_names() for low in lows) or all(
        low in last_names() or is_unknown(low) or len(low) == 1 for low in lows
    )


def _is_full_name(said: str, never: frozenset[str]) -> bool:
    """Whether some words begin with a first name, be it a word as well, and end with a last name that is none."""
    lows = [low_of(word) for word in said.split()]
    is_first = (lows[0] in given_names() or lows[0] in WORDS_TOO) and not _is_other(lows[0], never)
    if (
        said.istitle()
        and lows[0] in WORDS_TOO | MONTHS
        and lows[-1] in common_last_names()
        and lows[-1] not in places()
        and len(lows) == 2
    ):
        return True
    is_last = lows[-1] in all_names() and lows[-1] not in common_words(COMMON) and not _is_other(lows[-1], never)
    return is_first and is_last and lows[-1] not in medicines() and not any(low in SMALL - PARTICLES for low in lows)


def _are_mostly_listed(said: str, never: frozenset[str]) -> bool:
    """Whether three words or more are a name though one of them stands in the list of English words."""
    lows = [low_of(word) for word in said.split()]
    listed = [low for low in lows if low in first_names() or (low in last_names() and low not in common_words(COMMON))]
    others = [low for low in lows if low not in listed]
    is_free = not any(low in never or low in SMALL or low in common_words(COMMON) for low in others)
    return len(lows) > 2 and len(listed) > 1 and is_free and not any(low in never or low in SMALL for low in listed)


def _is_other(low: str, never: frozenset[str]) -> bool:
    return low in never or low in SMALL or low in places()
