"""The safety gate: notices danger in a message by its wording alone.

It needs no model, no database and no other service, because it must also work when those are gone. It reads word
lists (`data/safety/*.txt`) that a clinician can edit; what it misses, the trained intents `crisis` and
`medical_emergency` are there to catch.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache, lru_cache

from assistant.phrases import PhraseList, read_list, readings, unjoined
from assistant.settings import PROJECT_DIR

CRISIS = "crisis"
CRISIS_SPANISH = "crisis_spanish"
MEDICAL_EMERGENCY = "medical_emergency"
# The dangers and their word lists; the first that matches counts.
LISTS = {CRISIS: "crisis.txt", CRISIS_SPANISH: "crisis_spanish.txt", MEDICAL_EMERGENCY: "emergency.txt"}
CRISES = (CRISIS, CRISIS_SPANISH)
# How near the danger of a crisis is, which decides what is said first: 911, or 988.
NOW, THOUGHTS = "now", "thoughts"

_FOLDER = PROJECT_DIR / "data" / "safety"
_SHORT = 300  # characters: what the trained model certainly reads as a whole
_PIECE, _OVERLAP = 4000, 400  # characters that are read at a time: so a long message takes no longer than its length


@lru_cache(maxsize=32)  # the channel and the pipeline ask about the same message
def detect(text: str) -> str | None:
    """Say whether a message tells of `crisis` or `medical_emergency`; a crisis wins, as its reply names 911 as well."""
    read = [set(readings(piece)) for piece in _pieces(text)]
    for danger, name in LISTS.items():
        phrases = _list(name)
        if any(phrases.matches(reading) for piece in read for reading in piece):
            return danger
    return None


@lru_cache(maxsize=32)
def is_certain(text: str) -> bool:
    """Whether the lists alone decide about a message in which they found danger.

    They do not where all that they found is a phrase that is often harmless (`maybe:`): then the trained model may
    clear the message. It may never clear a long one, in which a few words weigh little; one in which the words are
    masked, as the model reads what is written; nor danger that was found elsewhere than in this text.
    """
    as_written = unjoined(text)
    if len(text) > _SHORT or not any(_list(name).matches(as_written) for name in LISTS.values()):
        return True
    return any(_list(name).matches(reading, surely=True) for name in LISTS.values() for reading in set(readings(text)))


def is_idiom(text: str) -> bool:
    """Whether grave words stand in a message in a sense that the lists know to be harmless: "hang on", "do or die"."""
    return any(_list(LISTS[CRISIS]).is_harmless(reading) for reading in set(readings(text[:_PIECE])))


def level(text: str) -> str:
    """How near the danger is that a message of a crisis tells of: `NOW` for a plan, means at hand, or what is done.

    It chooses the wording of the reply, nothing else. Source: the columns "intent", "plan" and "behavior" of the
    Columbia screener (C-SSRS), which ask for action at once.
    """
    return NOW if _says(text, "immediate.txt") else THOUGHTS


def takes_back(text: str) -> bool:
    """Whether a message after one of danger says that it was not meant."""
    return _says(text, "taken_back.txt")


def is_of_minor(text: str) -> bool:
    """Whether the writer says that they are under 18."""
    return _says(text, "minor.txt")


def _says(text: str, name: str) -> bool:
    phrases = _list(name)
    return any(phrases.matches(reading) for piece in _pieces(text) for reading in set(readings(piece)))


@cache
def _list(name: str) -> PhraseList:
    return read_list(_FOLDER / name)


def _pieces(text: str) -> Iterator[str]:
    """A message in parts that overlap: danger may stand anywhere in a very long one."""
    start = 0
    while True:
        end = start + _PIECE
        if end >= len(text):
            yield text[start:]
            return
        yield text[start:end]
        start = end - _OVERLAP
