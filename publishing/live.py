"""Puts a publication live, takes it back, starts one: all that changes which model answers visitors."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from sqlalchemy.engine import Engine

from assistant import live_pointer, model_manifest
from assistant.database import writing
from assistant.settings import PROJECT_DIR, var_dir
from assistant.training import fingerprint, quiet_environment
from publishing import publication, verdicts
from publishing.verdicts import Entry

_KEPT = 5  # published models; the live one and those before it


class NotLive(RuntimeError):
    """Only what was put live last can be taken back; the text says what is the matter, in words for staff."""


class BaseChanged(RuntimeError):
    """The project's own training data changed while a publication was made."""


def start(engine: Engine, by: str) -> str:
    """Publish what waits, in a process of its own; the publication's id.

    Raises: AnotherUnderWay.
    """
    new = publication.request(engine, by)
    log = folder_of(new) / "worker.log"
    log.parent.mkdir(parents=True)
    with log.open("ab") as file:
        process = subprocess.Popen(
            [sys.executable, "-W", "ignore", "-m", "publishing", "run", new],
            cwd=PROJECT_DIR,
            env=quiet_environment(),
            stdin=subprocess.DEVNULL,
            stdout=file,
            stderr=file,
            start_new_session=True,
        )
    threading.Thread(target=process.wait, daemon=True).start()  # so that it leaves no dead entry behind
    return new


def folder_of(publication_id: str) -> Path:
    """Where a publication keeps its patch and logs."""
    return var_dir() / "publications" / publication_id


def patch_of(publication_id: str) -> Path:
    """The patch of a publication that `git apply` takes in the project's checkout."""
    return folder_of(publication_id) / "change.patch"


def put_live(
    engine: Engine, publication_id: str, model: Path, taught: Sequence[Entry], before: Path, base: str, result: Any
) -> None:
    """Have visitors answered by a model. Raises: BaseChanged, NotUnderWay."""
    if fingerprint() != base:
        raise BaseChanged("the training data changed meanwhile")
    target = live_pointer.folder() / f"published-{base}-{publication_id}.tar.gz"
    target.parent.mkdir(parents=True, exist_ok=True)
    os.replace(model, target)
    model_manifest.add(target, model_manifest.PUBLISHING)
    names = {"model": live_pointer.name_of(target), "model_before": live_pointer.name_of(before), "base": base}
    with writing(engine) as session:
        publication.serialised(session)
        publication.finish(session, publication_id, publication.LIVE, "Live", result=result, **names)
        verdicts.mark(session, taught, publication_id)
        live_pointer.put_live(target, publication_id)  # last: what fails before it changes nothing
    _remove_old()


def withdraw(engine: Engine, publication_id: str, by: str) -> None:
    """Go back to the model before a publication, whose verdicts wait again; or stop one that is under way.

    Raises: UnknownPublication, NotLive.
    """
    with writing(engine) as session:
        publication.serialised(session)
        found = publication.find(session, publication_id)
        if found.is_under_way:
            publication.set_withdrawn(session, publication_id, f"Stopped by {by}")
            return
        newest = publication.newest_live(session, fingerprint())
        if newest is None or newest.id != publication_id:
            raise NotLive("Only the publication that was put live last can be taken back.")
        before = live_pointer.path_of(found.model_before or "")
        if not before.is_file():
            raise NotLive("The model before it is no longer kept.")
        publication.set_withdrawn(session, publication_id, f"Taken back by {by}")
        verdicts.release(session, publication_id)
        earlier = publication.newest_live(session, fingerprint())
        try:
            live_pointer.put_live(before, earlier.id if earlier else None)
        except model_manifest.ModelNotListed:
            raise NotLive("The model before it is not the one that was made.") from None
    live_pointer.path_of(found.model or "").unlink(missing_ok=True)


def _remove_old() -> None:
    models = sorted(live_pointer.folder().glob("published-*.tar.gz"), key=lambda path: path.stat().st_mtime)
    for model in models[:-_KEPT]:
        model.unlink(missing_ok=True)
