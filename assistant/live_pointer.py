"""Names the model that answers visitors: the one that staff have published, else the trained one.

`var/models/live.json` is replaced as a whole; every server process looks at it (`live_model.py`).
"""

from __future__ import annotations

import json
import os
import time
from dataclasses import dataclass
from pathlib import Path

from assistant import model_manifest
from assistant.model_manifest import ModelNotListed, digest
from assistant.settings import var_dir
from assistant.training import fingerprint


class PointerUnreadable(ValueError):
    """The pointer is there and does not name a model."""


class ModelChanged(ValueError):
    """A model's file is not the one that was published."""


@dataclass(frozen=True)
class LiveModel:
    """A model that visitors are answered by.

    Attributes:
        base: the fingerprint of the training data that it was published on top of.
        publication: the id of the publication; None where the trained model was put back.
        at: unix seconds.
    """

    path: Path
    sha256: str
    base: str
    publication: str | None
    at: float

    def check(self) -> None:
        """Raises: ModelChanged, ModelNotListed, OSError."""
        model_manifest.check(self.path)
        if digest(self.path) != self.sha256:
            raise ModelChanged(f"{self.path.name} is not the file that was published")


def folder() -> Path:
    """Where published models are kept."""
    return var_dir() / "models"


def pointer() -> Path:
    """The file that names the live model."""
    return folder() / "live.json"


def read() -> LiveModel | None:
    """The model that was last put live; None if none was.

    Raises: PointerUnreadable.
    """
    try:
        entries = json.loads(pointer().read_text(encoding="utf-8"))
        return LiveModel(
            path_of(entries["path"]), entries["sha256"], entries["base"], entries["publication"], entries["at"]
        )
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise PointerUnreadable(f"{pointer()} cannot be read ({type(error).__name__})") from error


def put_live(model: Path, publication: str | None) -> LiveModel:
    """Have all server processes change to a model, within seconds.

    Raises: ModelNotListed, OSError.
    """
    model_manifest.check(model)
    live = LiveModel(model, digest(model), fingerprint(), publication, time.time())
    _replace(pointer(), json.dumps({**vars(live), "path": name_of(model)}))
    return live


def name_of(model: Path) -> str:
    """How a model is noted down: the data folder may move."""
    return model.relative_to(folder()).as_posix() if model.is_relative_to(folder()) else str(model)


def path_of(name: str) -> Path:
    """The file of a model that was noted down."""
    return folder() / name  # an absolute path stays one


def model_to_start(trained: Path) -> Path:
    """The published model if it is whole and made on top of the present training data, else the trained one."""
    live = published()
    if live is None:
        return trained
    try:
        live.check()
    except (OSError, ModelChanged, ModelNotListed):
        return trained
    return live.path


def published() -> LiveModel | None:
    """The model that was put live on top of the present training data."""
    try:
        live = read()
    except PointerUnreadable:
        return None
    return live if live and live.base == fingerprint() else None


def _replace(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    new = path.with_name(f"{path.name}.{os.getpid()}")
    with new.open("w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    os.replace(new, path)
