"""Rasa component: reads a misspelt word as the word of the training data that it is closest to.

Only words that nobody knows are touched: never names, e-mail addresses, numbers, or real words. The visitor's own text
stays as it is; the components behind this one read the mended text (`reading.py`).
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Sequence
from typing import Any

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.classifiers.classifier import IntentClassifier
from rasa.shared.nlu.constants import TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData
from symspellpy import SymSpell, Verbosity

from assistant.english import common_words
from assistant.nlu.reading import READING
from assistant.phrases import unmasked

_WORD = re.compile(r"[a-z]+")
_PAIR = re.compile(r"\b(?P<first>[A-Za-z]+) (?P<second>[A-Za-z]{2,})\b")
_SMALL = frozenset("a i am an as at be by do go he if in is it me my no of on or so to up us we u".split())
_SHORTEST = 4  # letters; shorter words have too many neighbours
_LONG = 6  # letters from which two slips are forgiven
_FARTHEST = 2  # slips
_OFTEN = 3  # times that a word must stand in the training data to count as one, where no dictionary has it


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=True)
class SpellingMender(GraphComponent, IntentClassifier):
    """Mends the spelling of what the later components read."""

    def __init__(self, model_storage: ModelStorage, resource: Resource, words: dict[str, int] | None = None) -> None:
        self._model_storage = model_storage
        self._resource = resource
        self._words = words or {}
        self._speller = SymSpell(max_dictionary_edit_distance=_FARTHEST, prefix_length=7)
        for word, count in self._words.items():
            self._speller.create_dictionary_entry(word, count)

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> SpellingMender:
        return cls(model_storage, resource)

    @classmethod
    def load(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **kwargs: Any,
    ) -> SpellingMender:
        with model_storage.read_from(resource) as folder:
            return cls(model_storage, resource, json.loads((folder / "words.json").read_text(encoding="utf-8")))

    def train(self, training_data: TrainingData) -> Resource:
        """Learn the words that visitors use, without the misspelt ones among them."""
        self._words = vocabulary([example.get(TEXT) for example in training_data.intent_examples])
        with self._model_storage.write_to(self._resource) as folder:
            (folder / "words.json").write_text(json.dumps(self._words), encoding="utf-8")
        return self._resource

    def process(self, messages: list[Message]) -> list[Message]:
        """Mend what is read of incoming messages."""
        for message in messages:
            message.set(READING, self.mend(unmasked(message.get(TEXT) or "")))
        return messages

    def mend(self, text: str) -> str:
        """A text with its unknown words read as the nearest known ones."""
        if not self._words:
            return text
        text = _PAIR.sub(self._mend_gap, text)
        return re.sub(r"\S+", lambda match: self._mend_word(match[0], match.start() == 0), text)

    def _mend_gap(self, pair: re.Match[str]) -> str:
        """Two words of which neither is one, unless the space between them is moved: "awa yfrom"."""
        first, second = pair["first"], pair["second"]
        if self._is_usual(first) and self._is_usual(second):
            return pair[0]
        moved = ((first + second[0], second[1:]), (first[:-1], first[-1] + second))
        return next((" ".join(both) for both in moved if all(map(self._is_usual, both))), pair[0])

    def _is_usual(self, word: str) -> bool:
        return word.lower() in self._words or word.lower() in _SMALL

    def _mend_word(self, written: str, first: bool) -> str:
        core = written.strip("\"'“”‘’.,;:!?()…-")
        word = core.lower()
        is_name = core[:1].isupper() and not first and not core.isupper()
        if len(word) < _SHORTEST or is_name or not _WORD.fullmatch(word) or self._known(word):
            return written
        farthest = _FARTHEST if len(word) >= _LONG else 1
        found = self._speller.lookup(word, Verbosity.CLOSEST, max_edit_distance=farthest)
        return written.replace(core, found[0].term, 1) if found else written

    def _known(self, word: str) -> bool:
        return word in self._words or word in common_words()


def vocabulary(texts: Sequence[str]) -> dict[str, int]:
    """The words of texts that are in the dictionary or stand there often, with their counts."""
    counts = Counter(word for text in texts for word in re.findall(r"[a-z]{3,}", text.lower().replace("’", "'")))
    return {word: n for word, n in sorted(counts.items()) if word in common_words() or n >= _OFTEN}
