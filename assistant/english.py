"""The common words of English: what tells a name or a slip of the finger from an ordinary word."""

from __future__ import annotations

from functools import lru_cache
from importlib import resources

_COMMON = 40_000  # words of the list, most frequent first; rarer ones are mostly slips and names


@lru_cache(maxsize=8)
def common_words(count: int = _COMMON) -> frozenset[str]:
    """The common words of the English frequency list that comes with symspellpy, in lower case."""
    text = resources.files("symspellpy").joinpath("frequency_dictionary_en_82_765.txt").read_text(encoding="utf-8-sig")
    return frozenset(line.split(" ", 1)[0] for line in text.splitlines()[:count])
