"""Keeps Rasa from loading a model that is not in the release manifest (`model_manifest.py`)."""

from __future__ import annotations

from functools import wraps
from pathlib import Path
from typing import Any

import structlog
from rasa.engine.storage.local_model_storage import LocalModelStorage

from assistant import metrics, model_manifest
from assistant.model_manifest import ModelNotListed

logger = structlog.get_logger()

_GUARDED = "_clinic_guarded"


def guard_models() -> None:
    """Have this process load no model that is not listed, whoever asks Rasa for it."""
    if getattr(LocalModelStorage, _GUARDED, False):
        return
    load = LocalModelStorage.from_model_archive.__func__

    @wraps(load)
    def checked(cls: Any, storage_path: Path, model_archive_path: str | Path) -> Any:
        try:
            model_manifest.check(Path(model_archive_path))
        except ModelNotListed as problem:
            metrics.MODEL_REFUSED.inc()
            # nosemgrep: words-of-people-in-a-log - a sentence of ours about a file
            logger.error("model.refused", problem=str(problem))
            raise
        return load(cls, storage_path, model_archive_path)

    LocalModelStorage.from_model_archive = classmethod(checked)
    setattr(LocalModelStorage, _GUARDED, True)
