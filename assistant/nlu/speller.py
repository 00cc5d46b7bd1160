"""Reads misspelt words as the words that visitors use there: "waht are teh side efects" as "what are the side effects".

Each word has a few readings: itself, the known words that one or two slips of the finger away stand, and itself as two
words. The likeliest row of readings wins, by how often words stand beside each other (`word_model.py`).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from symspellpy import SymSpell, Verbosity

from assistant.english import common_words
from assistant.nlu.word_model import START, WordModel

_SPANISH = frozenset(
    "al como con cuando de del donde el ella en es esta este esto estoy hay la las le lo los me mi muy nada ni para "
    "pero por porque que quien se si sin soy su sus te tengo tiene tu un una voy y ya yo".split()
)
_MOST_SPANISH = 0.25  # share of such words from which a text is Spanish: its words are no slips of English ones
_LETTERS = re.compile(r"[a-z]+")
_PAIR = re.compile(r"(?<![\w'’])(?P<first>[A-Za-z]+) (?P<second>[A-Za-z]{2,})(?![\w'’])")
_MARKS = "\"'“”‘’.,;:!?()…-"
_FEW = 3  # letters of words that have too many neighbours
_LONG = 6  # letters from which two slips are forgiven
_FARTHEST = 2  # slips
_MOST = 6  # readings of a word that are weighed
_MOST_REAL = 3  # the same of a word that visitors use
_ROWS = 4  # rows of readings that are followed at a time
_SHORT = 2  # letters of words that are mostly initials and short forms
_EVERYDAY = 12_000  # of the most frequent words of English: never misspelt ones
# Costs are logarithms of odds, as the scores of words are.
_UNKNOWN = 20.0  # of a word that nobody knows
_RARE = 11.0  # of a word that is in the dictionary, far down
_INITIALS = 8.0  # of a short one that nobody knows
_SLIP = 4.0  # of one slip
_FIRST_LETTER = 1.0  # more for a slip on the first letter
_REAL = 7.0  # more for a word that visitors use
_SPLIT = 5.0  # of a space that was left out
_FIRST, _LAST = 80, 40  # words of a long message: the time for it must have an end


@dataclass(frozen=True)
class _Reading:
    """A reading of one written word: what it says, word by word, and what it costs beside the words' own scores."""

    words: tuple[str, ...]
    cost: float
    counts: bool = True  # whether the words' scores count: not for what nobody knows


