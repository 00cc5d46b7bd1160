"""How likely words stand beside each other in what visitors write: "can you" and not "an you".

Counts of words and of pairs of words of the training examples, and nothing else: a text gives the same reading on every
machine, and a stranger's words are never learnt while the assistant runs.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Sequence

from assistant.english import common_words

START = "<s>"  # what stands before the first word of a text

_WORD = re.compile(r"[a-z']+")
_OFTEN = 3  # times that a word must stand in the training data to count as one, where no dictionary has it
_SHORT = 3  # letters of words that must stand there thrice as often: most of them are a slip away from another
_SMALL = frozenset("a i am an as at be by do go he if in is it me my no of on or so to up us we u".split())
_PAIR_WEIGHT = 0.7  # of what the word before says, beside how frequent a word is
_RARE = 0.1  # what a word that never stood there counts for, in words


class WordModel:
    """Scores words by the words that stand before them."""

    def __init__(self, words: dict[str, int], pairs: dict[str, int]) -> None:
        self.words = words
        self._pairs = pairs  # "first second": how often
        self._whole = max(sum(words.values()), 1)
        self._before = Counter({START: 0})  # how often a word stands before another
        for pair, count in pairs.items():
            self._before[pair.split(" ", 1)[0]] += count

    @classmethod
    def learn(cls, texts: Sequence[str]) -> WordModel:
        """Count the words of texts that are in the dictionary or stand there often, and their pairs."""
        written = [_WORD.findall(text.lower().replace("’", "'")) for text in texts]
        counts = Counter(word for text in written for word in text)
        words = {word: n for word, n in sorted(counts.items()) if _is_word(word, n)}
        pairs: Counter[str] = Counter()
        for text in written:
            pairs.update(f"{a} {b}" for a, b in zip([START, *text], text) if b in words and (a in words or a == START))
        return cls(words, dict(sorted(pairs.items())))

    def described(self) -> dict[str, dict[str, int]]:
        """What `WordModel(**described)` makes it of again."""
        return {"words": self.words, "pairs": self._pairs}

    def is_known(self, word: str) -> bool:
        """Whether it is a word of the training data."""
        return word in self.words

    def are_usual(self, first: str, second: str) -> bool:
        """Whether two words stood beside each other in the training data."""
        return f"{first} {second}" in self._pairs

    def score(self, before: str, word: str) -> float:
        """The logarithm of how often a word stands there, behind the word before it."""
        frequent = (self.words.get(word, 0) + _RARE) / self._whole
        seen = self._before.get(before, 0)
        beside = self._pairs.get(f"{before} {word}", 0) / (seen + 5.0)  # few occasions tell little
        return math.log(_PAIR_WEIGHT * beside + (1 - _PAIR_WEIGHT) * frequent)


def _is_word(word: str, count: int) -> bool:
    plain = word.replace("'", "")
    if len(plain) < _SHORT:
        return plain in _SMALL or count >= 3 * _OFTEN
    return count >= _OFTEN or (plain in common_words() and len(plain) > _SHORT)
