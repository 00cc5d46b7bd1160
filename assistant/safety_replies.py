"""What a person in danger is answered, as Rasa's input and, where Rasa cannot answer, as the reply itself."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import yaml

from assistant import safety
from assistant.settings import PROJECT_DIR


def parse_data(text: str, danger: str) -> dict[str, Any]:
    """A message as Rasa's NLU would hand it on, with the intent that the safety gate found: no model is asked."""
    intent = {"name": danger, "confidence": 1.0}
    return {"text": text, "intent": intent, "intent_ranking": [intent], "entities": []}


def safety_text(danger: str, text: str = "") -> str:
    """The reply to a danger, for when there is no model or it failed.

    Args:
        text: the message, which says how near the danger is.
    """
    near = safety.level(text)
    fitting = [one["text"] for one in _variants()[danger] if _is_of(one, near)]
    return secrets.choice(fitting)


def _is_of(variant: Mapping[str, Any], near: str) -> bool:
    conditions = {one["name"]: one["value"] for one in variant.get("condition", [])}
    return conditions.get("crisis_level", near) == near and not conditions.get("crisis_watched")


@lru_cache(maxsize=1)
def _variants() -> dict[str, list[dict[str, Any]]]:
    """The wordings of each safety answer in `domain.yml`, the one place where they stand."""
    responses = yaml.safe_load((PROJECT_DIR / "domain.yml").read_text(encoding="utf-8"))["responses"]
    return {danger: responses[f"utter_{danger}"] for danger in safety.LISTS}
