"""Reads an article: headings, sentences and a hash of each, so that a fact can name its sentence without quoting it."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from dataclasses import dataclass
from pathlib import Path

_SENTENCE_END = re.compile(r"(?<=[.!?])[\"')\]]*\s+(?=[\"'(\[]?[A-Z0-9])")
_LONGEST_HEADING = 12  # words; a longer line without a full stop is a sentence that lost it


@dataclass(frozen=True)
class Sentence:
    """One sentence of an article and the heading that it stands under."""

    heading: str
    text: str

    @property
    def key(self) -> str:
        """The sentence's fingerprint, as `knowledge/facts.yml` holds it."""
        return fingerprint(self.text)


def fingerprint(sentence: str) -> str:
    """Hash a sentence's words; case, quotes, spaces and punctuation do not count.

    Returns: the first 16 hexadecimal digits of the SHA-256.
    """
    folded = unicodedata.normalize("NFKC", sentence).casefold().replace("’", "'")
    words = re.findall(r"[a-z0-9]+(?:'[a-z]+)?", folded)
    return hashlib.sha256(" ".join(words).encode()).hexdigest()[:16]


def read_article(path: Path) -> list[Sentence]:
    """Cut a plain-text article, one paragraph or heading a line, into its sentences."""
    heading = ""
    sentences = []
    for line in path.read_text(encoding="utf-8").splitlines():
        line = line.strip()
        if not line:
            continue
        if _is_heading(line):
            heading = line
            continue
        sentences += [Sentence(heading, text) for text in _SENTENCE_END.split(line)]
    return sentences


def _is_heading(line: str) -> bool:
    return line[-1] not in ".!?,;:" and len(line.split()) <= _LONGEST_HEADING
