"""The assistant's settings: environment variables with safe defaults, read in one place."""

from __future__ import annotations

import os
from pathlib import Path

PROJECT_DIR = Path(__file__).resolve().parent.parent
LOOPBACK = "127.0.0.1"


def var_dir() -> Path:
    """The folder of everything that the assistant writes (`VAR_DIR`, by default `var/` of the checkout)."""
    return Path(os.environ.get("VAR_DIR") or PROJECT_DIR / "var")


def listen_address() -> str:
    """The address that a process listens on (`LISTEN_ADDRESS`, by default this machine only)."""
    return os.environ.get("LISTEN_ADDRESS") or LOOPBACK


def port(name: str, default: int) -> int:
    """The port that a variable names. Raises: ValueError."""
    value = os.environ.get(name) or str(default)
    if not value.isdigit() or not 0 < int(value) < 65536:
        raise ValueError(f"{name} must be a port number, not '{value}'.")
    return int(value)
