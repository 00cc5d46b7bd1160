"""Finds what a visitor may have meant by what a text means, so that a reviewer need not know the names of topics."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from functools import lru_cache

import yaml

from assistant.nlu.encoder_model import Array, SentenceEncoder
from assistant.settings import PROJECT_DIR
from console.staff import labels

_EXAMPLES = 6  # of an intent, spread over its list: more would make the first search slow
_NEAREST = 2  # examples of an intent that decide how near it is
_LONGEST = 300  # characters of a search


@dataclass(frozen=True)
class Meaning:
    """Something that a visitor may want: its name, and a title for people."""

    intent: str
    title: str


class Meanings:
    """Searches the topics that the assistant knows."""

    def __init__(self) -> None:
        self._thread: threading.Thread | None = None

    def all(self) -> list[Meaning]:
        """Every meaning, by title."""
        return [Meaning(intent, title) for intent, title in labels.intents() if intent in known_intents()]

    def find(self, text: str, most: int = 6) -> list[Meaning]:
        """The nearest meanings of a text, the nearest first. The first search takes a second or two."""
        text = " ".join(text.split())[:_LONGEST]
        return _nearest(text, most) if text else []

    def suggest(self, text: str, most: int = 6) -> list[Meaning]:
        """As `find`, but nothing where that is not ready yet: a page must not wait for it."""
        if self._thread is None:
            self._thread = threading.Thread(target=_index, daemon=True)
            self._thread.start()
        return [] if self._thread.is_alive() else self.find(text, most)


def known_intents() -> frozenset[str]:
    """The intents that there are examples of: what a reviewer can choose."""
    return frozenset(_trained())


def _nearest(text: str, most: int) -> list[Meaning]:
    encoder, intents, vectors = _index()
    best: dict[str, list[float]] = {}
    for intent, likeness in zip(intents, vectors @ encoder.encode([text])[0]):
        best.setdefault(intent, []).append(float(likeness))
    ranked = sorted(best, key=lambda intent: -sum(sorted(best[intent])[-_NEAREST:]))
    return [Meaning(intent, labels.intent_title(intent)) for intent in ranked[:most]]


_lock = threading.Lock()


def _index() -> tuple[SentenceEncoder, list[str], Array]:
    with _lock:  # whoever comes second waits instead of doing it again
        return _build_index()


@lru_cache(maxsize=1)
def _build_index() -> tuple[SentenceEncoder, list[str], Array]:
    pairs = [
        (intent, text)
        for intent, texts in _trained().items()
        for text in texts[:: max(1, len(texts) // _EXAMPLES)][:_EXAMPLES]
    ]
    encoder = SentenceEncoder()
    return encoder, [intent for intent, _ in pairs], encoder.encode([text for _, text in pairs])


@lru_cache(maxsize=1)
def _trained() -> dict[str, list[str]]:
    text = (PROJECT_DIR / "data" / "nlu.yml").read_text(encoding="utf-8")
    entries = yaml.load(text, yaml.CSafeLoader)["nlu"]  # noqa: S506 - safe
    return {
        entry["intent"]: [line[2:] for line in entry["examples"].splitlines()] for entry in entries if "intent" in entry
    }
