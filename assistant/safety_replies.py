"""What a person in danger is answered, as Rasa's input and, where Rasa cannot answer, as the reply itself."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import yaml

from assistant.safety import LISTS
from assistant.settings import PROJECT_DIR


def parse_data(text: str, danger: str) -> dict[str, Any]:
    """A message as Rasa's NLU would hand it on, with the intent that the safety gate found: no model is asked."""
    intent = {"name": danger, "confidence": 1.0}
    return {"text": text, "intent": intent, "intent_ranking": [intent], "entities": []}


def safety_text(danger: str) -> str:
    """The reply to a danger, for when there is no model or it failed."""
    return _texts()[danger]


@lru_cache(maxsize=1)
def _texts() -> dict[str, str]:
    """The first wording of each safety answer in `domain.yml`, the one place where they stand."""
    responses = yaml.safe_load((PROJECT_DIR / "domain.yml").read_text(encoding="utf-8"))["responses"]
    return {danger: responses[f"utter_{danger}"][0]["text"] for danger in LISTS}
