"""Leaves out of a stored event what says nothing: what stands in it twice, is empty, or is never asked again.

Rasa's own store keeps all of it, for ever: more than half of what a message takes.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

RANKED = 5  # intents of a message that are kept: the one it has, and those that a reviewer sees beside it
_DIGITS = 4  # of a confidence
_TWICE = ("text", "message_id")  # of what was understood: the event says them itself
_OF_PARSING = ("text_tokens", "metadata")
_NONE_TELLS = ("value", "name")  # a slot that is empty, a form that has ended
_ORIGINS = ("user", "bot")  # events that say which model made them; those between come from the same one


def lean_event(event: Mapping[str, Any]) -> dict[str, Any]:
    """The same event for the store: Rasa reads it as it read the whole one, but for what is named above."""
    kept = {name: value for name, value in event.items() if value is not None or name in _NONE_TELLS}
    if metadata := event.get("metadata"):
        left_out = {"assistant_id"} if event.get("event") in _ORIGINS else {"assistant_id", "model_id"}
        kept["metadata"] = {name: value for name, value in metadata.items() if name not in left_out}
    if not kept.get("metadata"):
        kept.pop("metadata", None)
    if isinstance(data := event.get("data"), Mapping):
        kept["data"] = {name: value for name, value in data.items() if value is not None}
    if isinstance(parsed := event.get("parse_data"), Mapping):
        kept["parse_data"] = _parsed(parsed, event)
    return kept


def _parsed(parsed: Mapping[str, Any], event: Mapping[str, Any]) -> dict[str, Any]:
    twice = {name for name in _TWICE if parsed.get(name) == event.get(name)}
    kept = {name: value for name, value in parsed.items() if name not in twice and name not in _OF_PARSING}
    if ranking := parsed.get("intent_ranking"):
        ranked = [{**one, "confidence": round(one["confidence"], _DIGITS)} for one in ranking[:RANKED]]
        kept["intent_ranking"] = ranked
    return kept
