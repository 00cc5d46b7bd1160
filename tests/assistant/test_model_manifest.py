"""A model is loaded only if it is, byte for byte, one that training or publishing has made."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from rasa.core.agent import Agent, load_agent
from rasa.engine.storage.local_model_storage import LocalModelStorage

from assistant import live_pointer, metrics, model_guard, model_manifest
from assistant.model_manifest import ModelNotListed
from assistant.training import current_model, train
from tests.databases import at_once


@pytest.fixture
def model(tmp_path: Path) -> Path:
    model = Path(shutil.copy(train(), tmp_path / "clinic-1.tar.gz"))
    model_manifest.add(model, model_manifest.TRAINING)
    return model


@pytest.fixture
def guarded() -> Iterator[None]:
    before = LocalModelStorage.__dict__["from_model_archive"]
    model_guard.guard_models()
    yield
    LocalModelStorage.from_model_archive = before
    delattr(LocalModelStorage, model_guard._GUARDED)


def flip(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def test_the_trained_model_is_listed() -> None:
    assert model_manifest.listed(train()) == model_manifest.digest(current_model())


@pytest.mark.parametrize("text", ["", "{", "[]", '{"clinic-1.tar.gz": 1}', '{"clinic-1.tar.gz": {}}', "\xff"], ids=repr)
def test_with_a_manifest_that_cannot_be_read_nothing_is_loaded(model: Path, text: str) -> None:
    (model.parent / model_manifest.NAME).write_text(text, encoding="latin-1")
    with pytest.raises(ModelNotListed):
        model_manifest.check(model)


def test_many_that_list_models_at_once_lose_none(tmp_path: Path) -> None:
    models = [tmp_path / f"{number}.tar.gz" for number in range(8)]
    for one in models:
        one.write_text(one.name)
    at_once(8, lambda index: model_manifest.add(models[index], model_manifest.PUBLISHING))
    assert all(model_manifest.is_whole(one) for one in models)


def test_models_that_are_gone_leave_the_manifest(model: Path) -> None:
    other = model.with_name("other.tar.gz")
    other.write_text("x")
    model.unlink()
    model_manifest.add(other, model_manifest.PUBLISHING)
    assert list(json.loads((other.parent / model_manifest.NAME).read_text())) == ["other.tar.gz"]


async def loaded(model: Path) -> Any:
    agent: Agent = await load_agent(model_path=str(model))
    return agent.processor


async def test_the_guard_lets_a_listed_model_in(model: Path, guarded: None) -> None:
    assert await loaded(model) is not None


@pytest.mark.parametrize("damage", ["a flipped byte", "not listed", "another model under its name"])
async def test_the_guard_keeps_others_out_and_says_so(model: Path, guarded: None, damage: str) -> None:
    if damage == "a flipped byte":
        flip(model)
    elif damage == "not listed":
        model = model.rename(model.with_name("mine.tar.gz"))
    else:
        model.write_bytes(train().read_bytes() + b"\0")
    before = metrics.SERVER.get_sample_value("assistant_model_refused_total") or 0
    assert await loaded(model) is None  # Rasa goes on without a model, and so it is not ready
    assert metrics.SERVER.get_sample_value("assistant_model_refused_total") == before + 1


def test_a_model_that_nobody_has_made_cannot_be_put_live(
    model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VAR_DIR", str(tmp_path))
    flip(model)
    with pytest.raises(ModelNotListed):
        live_pointer.put_live(model, "1")
    assert live_pointer.read() is None
