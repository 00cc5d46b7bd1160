"""Finds the model that fits the present training data, and trains it where there is none."""

from __future__ import annotations

import hashlib
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from assistant import model_manifest
from assistant.settings import PROJECT_DIR

MODELS_DIR = PROJECT_DIR / "models"
_KEPT = 3  # models; older ones are removed after a training
_STEP = re.compile(r"Starting to train component '(\w+)'")


class TrainingFailed(RuntimeError):
    """Rasa could not train; the text holds its own words."""


def current_model() -> Path:
    """The path that the model of the present training data has, trained or not."""
    return MODELS_DIR / f"clinic-{fingerprint()}.tar.gz"


def train() -> Path:
    """Train the model if it is missing, or not as it was made, showing one line a step.

    Raises: TrainingFailed.
    """
    model = current_model()
    if model_manifest.is_whole(model):
        return model
    model.unlink(missing_ok=True)
    say("Training the assistant (a few minutes)…")
    process = subprocess.Popen(
        command(model),
        cwd=PROJECT_DIR,
        env=quiet_environment(),
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    printed = []
    assert process.stdout is not None  # noqa: S101 - asked for above
    for line in process.stdout:
        printed.append(line)
        step = _STEP.search(line)
        if step:
            say(f"  training {step[1]}")
    if process.wait() or not model.exists():
        raise TrainingFailed("".join(printed[-30:]))
    _remove_old()
    model_manifest.add(model, model_manifest.TRAINING)
    say(f"Trained: models/{model.name}")
    return model


def command(model: Path) -> list[str]:
    """The command that trains this project into a model file."""
    return [
        # Rasa's cache would miss changes in the modules that a component only imports; the stories are pairs, which
        # need no mixing; validation has a command of its own (`make data`).
        *(sys.executable, "-m", "rasa", "train", "--force", "--augmentation", "0", "--skip-validation"),
        *("--out", str(model.parent), "--fixed-model-name", model.name[: -len(".tar.gz")]),
    ]


def quiet_environment() -> dict[str, str]:
    """The environment in which Rasa sends nothing to anybody and prints only what matters."""
    return {
        **os.environ,
        "RASA_TELEMETRY_ENABLED": "false",
        "TF_CPP_MIN_LOG_LEVEL": "3",
        "SQLALCHEMY_SILENCE_UBER_WARNING": "1",
        "PYTHONWARNINGS": "ignore",
        "PYTHONUNBUFFERED": "1",
    }


def say(line: str) -> None:
    """Print a line for the person at the terminal, at once."""
    print(line, flush=True)


def fingerprint() -> str:
    """What the present training data is known by: any change of what a model is trained from changes it."""
    digest = hashlib.sha256()
    for path in _training_files():
        digest.update(path.relative_to(PROJECT_DIR).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()[:12]


def _training_files() -> Iterator[Path]:
    yield from (PROJECT_DIR / name for name in ("config.yml", "domain.yml", "uv.lock"))
    for folder, pattern in (("data", "*.*"), ("assistant/nlu", "*.py")):
        yield from sorted((PROJECT_DIR / folder).rglob(pattern))


def _remove_old() -> None:
    models = sorted(MODELS_DIR.glob("clinic-*.tar.gz"), key=lambda path: path.stat().st_mtime)
    for model in models[:-_KEPT]:
        model.unlink()


if __name__ == "__main__":
    try:
        train()
    except TrainingFailed as failed:
        sys.exit(f"Training failed. Rasa said:\n{failed}")
