"""What must never leave the machine, made sure of as a server starts."""

from __future__ import annotations

import logging
import os


class WouldLeak(RuntimeError):
    """With these settings words of visitors would leave the machine or stand in logs; the text says what to do."""


def telemetry_is_off() -> bool:
    """Whether Rasa sends no usage and crash reports to others."""
    return os.environ.get("RASA_TELEMETRY_ENABLED", "").strip().lower() == "false"


def refuse_leaks() -> None:
    """Refuse to start a server that would send or log what visitors write.

    Raises: WouldLeak if Rasa's telemetry is not switched off, or debug logs are on: these print every message.
    """
    if not telemetry_is_off():
        raise WouldLeak("set RASA_TELEMETRY_ENABLED=false: Rasa sends usage and crash reports to others otherwise")
    if logging.getLogger("rasa").isEnabledFor(logging.DEBUG):
        raise WouldLeak("debug logs print what visitors write: start without --debug")
