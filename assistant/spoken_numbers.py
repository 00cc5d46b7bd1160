"""Finds long numbers that are said in words, or in words and digits: "five five five oh 1 82"."""

from __future__ import annotations

import re
from collections.abc import Iterator

_ONE = (
    "zero oh one two three four five six seven eight nine cero uno dos tres cuatro cinco seis siete ocho nueve niner "
    "nought naught"
).split()
_TWO = (
    "ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen twenty thirty forty fourty fifty "
    "sixty seventy eighty ninety diez once doce trece catorce quince veinte treinta cuarenta cincuenta sesenta setenta "
    "ochenta noventa"
).split()
_HUNDRED = ("hundred", "thousand", "cien", "mil")
SAID = rf"(?:{'|'.join((*_ONE, *_TWO, *_HUNDRED))})"
_TWICE = {"double": 2, "triple": 3, "doble": 2}
_LEAST = 7  # digits of a number that is somebody's
_TOKEN = rf"(?:{SAID}|{'|'.join(_TWICE)}|\d{{1,6}})"
_RUN = re.compile(
    rf"(?<![\w$.])(?:{_TOKEN}(?:[\s,.()/-]{{1,3}}(?:and |dash |y )?|(?=\W))){{2,30}}{_TOKEN}\b", re.IGNORECASE
)


def find_spoken(text: str) -> Iterator[tuple[int, int]]:
    """Where such numbers stand: start and end of each."""
    for match in _RUN.finditer(text):
        if re.search(SAID, match[0], re.IGNORECASE) and _digits(match[0].lower()) >= _LEAST:
            yield match.span()


def _digits(said: str) -> int:
    """How many digits the words stand for."""
    count, times = 0, 1
    for word in re.findall(r"[a-z]+|\d+", said):
        if word in _TWICE:
            times = _TWICE[word]
            continue
        size = len(word) if word.isdigit() else 2 if word in _TWO else int(word in _ONE or word in _HUNDRED)
        count, times = count + size * times, 1
    return count
