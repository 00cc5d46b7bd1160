"""Publications in the database: one at a time, readable by all, and never under way for ever."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Engine

from assistant import live_pointer, model_manifest
from assistant.conversations import models
from assistant.database import reading, writing
from publishing import live, publication, verdicts, worker
from publishing.lessons import Lesson
from publishing.live import NotLive
from publishing.publication import AnotherUnderWay, NotUnderWay, UnknownPublication
from publishing.worker import Worker

from ..databases import at_once
from .conftest import add_verdict

LESSON = Lesson("ask_price", "how much dosh for a drip", ("whats the dosh for one",))


def waiting(engine: Engine) -> list[str]:
    with reading(engine) as session:
        return [entry.conversation_id for entry in verdicts.read_all(session) if entry.published_in is None]


def put_live(engine: Engine, new: str, before: Path) -> Path:
    """Put a file live as if it were the model of a publication that taught all that waits."""
    with reading(engine) as session:
        entries = [entry for entry in verdicts.read_all(session) if entry.published_in is None]
    model = live.folder_of(new) / "model.tar.gz"
    model.parent.mkdir(parents=True)
    model.write_text(new)
    live.put_live(engine, new, model, entries, before, live.fingerprint(), {"reasons": []})
    found = live_pointer.read()
    assert found is not None and found.publication == new
    return found.path


def test_one_is_under_way_at_a_time_also_when_many_ask_at_once(engine: Engine) -> None:
    asked = at_once(8, lambda index: publication.request(engine, f"person {index}"))
    assert sum(isinstance(answer, str) for answer in asked) == 1
    assert sum(isinstance(answer, AnotherUnderWay) for answer in asked) == 7


def test_its_progress_can_be_read_and_ends(engine: Engine) -> None:
    new = publication.request(engine, "ann")
    publication.report(engine, new, state=publication.TRAINING, progress=30, step="Training")
    found = publication.read(engine, new)
    assert (found.state, found.progress, found.step, found.by) == ("training", 30, "Training", "ann")
    assert found.is_under_way
    with writing(engine) as session:
        publication.finish(session, new, publication.REFUSED, "Not put live", result={"reasons": ["x"]})
    found = publication.latest(engine)[0]
    assert (found.state, found.progress, found.result) == ("refused", 100, {"reasons": ["x"]})
    with pytest.raises(NotUnderWay):
        publication.report(engine, new, progress=50)
    assert publication.request(engine, "ben") != new


def test_a_publication_whose_worker_died_has_failed_and_another_can_begin(engine: Engine) -> None:
    new = publication.request(engine, "ann")
    table = models.Publication.__table__
    with writing(engine) as session:
        session.execute(table.update().values(seen_at=time.time() - 100))
    assert publication.read(engine, new).state == "failed"
    with pytest.raises(NotUnderWay):
        publication.report(engine, new)
    publication.request(engine, "ben")


def test_an_unknown_publication_is_told(engine: Engine) -> None:
    with pytest.raises(UnknownPublication):
        publication.read(engine, "nothing")
    with pytest.raises(UnknownPublication):
        live.withdraw(engine, "nothing", "ann")


def test_what_goes_live_is_marked_and_taken_back_it_waits_again(engine: Engine, tmp_path: Path) -> None:
    trained = tmp_path / "trained.tar.gz"
    trained.write_text("trained")
    model_manifest.add(trained, model_manifest.TRAINING)
    add_verdict(engine, "a", LESSON)
    first = publication.request(engine, "ann")
    first_model = put_live(engine, first, trained)
    add_verdict(engine, "b", LESSON)
    second = publication.request(engine, "ann")
    second_model = put_live(engine, second, first_model)
    assert waiting(engine) == []
    with pytest.raises(NotLive):
        live.withdraw(engine, first, "ann")
    live.withdraw(engine, second, "ann")
    assert waiting(engine) == ["b"] and not second_model.exists()
    now = live_pointer.read()
    assert now and (now.path, now.publication) == (first_model, first)
    live.withdraw(engine, first, "ann")
    assert waiting(engine) == ["a", "b"]
    now = live_pointer.read()
    assert now and (now.path, now.publication) == (trained, None)
    with pytest.raises(NotLive):
        live.withdraw(engine, first, "ann")


def test_a_model_before_it_that_was_exchanged_is_not_put_back(engine: Engine, tmp_path: Path) -> None:
    trained = tmp_path / "trained.tar.gz"
    trained.write_text("trained")
    model_manifest.add(trained, model_manifest.TRAINING)
    add_verdict(engine, "a", LESSON)
    first = publication.request(engine, "ann")
    model = put_live(engine, first, trained)
    trained.write_text("exchanged")
    with pytest.raises(NotLive):
        live.withdraw(engine, first, "ann")
    now = live_pointer.read()
    assert now and now.path == model and waiting(engine) == []


def test_a_verdict_that_changed_meanwhile_waits_on(engine: Engine, tmp_path: Path) -> None:
    add_verdict(engine, "a", LESSON)
    with reading(engine) as session:
        entries = verdicts.read_all(session)
    with writing(engine) as session:
        session.execute(sa.update(models.Verdict.__table__).values(version=2))
        assert verdicts.mark(session, entries, "p") == 0
    assert waiting(engine) == ["a"]


def test_data_that_changed_while_it_was_trained_keep_a_model_from_going_live(engine: Engine, tmp_path: Path) -> None:
    new = publication.request(engine, "ann")
    with pytest.raises(live.BaseChanged):
        live.put_live(engine, new, tmp_path / "model", [], tmp_path / "before", "older", {})
    assert live_pointer.read() is None


def test_stopped_by_a_person_the_worker_ends_and_nothing_goes_live(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker.os, "nice", lambda _: 0)
    add_verdict(engine, "a", LESSON)
    new = publication.request(engine, "ann")

    def train(*_: Any) -> None:
        live.withdraw(engine, new, "ben")

    monkeypatch.setattr(worker.commands, "train", train)
    monkeypatch.setattr(worker.training, "train", lambda: Path("trained.tar.gz"))
    monkeypatch.setattr(worker.commands, "evaluate", lambda *_: {"questions": [], "goals": []})
    assert Worker(engine, new).run() is False
    found = publication.read(engine, new)
    assert (found.state, found.step) == ("withdrawn", "Stopped by ben")
    assert live_pointer.read() is None and waiting(engine) == ["a"]


@pytest.mark.parametrize("lesson", [None, Lesson("ask_price", examples=("call 415 555 0134",))], ids=["none", "bad"])
def test_where_nothing_can_be_taught_it_is_refused_at_once(
    engine: Engine, monkeypatch: pytest.MonkeyPatch, lesson: Lesson | None
) -> None:
    monkeypatch.setattr(worker.os, "nice", lambda _: 0)
    if lesson:
        add_verdict(engine, "a", lesson)
    new = publication.request(engine, "ann")
    assert Worker(engine, new).run() is True
    found = publication.read(engine, new)
    assert found.state == "refused" and found.result["reasons"] == ["Nothing waits that could be taught"]
    assert len(found.result["refused"]) == (1 if lesson else 0)


def test_a_training_that_fails_is_told_with_an_error_id(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker.os, "nice", lambda _: 0)
    monkeypatch.setattr(worker.training, "train", lambda: Path("trained.tar.gz"))

    def train(*_: Any) -> None:
        raise worker.commands.CommandFailed("training")

    monkeypatch.setattr(worker.commands, "train", train)
    add_verdict(engine, "a", LESSON)
    new = publication.request(engine, "ann")
    assert Worker(engine, new).run() is False
    found = publication.read(engine, new)
    assert found.state == "failed" and found.result["error_id"] in found.step
    assert waiting(engine) == ["a"]
    assert not (live.folder_of(new) / "tree").exists()
    assert live.patch_of(new).read_text().startswith("diff --git")
