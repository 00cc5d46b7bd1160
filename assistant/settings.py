"""The assistant's settings: environment variables with safe defaults, read in one place."""

from __future__ import annotations

import os
from pathlib import Path

PROJECT_DIR = Path(__file__).resolve().parent.parent


def var_dir() -> Path:
    """The folder of everything that the assistant writes (`VAR_DIR`, by default `var/` of the checkout)."""
    return Path(os.environ.get("VAR_DIR") or PROJECT_DIR / "var")
