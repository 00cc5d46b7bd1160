"""Runs the project's own commands in a copy of the project, and tells of each step that they print."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from assistant import training
from assistant.model_manifest import digest
from assistant.settings import PROJECT_DIR, var_dir

# All that training and evaluation read; the packages are those of this process.
_FILES = ("config.yml", "domain.yml", "uv.lock", "clinic.yml", "endpoints.yml")
_FOLDERS = ("data", "assistant", "benchmarks", "tests/questions")
_TRAINED = re.compile(r"Starting to train component '(\w+)'")
_PARTS = ("single questions", "with typos", "several questions", "follow-ups")
Told = Callable[[float], None]  # told how much of a step is done, from 0 to 1


class CommandFailed(RuntimeError):
    """A command of the project failed; its log is with the publication."""


def copy_project(tree: Path) -> None:
    """Copy what is trained from and evaluated, so that nothing that is done shows in the project itself."""
    skipped = shutil.ignore_patterns("__pycache__", "node_modules")
    for name in _FOLDERS:
        shutil.copytree(PROJECT_DIR / name, tree / name, ignore=skipped)
    for name in _FILES:
        shutil.copy2(PROJECT_DIR / name, tree / name)


def train(tree: Path, model: Path, log: Path, told: Told) -> None:
    """Train a copy of the project. Raises: CommandFailed."""
    steps, done = _count_of_components(tree), 0
    for line in _run(training.command(model), tree, log):
        if _TRAINED.search(line):
            done += 1
            told(min(done / steps, 1))
    if not model.exists():
        raise CommandFailed("training")


def evaluate(tree: Path, model: Path, log: Path, told: Told) -> dict[str, Any]:
    """Evaluate a model by the questions and the code of a copy of the project; known results are taken over.

    Raises: CommandFailed.
    """
    known = var_dir() / "publications" / "evaluations" / f"{_key(tree, model)}.json"
    if not known.exists():
        known.parent.mkdir(parents=True, exist_ok=True)
        new = log.with_suffix(".json")
        command = [sys.executable, "-W", "ignore", "-m", "benchmarks.evaluate", "--model", str(model.resolve())]
        for line in _run([*command, "--json", str(new.resolve())], tree, log):
            if line.strip() in _PARTS:
                told((_PARTS.index(line.strip()) + 1) / len(_PARTS))
        new.replace(known)
    result: dict[str, Any] = json.loads(known.read_text(encoding="utf-8"))
    return result


def _run(command: Sequence[str], tree: Path, log: Path) -> Iterator[str]:
    """The lines that a command prints; all go to its log. It is ended if nobody wants them any more."""
    environment = {**training.quiet_environment(), "VAR_DIR": str(var_dir().resolve())}
    with log.open("w", encoding="utf-8") as copy:
        process = subprocess.Popen(
            list(command), cwd=tree, env=environment, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        )
        try:
            for line in process.stdout or ():
                copy.write(line)
                yield line
        finally:
            if process.stdout:
                process.stdout.close()
            if process.poll() is None:
                process.terminate()
            code = process.wait()
    if code:
        raise CommandFailed(log.stem)


def _count_of_components(tree: Path) -> int:
    return (tree / "config.yml").read_text(encoding="utf-8").count("\n- name:") or 1


def _key(tree: Path, model: Path) -> str:
    """What the outcome of an evaluation depends on."""
    sha256 = hashlib.sha256(digest(model).encode())
    for pattern in ("tests/questions/*.yml", "assistant/**/*.py", "benchmarks/*.py", "clinic.yml"):
        for path in sorted(tree.glob(pattern)):
            sha256.update(path.relative_to(tree).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    return sha256.hexdigest()[:32]