class Speller:
    """Mends the spelling of texts."""

    def __init__(self, model: WordModel) -> None:
        self._model = model
        self._near = SymSpell(max_dictionary_edit_distance=_FARTHEST, prefix_length=7)
        for word, count in model.words.items():
            self._near.create_dictionary_entry(word, count)
        self._beside_known: dict[str, list[_Reading]] = {}  # found once for each word that visitors use

    def mend(self, text: str) -> str:
        """A text with its misspelt words read as known ones; everything else stays as it is written."""
        if not self._model.words or _is_spanish(text):
            return text
        words = [word.span() for word in re.finditer(r"\S+", text)]
        if len(words) <= _FIRST + _LAST:
            return self._mended(text)
        start, end = words[_FIRST][0], words[-_LAST][0]
        return self._mended(text[:start]) + text[start:end] + self._mended(text[end:])

    def _mended(self, text: str) -> str:
        text = _PAIR.sub(self._mend_gap, text)
        written = re.findall(r"\S+", text)
        shouted = text.isupper()
        readings = [self._readings(word, i == 0, shouted) for i, word in enumerate(written)]
        self._settle(readings)
        if all(len(few) == 1 for few in readings):
            return text
        likeliest = iter(self._likeliest(readings))
        return re.sub(r"\S+", lambda match: _rewritten(match[0], next(likeliest)), text)

    def _mend_gap(self, pair: re.Match[str]) -> str:
        """Two words of which neither is one, unless the space between them is moved: "awa yfrom"."""
        first, second = pair["first"], pair["second"]
        if self._is_usual(first) and self._is_usual(second):
            return pair[0]
        moved = ((first + second[0], second[1:]), (first[:-1], first[-1] + second))
        return next((" ".join(both) for both in moved if all(map(self._is_usual, both))), pair[0])

    def _is_usual(self, word: str) -> bool:
        return self._model.is_known(word.lower())

    def _readings(self, written: str, first: bool, shouted: bool) -> list[_Reading]:
        core = written.strip(_MARKS)
        word = core.lower()
        itself = _Reading((word,), 0.0)
        is_name = core[:1].isupper() and not first and not shouted
        if not _LETTERS.fullmatch(word) or is_name or (core.isupper() and not shouted):
            return [_Reading((word,), 0.0, counts=self._model.is_known(word))]
        if self._model.is_known(word):
            if word not in self._beside_known:
                self._beside_known[word] = self._near_ones(word, 1, _REAL)
            return [itself, *self._beside_known[word][:_MOST_REAL]]
        if word in common_words(_EVERYDAY):
            return [_Reading((word,), 0.0, counts=False)]
        if word in common_words():
            return [_Reading((word,), _RARE, counts=False), *self._near_ones(word, 1, 0.0)]
        if len(word) == 1:
            return [_Reading((word,), 0.0, counts=False)]
        if len(word) <= _SHORT:
            return [_Reading((word,), _INITIALS, counts=False), *self._near_ones(word, 1, 0.0)]
        farthest = _FARTHEST if len(word) >= _LONG else 1
        unknown = _Reading((word,), _UNKNOWN if len(word) > _FEW else _RARE, counts=False)
        return [unknown, *self._near_ones(word, farthest, 0.0), *self._split(word)]

    def _settle(self, readings: list[list[_Reading]]) -> None:
        """Leave words alone that visitors use between just those two words."""
        said = [START, *(few[0].words[0] for few in readings)]
        for i, word in enumerate(said[1:-1], start=1):
            if self._model.are_usual(said[i - 1], word) and self._model.are_usual(word, said[i + 1]):
                del readings[i - 1][1:]

    def _near_ones(self, word: str, farthest: int, more: float) -> list[_Reading]:
        found = self._near.lookup(word, Verbosity.ALL, max_edit_distance=farthest)
        return [
            _Reading((near.term,), more + _SLIP * near.distance + _FIRST_LETTER * (near.term[0] != word[0]))
            for near in found[:_MOST]
            if near.term != word
        ]

    def _split(self, word: str) -> list[_Reading]:
        halves = ((word[:i], word[i:]) for i in range(1, len(word)))
        return [_Reading(both, _SPLIT) for both in halves if self._model.are_usual(*both)]

    def _likeliest(self, readings: Sequence[Sequence[_Reading]]) -> list[_Reading]:
        """The row of readings, one a word, that costs least (Viterbi)."""
        best: dict[str, tuple[float, list[_Reading]]] = {START: (0.0, [])}
        for few in readings:
            after: dict[str, tuple[float, list[_Reading]]] = {}
            for reading in few:
                cost, row = min(
                    ((cost + self._cost(before, reading), row) for before, (cost, row) in best.items()),
                    key=lambda scored: scored[0],
                )
                last = reading.words[-1]
                if last not in after or cost < after[last][0]:
                    after[last] = (cost, [*row, reading])
            best = dict(sorted(after.items(), key=lambda scored: scored[1][0])[:_ROWS])
        return min(best.values(), key=lambda scored: scored[0])[1]

    def _cost(self, before: str, reading: _Reading) -> float:
        if not reading.counts:
            return reading.cost
        scores = 0.0
        for word in reading.words:
            scores += self._model.score(before, word)
            before = word
        return reading.cost - scores


def _is_spanish(text: str) -> bool:
    words = re.findall(r"[a-záéíóúüñ]+", text.lower())
    return sum(word in _SPANISH for word in words) > max(_MOST_SPANISH * len(words), 1)


def _rewritten(written: str, reading: _Reading) -> str:
    core = written.strip(_MARKS)
    said = " ".join(reading.words)
    return written if said == core.lower() else written.replace(core, said, 1)
