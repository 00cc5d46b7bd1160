"""Rasa entity extractor: conditions, side effects and medicines that a message names, by spaCy phrase matching."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.extractors.extractor import EntityExtractorMixin
from rasa.shared.nlu.constants import ENTITIES
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData
from spacy.language import Language
from spacy.matcher import PhraseMatcher
from spacy.util import filter_spans

from assistant.nlu.reading import reading
from assistant.nlu.tokens import SpacyTokens, spacy_model


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.ENTITY_EXTRACTOR, is_trainable=True)
class TermMatcher(GraphComponent, EntityExtractorMixin):
    """Finds the phrases of word lists; the longest match wins, so "bipolar depression" is not "depression".

    Configuration: `lists`, from an entity's name to the file of its phrases (one a line, `#` starts a comment).
    """

    @classmethod
    def required_components(cls) -> list[type]:
        return [SpacyTokens]

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        return {"lists": {}}

    def __init__(self, model_storage: ModelStorage, resource: Resource, phrases: dict[str, list[str]]) -> None:
        self._model_storage = model_storage
        self._resource = resource
        self._phrases = phrases
        self._model = spacy_model()
        self._matcher = _matcher(self._model, phrases)

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> TermMatcher:
        phrases = {entity: read_phrases(Path(file)) for entity, file in config["lists"].items()}
        return cls(model_storage, resource, phrases)

    @classmethod
    def load(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **kwargs: Any,
    ) -> TermMatcher:
        with model_storage.read_from(resource) as folder:
            return cls(model_storage, resource, json.loads((folder / "terms.json").read_text(encoding="utf-8")))

    def train(self, training_data: TrainingData) -> Resource:
        """Keep the lists in the model, so that it needs no other file to run."""
        with self._model_storage.write_to(self._resource) as folder:
            (folder / "terms.json").write_text(json.dumps(self._phrases), encoding="utf-8")
        return self._resource

    def process(self, messages: list[Message]) -> list[Message]:
        """Add the terms that incoming messages name to their entities."""
        if self._model is not spacy_model():  # it was read anew
            self._model = spacy_model()
            self._matcher = _matcher(self._model, self._phrases)
        for message in messages:
            doc = self._model.make_doc(reading(message))
            spans = filter_spans(self._matcher(doc, as_spans=True))
            # Places count in the text with its spelling mended; nothing but the names is used.
            found = [
                {"entity": span.label_, "start": span.start_char, "end": span.end_char, "value": span.text.lower()}
                for span in spans
            ]
            extracted = self.add_extractor_name(found)
            message.set(ENTITIES, message.get(ENTITIES, []) + extracted, add_to_output=True)
        return messages


def _matcher(model: Language, phrases: dict[str, list[str]]) -> PhraseMatcher:
    matcher = PhraseMatcher(model.vocab, attr="LOWER")
    for entity, texts in phrases.items():
        matcher.add(entity, [model.make_doc(text) for text in texts])
    return matcher


def read_phrases(file: Path) -> list[str]:
    """Read a word list: one phrase a line, blank lines and comments skipped."""
    lines = (line.split("#", 1)[0].strip() for line in file.read_text(encoding="utf-8").splitlines())
    return sorted({line.lower() for line in lines if line})
