"""The image's recipe: read by a linter and by hand, and its files tried without a container."""

from __future__ import annotations

import importlib.metadata
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import tomli

from assistant import roles, training
from publishing import commands
from tests.conftest import PROJECT_DIR, needs

from .parts import USER, Parts, can_contain

FILE = PROJECT_DIR / "deploy" / "Containerfile"
HADOLINT = PROJECT_DIR / "tests/deploy/.venv/bin/hadolint"


@dataclass
class Stage:
    name: str
    image: str
    steps: list[tuple[str, str]] = field(default_factory=list)

    def all(self, instruction: str) -> list[str]:
        return [rest for name, rest in self.steps if name == instruction]

    @property
    def copied(self) -> list[tuple[list[str], str]]:
        """Sources in the project, and where they go."""
        words = [shlex.split(rest) for rest in self.all("COPY")]
        return [(parts[:-1], parts[-1]) for parts in words if not parts[0].startswith("--from=")]


def stages() -> dict[str, Stage]:
    text = re.sub(r"^#.*\n", "", FILE.read_text(encoding="utf-8"), flags=re.M).replace("\\\n", " ")
    arguments, found = dict(re.findall(r"^ARG (\w+)=(\S+)$", text, flags=re.M)), {}
    for line in text.splitlines():
        name, _, rest = line.partition(" ")
        if name == "FROM":
            image, stage = re.fullmatch(r"(\S+) AS (\w+)", rest).groups()  # type: ignore[union-attr]
            given = re.fullmatch(r"\$\{(\w+)\}", image)
            found[stage] = Stage(stage, arguments[given[1]] if given else image)
        elif name and found:
            found[stage].steps.append((name, rest.strip()))
    return found


@pytest.fixture
def tree(tmp_path: Path) -> Iterator[Path]:
    """The project as it is in the image: what the recipe copies, with the model and the encoder of this checkout."""
    folder = tmp_path / "app"
    ignored = shutil.ignore_patterns("__pycache__", "node_modules")
    for name in ("packages", "trained"):
        for sources, target in stages()[name].copied:
            for source in sources:
                there = folder / target / source if target == "./" else folder / target
                there.parent.mkdir(parents=True, exist_ok=True)
                if (PROJECT_DIR / source).is_dir():
                    shutil.copytree(PROJECT_DIR / source, there, ignore=ignored)
                else:
                    shutil.copyfile(PROJECT_DIR / source, there)
    shutil.copytree(PROJECT_DIR / "widget" / "dist", folder / "widget" / "dist")
    model = training.train()
    shutil.copytree(
        model.parent,
        folder / "models",
        ignore=lambda _, names: [n for n in names if n.endswith(".gz") and n != model.name],
    )
    shutil.copytree(PROJECT_DIR / "var" / "encoder", folder / "var" / "encoder")
    yield folder


def test_a_linter_finds_nothing() -> None:
    result = subprocess.run([HADOLINT, FILE], capture_output=True, text=True)
    assert result.returncode == 0, result.stdout


def test_what_is_copied_exists_and_reaches_the_builder() -> None:
    ignored = (PROJECT_DIR / ".dockerignore").read_text(encoding="utf-8").splitlines()
    sent = {line[1:] for line in ignored if line.startswith("!")}
    assert ignored[1] == "*", "only what is listed is sent"
    for stage in stages().values():
        for sources, _ in stage.copied:
            for source in sources:
                assert (PROJECT_DIR / source).exists(), source
                assert source in sent or source.partition("/")[0] in sent, source
    copied = {source for stage in stages().values() for sources, _ in stage.copied for source in sources}
    assert {line for line in sent if line != "widget"} <= copied, "nothing else is sent"
    assert not re.search(r"\.env|\bvar\b|\.git|models", " ".join(sent))


def test_images_have_versions_and_the_last_is_slim() -> None:
    found = stages()
    assert list(found) == ["widget", "packages", "trained", "runtime"]
    for stage in found.values():
        if stage.image not in found:
            assert re.search(r":\d+\.\d+\.\d+-[a-z]+-slim$|:\d+\.\d+\.\d+-slim-[a-z]+$", stage.image), stage.image
    assert found["runtime"].image == found["packages"].image
    assert "slim" in found["runtime"].image
    assert not found["runtime"].copied, "it takes only what was built"
    assert (PROJECT_DIR / ".python-version").read_text(encoding="utf-8").strip() in found["packages"].image


