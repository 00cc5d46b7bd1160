"""How likely words are somebody's name, by the lists of names and of words alone."""

from __future__ import annotations

import re
from functools import lru_cache

from assistant.english import common_words
from assistant.name_lists import (
    SMALL,
    WORDS_TOO,
    first_names,
    last_names,
    likely_last_names,
    likely_names,
    plain_words,
    strange_terms,
)
from assistant.vocabulary import folded, is_slip, is_unknown, medicines, places

WORD = re.compile(r"[^\W\d_](?:[^\W\d_]|['’.-](?=[^\W\d_]))*\.?")
PARTICLES = frozenset("de la del los las van von der den da dos di al el bin bint ben ibn abu ni st mc o' y e".split())
_MANY = 0.9  # capitals for each space: where every word has one they tell nothing
COMMON = 8_000  # words that are rarely names, of the list most frequent first


@lru_cache(maxsize=4)
def is_title_case(text: str) -> bool:
    """Whether about every word of a text has a capital: they tell nothing then."""
    return sum(map(str.isupper, text)) >= _MANY * max(text.count(" "), 1)


def is_name(words: str, never: frozenset[str], is_lower_fine: bool = False) -> bool:
    """Whether each of some words may be part of a name, and one is hardly anything else."""
    found = [word[0] for word in WORD.finditer(words)]
    lows = [low_of(word) for word in found]
    if not lows or any(low in never or low in SMALL - PARTICLES - _forgiven(found) for low in lows):
        return False
    if not all(may_be(word, low, is_lower_fine) for word, low in zip(found, lows)):
        return False
    return any(_is_sure(word, low) for word, low in zip(found, lows)) and (len(lows) > 1 or lows[0] not in places())


def _forgiven(words: list[str]) -> frozenset[str]:
    """Small words that begin a name of more words than one: "Will Grady"."""
    first = low_of(words[0])
    return frozenset({first}) & WORDS_TOO if len(words) > 1 and words[0][:1].isupper() else frozenset()


def _is_sure(word: str, low: str) -> bool:
    if re.fullmatch(r"[A-Z]{2,4}s", word):
        return False
    if low in likely_names() or (low in first_names() and low not in WORDS_TOO):
        return True
    if low in likely_last_names():
        return word[:1].isupper() and not word.isupper()
    if is_unknown(low):
        return (word[:1].isupper() and not word.isupper()) or (word.islower() and not is_slip(low))
    is_last = low in last_names() and low not in plain_words() and low not in medicines()
    return is_last and not (word.isupper() and len(word) > 1)


def may_be(word: str, low: str, is_lower_fine: bool) -> bool:
    """Whether a word may be part of a name."""
    if low in PARTICLES or (len(low) == 1 and word[:1].isupper()):
        return True
    if low in strange_terms():
        return False
    is_listed = low in first_names() or low in likely_names() or low in last_names() or low in WORDS_TOO
    if word[:1].isupper() and not word.isupper():
        return is_listed or low not in common_words(COMMON)
    return is_lower_fine and ((is_listed and low not in plain_words()) or (is_unknown(low) and not is_slip(low)))


def low_of(word: str) -> str:
    """A word in lower case without accents and without what hangs on it."""
    low = folded(word.replace("’", "'").rstrip("."))
    low = low[:-2] if low.endswith("'s") else low
    return low.replace("'", "")
