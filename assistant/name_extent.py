"""Where a name ends that begins with a word: at its last name, its initials, its "de la"."""

from __future__ import annotations

import re

from assistant.name_likeness import PARTICLES, is_title_case, low_of
from assistant.name_lists import (
    SMALL,
    VERBS,
    all_names,
    common_last_names,
    last_names,
    plain_words,
)
from assistant.no_names import NOT_NAMES
from assistant.vocabulary import medicines, places


def is_other(low: str) -> bool:
    """Whether a word is that of a medicine, a place, or else no name."""
    return low in NOT_NAMES or low in medicines() or low in places()


def end_of(text: str, words: list[re.Match[str]], number: int, is_sure: bool = False) -> int:
    """Where a name ends that begins with a word."""
    end = words[number].end()
    first = words[number][0]
    for following in range(number + 1, min(number + 6, len(words))):
        word = words[following]
        if text[end : word.start()] not in (" ", ". ", ", ", "-", " (", ' "', '" ', ") ") or word[0] == first:
            break
        if text[end : word.start()] == ", " and not (word[0][:1].isupper() and low_of(word[0]) in all_names()):
            break
        if not _goes_on(words, following, first) and not (is_sure and _is_capital_pair(text, words, following)):
            break
        end = word.end()
    return end - (text[end - 1] == "." and end - 2 >= 0 and text[end - 2].islower())


def _is_capital_pair(text: str, words: list[re.Match[str]], number: int) -> bool:
    """Whether a word and the one before it begin with capitals: both are the name then, whatever they mean."""
    word, before = words[number], words[number - 1]
    low = low_of(word[0])
    is_capital = word[0][:1].isupper() and before[0][:1].isupper() and not text.isupper()
    is_apart = text[before.end() : word.start()] == " " and not is_title_case(text)
    return is_capital and is_apart and low not in SMALL | VERBS and not is_other(low)


def _goes_on(words: list[re.Match[str]], number: int, first: str) -> bool:
    word = words[number][0]
    low = low_of(word)
    if low.startswith(("al-", "el-", "ben-")):
        return True
    if low in PARTICLES and number + 1 < len(words):
        while number + 2 < len(words) and low_of(words[number + 1][0]) in PARTICLES:
            number += 1
        after = low_of(words[number + 1][0])
        return after in last_names() and after not in SMALL and (low not in SMALL or words[number + 1][0][:1].isupper())
    if low in SMALL or low in NOT_NAMES:
        return False
    if len(low) == 1:
        return word[:1].isupper()
    is_capital = word[:1].isupper()
    if is_capital and first[:1].isupper():
        return low not in plain_words() or low in last_names()
    if low in VERBS:
        return False
    return low in common_last_names() or (low in all_names() and low not in plain_words())


def is_name_after(text: str, words: list[re.Match[str]], number: int) -> bool:
    """Whether the name that begins with a word has more words."""
    return end_of(text, words, number) > words[number].end()
