"""Text that every database takes: PostgreSQL has no place for NUL, and no driver encodes half of a surrogate pair."""

from __future__ import annotations

from typing import Any


def storable(value: Any) -> Any:
    """A value as JSON has it, with U+FFFD wherever one of its strings could not be stored; the rest becomes text."""
    if isinstance(value, str):
        return value.replace("\0", "\ufffd").encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if isinstance(value, dict):
        return {storable(key): storable(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [storable(item) for item in value]
    return value if value is None or isinstance(value, (bool, int, float)) else storable(str(value))