def test_packages_are_those_of_the_lock_file_and_no_others() -> None:
    (synced,) = [step for step in stages()["packages"].all("RUN") if "uv sync" in step]
    assert {"--frozen", "--no-default-groups"} <= set(synced.split())
    assert "npm ci" in " ".join(stages()["widget"].all("RUN"))
    trained = " ".join(stages()["trained"].all("RUN"))
    assert trained.index("assistant.nlu.encoder_model") < trained.index("assistant.training")


def test_it_runs_as_somebody_without_rights() -> None:
    runtime = stages()["runtime"]
    assert runtime.all("USER") == [f"{USER}:{USER}"]
    assert runtime.steps.index(("USER", f"{USER}:{USER}")) > max(
        i for i, (name, _) in enumerate(runtime.steps) if name in ("RUN", "COPY")
    )
    assert runtime.all("VOLUME") == ["/var/lib/assistant"]
    assert "VAR_DIR=/var/lib/assistant" in runtime.all("ENV")[0].split()
    assert not any("--chown" in rest for rest in runtime.all("COPY")), "the code stays root's"


def test_one_image_has_all_parts() -> None:
    runtime = stages()["runtime"]
    assert runtime.all("ENTRYPOINT")[0].endswith('"-m", "assistant.roles"]')
    assert runtime.all("CMD") == ['["server"]']
    assert runtime.all("EXPOSE") == [" ".join(str(port) for _, port in roles.PORTS.values())]
    assert roles.READY["server"] == "/readyz"
    assert runtime.all("HEALTHCHECK")[0].endswith('"-m", "assistant.roles", "check", "server"]')


def test_what_staff_teach_finds_all_that_it_copies() -> None:
    copied = {source for stage in stages().values() for sources, _ in stage.copied for source in sources}
    assert {*commands._FILES, *commands._FOLDERS} <= copied


def modules_for_development() -> set[str]:
    """Modules of packages that this checkout has and the image has not."""
    lock = tomli.loads((PROJECT_DIR / "uv.lock").read_text(encoding="utf-8"))
    needs = {one["name"]: one for one in lock["package"]}
    seen, waiting = set(), ["soft-reboot-assistant"]
    while waiting:
        if (name := waiting.pop()) in seen:
            continue
        seen.add(name)
        extras = (one for group in needs[name].get("optional-dependencies", {}).values() for one in group)
        waiting += [one["name"] for one in (*needs[name].get("dependencies", ()), *extras)]
    installed = importlib.metadata.packages_distributions()
    named = {module: {re.sub(r"[-_.]+", "-", one).lower() for one in names} for module, names in installed.items()}
    return {module for module, names in named.items() if names.isdisjoint(seen) and names <= set(needs)}


def test_no_part_needs_a_package_that_is_only_for_development(tree: Path) -> None:
    blocked = modules_for_development()
    assert {"pytest", "pgserver", "psutil", "playwright"} <= blocked
    assert not {"rasa", "sanic", "numpy", "yaml"} & blocked
    parts = ("actions", "assistant", "assistant.roles", "bookings.deliver", "console", "publishing", "rasa")
    names = [f"{name}.__main__" if (tree / name / "__main__.py").exists() or name == "rasa" else name for name in parts]
    names += ["benchmarks.evaluate", "assistant.nlu.encoder_model", "console.staff.command"]
    code = f"import sys; sys.modules.update(dict.fromkeys({sorted(blocked)!r})); " + "; ".join(
        f"import {name}" for name in names
    )
    result = subprocess.run([sys.executable, "-W", "ignore", "-c", code], cwd=tree, capture_output=True, text=True)
    assert result.returncode == 0, result.stderr


@needs(can_contain(), "root, and mount namespaces")
def test_the_images_files_are_all_that_the_parts_need(tree: Path, tmp_path: Path) -> None:
    (tmp_path / "parts").mkdir()
    parts = Parts(tmp_path / "parts", tree)
    try:
        migrated = parts.run("migrate")
        assert migrated.returncode == 0, migrated.stderr
        for role in ("actions", "web", "delivery", "server"):
            assert parts.run("check", role).returncode == 1
            parts.start(role)
            parts.wait(role)
        assert "raining" not in parts.log("server"), "the image's model is the one of its training data"
        assert "side effects" in parts.say("visitor", "What are the side effects?").lower()
        assert "what name" in parts.say("visitor", "book a consultation").lower()  # the action server has asked
        assert "988" in parts.say("visitor", "I want to die")
        assert set(parts.stop().values()) <= {0, -15, 143}
        assert parts.run("migrate").returncode == 0  # again: nothing to do
    finally:
        parts.remove()
