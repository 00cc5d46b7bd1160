"""Each part of the assistant alone, as its container runs it: user without rights, read-only root, a shared folder."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from assistant import roles, run
from tests.conftest import PROJECT_DIR, needs

from .parts import Parts, can_contain

needs_containment = needs(can_contain(), "root, and mount namespaces")


@pytest.fixture
def parts(tmp_path: Path) -> Iterator[Parts]:
    made = Parts(tmp_path)
    yield made
    made.remove()


@needs_containment
def test_the_root_is_read_only_in_these_tests(parts: Parts) -> None:
    command = parts.command()
    probe = [*command[: command.index(sys.executable)], "touch", "/mnt/written", str(PROJECT_DIR / "written")]
    result = subprocess.run(probe, env=parts.variables, capture_output=True, text=True)
    assert result.returncode == 1
    assert len(re.findall("Read-only file system|Permission denied", result.stderr)) == 2
    allowed = [
        *command[: command.index(sys.executable)],
        "touch",
        str(parts.var / "written"),
        str(parts.tmp / "written"),
    ]
    assert subprocess.run(allowed, env=parts.variables).returncode == 0


def test_each_part_runs_the_command_that_make_run_starts(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("VAR_DIR", str(tmp_path))
    services = {service.name: list(service.command) for service in run._services(Path("model.tar.gz"))}
    assert services.pop("server") == roles.server_command(Path("model.tar.gz"), tmp_path / "run" / "endpoints.yml")
    assert services == {role: roles.command_of(role) for role in services}
    assert {*services, "server", "migrate"} == set(roles.ROLES)


@pytest.mark.parametrize(
    ("role", "variables", "said"),
    [
        ("server", {"ACTIONS_TOKEN": ""}, "ACTIONS_TOKEN must be set"),
        ("server", {"ACTIONS_TOKEN": "a token of sixteen", "RASA_PORT": "x"}, "RASA_PORT must be a port number"),
        ("migrate", {"DATABASE_URL": "postgresql://a:secret@127.0.0.1:1/b"}, "the database cannot be used"),
        ("migrate", {"DATABASE_URL": "mysql://a:secret@127.0.0.1/b"}, "DATABASE_URL: write"),
    ],
)
def test_what_is_missing_is_said_in_a_line(role: str, variables: dict[str, str], said: str, tmp_path: Path) -> None:
    command = [sys.executable, "-W", "ignore", "-m", "assistant.roles", role]
    environment = {**os.environ, "VAR_DIR": str(tmp_path), **variables}
    result = subprocess.run(command, cwd=PROJECT_DIR, env=environment, capture_output=True, text=True, timeout=120)
    assert result.returncode == 1
    assert said in result.stderr
    assert len(result.stderr.splitlines()) == 1
    assert "secret" not in result.stderr


def test_a_delivery_that_stands_still_is_not_ready(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("VAR_DIR", str(tmp_path))
    assert not roles.is_ready("delivery")
    alive = tmp_path / "run" / "deliver.alive"
    alive.parent.mkdir()
    alive.touch()
    assert roles.is_ready("delivery")
    os.utime(alive, (0, 0))
    assert not roles.is_ready("delivery")


def test_the_encoder_of_the_image_replaces_an_older_one(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(roles, "PROJECT_DIR", tmp_path / "image")
    monkeypatch.setenv("VAR_DIR", str(tmp_path / "data"))
    roles._bring_encoder()  # none was built
    built = tmp_path / "image" / "var" / "encoder" / "encoder.onnx"
    built.parent.mkdir(parents=True)
    for content in (b"old", b"new"):
        built.write_bytes(content)
        roles._bring_encoder()
        assert [path.name for path in (tmp_path / "data" / "encoder").iterdir()] == ["encoder.onnx"]
        assert (tmp_path / "data" / "encoder" / "encoder.onnx").read_bytes() == content
