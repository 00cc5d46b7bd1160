"""Another model goes live while the server runs: it is taken over if it is whole, and no message is lost."""

from __future__ import annotations

import asyncio
import json
import shutil
from pathlib import Path

import pytest
from rasa.core.agent import Agent
from rasa.core.channels.channel import CollectingOutputChannel, UserMessage
from rasa.utils.endpoints import EndpointConfig
from structlog.testing import capture_logs

from assistant import live_pointer, model_manifest
from assistant.live_model import ModelFollower
from assistant.live_pointer import PointerUnreadable
from assistant.training import train


@pytest.fixture(scope="module")
def agent() -> Agent:
    return Agent.load(str(train()), generator=EndpointConfig(type="assistant.answers.ClinicAnswers"))


@pytest.fixture(autouse=True)
def published(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A model that could be put live, in a data folder of its own."""
    encoder = live_pointer.var_dir() / "encoder"
    monkeypatch.setenv("VAR_DIR", str(tmp_path))
    (tmp_path / "encoder").symlink_to(encoder.resolve())
    live_pointer.folder().mkdir()
    model = Path(shutil.copy(train(), live_pointer.folder() / "published-1.tar.gz"))
    model_manifest.add(model, model_manifest.PUBLISHING)
    return model


async def answer(agent: Agent, text: str) -> str:
    output = CollectingOutputChannel()
    await agent.handle_message(UserMessage(text, output, text))
    return "\n".join(reply["text"] for reply in output.messages)


def test_the_trained_model_starts_where_none_is_published() -> None:
    assert live_pointer.model_to_start(train()) == train()


def test_a_published_model_starts_until_the_training_data_changes(
    published: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    trained = train()
    live_pointer.put_live(published, "1")
    assert live_pointer.model_to_start(trained) == published
    monkeypatch.setattr(live_pointer, "fingerprint", lambda: "other")
    assert live_pointer.model_to_start(trained) == trained


def test_a_published_model_that_was_damaged_does_not_start(published: Path) -> None:
    live_pointer.put_live(published, "1")
    published.write_bytes(b"half a model")
    assert live_pointer.model_to_start(train()) == train()


@pytest.mark.parametrize("text", ["", "{", "[]", '{"path": "x"}', "\xff"], ids=repr)
def test_a_pointer_that_names_no_model_is_told_and_the_trained_one_starts(text: str) -> None:
    live_pointer.pointer().write_text(text, encoding="latin-1")
    with pytest.raises(PointerUnreadable):
        live_pointer.read()
    assert live_pointer.model_to_start(train()) == train()


async def test_messages_on_the_way_are_answered_while_the_model_changes(agent: Agent, published: Path) -> None:
    before, follower = agent.processor, ModelFollower()
    live_pointer.put_live(published, "1")
    change = asyncio.ensure_future(follower.look(agent))
    said = []
    while not change.done():
        said.append(await answer(agent, "is it safe"))
        await asyncio.sleep(0.05)
    assert agent.model_name == published.name and agent.processor is not before
    assert len(said) > 1 and set(said) == {await answer(agent, "is it safe")}
    await follower.look(agent)  # nothing has changed since
    assert agent.model_name == published.name


@pytest.mark.parametrize("damage", ["not an archive", "gone", "another file", "a flipped byte", "not listed"])
async def test_a_model_that_cannot_be_loaded_leaves_the_old_one_and_an_error_id(
    agent: Agent, published: Path, damage: str
) -> None:
    before, follower = agent.processor, ModelFollower()
    if damage == "not an archive":
        published.write_bytes(b"garbage")
        model_manifest.add(published, model_manifest.PUBLISHING)
    live_pointer.put_live(published, "1")
    if damage == "gone":
        published.unlink()
    elif damage == "another file":
        published.write_bytes(published.read_bytes() + b"\0")
    elif damage == "a flipped byte":
        content = bytearray(published.read_bytes())
        content[len(content) // 2] ^= 1
        published.write_bytes(content)
    elif damage == "not listed":
        (published.parent / model_manifest.NAME).unlink()
    with capture_logs() as logs:
        await follower.look(agent)
        await follower.look(agent)
    assert agent.processor is before
    assert await answer(agent, "is it safe")
    assert [entry["event"] for entry in logs] == ["live_model.failed"]  # told once, not each second
    assert logs[0]["error_id"]


async def test_a_server_that_starts_ignores_what_was_published_on_top_of_older_data(
    agent: Agent, published: Path
) -> None:
    live_pointer.put_live(published, "1")
    entries = json.loads(live_pointer.pointer().read_text())
    live_pointer.pointer().write_text(json.dumps({**entries, "base": "older"}))
    before = agent.processor
    await ModelFollower().look(agent)
    assert agent.processor is before
