"""Makes one publication, as a process of low priority: change, training, evaluation of both models, gates, live.

Its result, as `Publication.result`: `added` (counts), `refused` (texts that were not taken, with reasons), `reasons`
(why it did not go live), and the fields of `gates.Comparison`.
"""

from __future__ import annotations

import os
import secrets
import shutil
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import structlog
from sqlalchemy.engine import Engine
from sqlalchemy.exc import SQLAlchemyError

from assistant import live_pointer, training
from assistant.database import reading, writing
from assistant.nlu.encoder_model import SentenceEncoder
from assistant.settings import PROJECT_DIR
from publishing import commands, gates, publication, verdicts
from publishing.changes import Change, make_change
from publishing.contradictions import contradictions
from publishing.files import ProjectFiles
from publishing.live import folder_of, put_live
from publishing.publication import EVALUATING, REFUSED, TRAINING, NotUnderWay, report
from publishing.verdicts import Entry

logger = structlog.get_logger()

_NICE = 10
_BEAT = 5.0  # seconds between signs of life
_NOTHING = "Nothing waits that could be taught"


def _against(change: Change) -> list[str]:
    examples = ProjectFiles(PROJECT_DIR).examples
    return list(contradictions(change.accepted.examples, examples, SentenceEncoder().encode))


class Worker:
    """Works on one publication."""

    def __init__(self, engine: Engine, publication_id: str) -> None:
        self._engine = engine
        self._id = publication_id
        self._folder = folder_of(publication_id)
        self._tree = self._folder / "tree"
        self._result: dict[str, Any] = {}

    def run(self) -> bool:
        """Work; whether it was brought to an end, live or refused."""
        os.nice(_NICE)
        try:
            with self._alive():
                self._publish()
            return True
        except NotUnderWay:
            logger.info("publishing.stopped", publication=self._id)
        except Exception as error:  # whatever it is, staff must see that it failed
            self._fail(error)
        finally:
            shutil.rmtree(self._tree, ignore_errors=True)
        return False

    def _publish(self) -> None:
        entries, change = self._prepare()
        if change is None:
            return self._refuse([_NOTHING])
        base = training.fingerprint()
        before, model = live_pointer.model_to_start(training.train()), self._folder / "model.tar.gz"
        commands.train(self._tree, model, self._folder / "training.log", self._progress(5, 45, TRAINING, "Training"))
        live = self._evaluate(before, "live", 45, 70)
        comparison = gates.compare(live, self._evaluate(model, "new", 70, 95))
        self._result |= vars(comparison)
        if reasons := comparison.reasons + _against(change):
            return self._refuse(reasons)
        self._report(98, EVALUATING, "Going live")
        put_live(self._engine, self._id, model, self._taught(entries, change), before, base, self._result)
        logger.info("publishing.live", publication=self._id)

    def _evaluate(self, model: Path, name: str, low: int, high: int) -> dict[str, Any]:
        told = self._progress(low, high, EVALUATING, f"Asking the {name} model")
        return commands.evaluate(self._tree, model, self._folder / f"{name}.log", told)

    def _prepare(self) -> tuple[list[Entry], Change | None]:
        """What was ever to be learnt, and the change; None if what waits adds nothing."""
        self._report(1, TRAINING, "Copying the project")
        self._folder.mkdir(parents=True, exist_ok=True)
        shutil.rmtree(self._tree, ignore_errors=True)
        commands.copy_project(self._tree)
        with reading(self._engine) as session:
            entries = verdicts.read_all(session)
        change = make_change(PROJECT_DIR, [entry.lesson for entry in entries])
        (self._folder / "change.patch").write_bytes(change.patch.encode("utf-8"))
        known = make_change(PROJECT_DIR, [entry.lesson for entry in entries if entry.published_in])
        accepted = change.accepted
        self._result = {
            "added": {"examples": accepted.example_count, "questions": accepted.question_count},
            "refused": [vars(refusal) for refusal in accepted.refused],
            "reasons": [],
        }
        if change.is_empty or change.patch == known.patch:
            return entries, None
        change.apply(self._tree)
        return entries, change

    def _taught(self, entries: list[Entry], change: Change) -> list[Entry]:
        refused = change.accepted.refused
        return [entry for entry in entries if not entry.published_in and not entry.is_refused(refused)]

    def _refuse(self, reasons: list[str]) -> None:
        self._result["reasons"] = reasons
        (self._folder / "model.tar.gz").unlink(missing_ok=True)
        with writing(self._engine) as session:
            publication.finish(session, self._id, REFUSED, "Not put live", result=self._result)
        logger.info("publishing.refused", publication=self._id, reasons=len(reasons))

    def _fail(self, error: Exception) -> None:
        error_id = secrets.token_hex(4)
        logger.error("publishing.failed", publication=self._id, error_id=error_id, reason=type(error).__name__)
        (self._folder / "model.tar.gz").unlink(missing_ok=True)
        self._result |= {"error_id": error_id}
        step = f"Failed ({type(error).__name__}, {error_id})"[:96]
        try:
            with writing(self._engine) as session:
                publication.finish(session, self._id, publication.FAILED, step, result=self._result)
        except (SQLAlchemyError, NotUnderWay):  # then it is found dead
            logger.error("publishing.failed.untold", publication=self._id, error_id=error_id)

    def _report(self, progress: int, state: str, step: str) -> None:
        report(self._engine, self._id, progress=progress, state=state, step=step, result=self._result)

    def _progress(self, low: int, high: int, state: str, step: str) -> Callable[[float], None]:
        """Notes that a step begins; what comes back notes how much of it is done."""

        def told(share: float) -> None:
            self._report(low + round((high - low) * share), state, step)

        told(0)
        return told

    @contextmanager
    def _alive(self) -> Iterator[None]:
        """Give signs of life."""
        over = threading.Event()

        def beat() -> None:
            while not over.wait(_BEAT):
                try:
                    report(self._engine, self._id)
                except (SQLAlchemyError, OSError, NotUnderWay):  # the work itself meets the same
                    time.sleep(0)

        thread = threading.Thread(target=beat, daemon=True)
        thread.start()
        try:
            yield
        finally:
            over.set()
            thread.join()
