"""The present moment."""

from __future__ import annotations

from datetime import datetime, timezone


def utc_now() -> datetime:
    """The present moment, in UTC."""
    return datetime.now(timezone.utc)
