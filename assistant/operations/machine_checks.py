"""Checks of `doctor` that need no database: each says what is well, or raises Problem."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from datetime import date

from assistant import live_pointer, logs, metrics, model_manifest
from assistant.channels.table import configured
from assistant.channels.webchat_settings import WebchatSettings
from assistant.clinic import Clinic
from assistant.keys import KeyProblem, load_keys
from assistant.operations import keyring
from assistant.operations.problems import Problem
from assistant.settings import var_dir
from assistant.training import current_model
from bookings.deliver import configured_targets
from bookings.settings import BookingSettings
from knowledge.reviews import due_dials, read_helplines

_LEAST_FREE = 1 << 30  # bytes; a training needs some hundred megabytes, the rest is for logs and backups
_PORTS = ("RASA_PORT", "ACTIONS_PORT", "WEB_PORT")
_SHORTEST_TOKEN = 16


def settings() -> str:
    """Whether the environment and `clinic.yml` can be understood."""
    readers: tuple[Callable[[], object], ...] = (
        logs.log_format,
        metrics.port,
        _ports,
        _actions_token,
        Clinic.load,
        configured_targets,
        lambda: BookingSettings.from_env(os.environ),
        lambda: WebchatSettings.from_env(os.environ),
        lambda: configured(os.environ),
    )
    problems = []
    for read in readers:
        try:
            read()
        except ValueError as problem:  # all of them name variables, never their values
            problems.append(str(problem))
    if problems:
        raise Problem("; ".join(problems))
    channels = sorted(configured(os.environ))
    return f"understood; channels beside the website: {', '.join(channels) or 'none'}"


def keys() -> str:
    """Whether each key is one. None is made."""
    there = keyring.present()
    try:
        for name in there:
            load_keys(keyring.KEYS[name], name)
    except KeyProblem as problem:
        raise Problem(str(problem)) from None
    missing = [name for name in keyring.KEYS if name not in there]
    if missing and there:
        raise Problem(f"missing: {', '.join(missing)}; new ones are made at the next start, which open nothing old")
    return f"{len(there)} keys" if there else "none yet; they are made at the first start"


def file_modes() -> str:
    """Whether nobody but the owner reads keys, databases and what waits."""
    folder, count, open_ones = var_dir(), 0, []
    for pattern in ("*.key", "*.db", "*.db-wal", "erased.log", "spool", "spool/*"):
        for path in folder.glob(pattern):
            count += 1
            if path.stat().st_mode & 0o077:
                open_ones.append(str(path.relative_to(folder)))
    if open_ones:
        raise Problem(f"others can get at {', '.join(sorted(open_ones)[:8])}: chmod go= them")
    return f"{count} files are their owner's only"


def disk() -> str:
    """Whether there is room to write."""
    folder = var_dir()
    usage = shutil.disk_usage(folder if folder.exists() else folder.parent)
    told = f"{usage.free / 1e9:.1f} GB free"
    if usage.free < _LEAST_FREE:
        raise Problem(f"only {told}")
    return told


def model() -> str:
    """Whether the model that would start is there, and is the file that was made."""
    path = live_pointer.model_to_start(current_model())
    if not path.exists():
        raise Problem(f"{path.name} is not there: python -m assistant.training")
    try:
        model_manifest.check(path)
    except model_manifest.ModelNotListed as problem:
        raise Problem(str(problem)) from None
    return f"{path.name}, SHA-256 {(model_manifest.listed(path) or '')[:12]}…"


def encoder() -> str:
    """Whether the sentence encoder is built."""
    for path in (var_dir() / "encoder").glob("*.onnx"):
        return f"{path.name}, {path.stat().st_size / 1e6:.0f} MB"
    raise Problem("it is not built: make setup")


def helplines() -> str:
    """Whether somebody has tried each number for help lately."""
    lines = read_helplines()
    due = due_dials(lines, date.today())
    if due:
        raise Problem(f"{len(due)} of {len(lines)} numbers for help are to be tried: make reviews")
    return f"all {len(lines)} numbers were tried lately"


def _ports() -> None:
    for name in _PORTS:
        value = os.environ.get(name, "")
        if value and (not value.isdecimal() or not 0 < int(value) < 65536):
            raise ValueError(f"{name} must be a port number")


def _actions_token() -> None:
    token = os.environ.get("ACTIONS_TOKEN", "")
    if token and len(token) < _SHORTEST_TOKEN:
        raise ValueError(f"ACTIONS_TOKEN must have {_SHORTEST_TOKEN} characters or more")
