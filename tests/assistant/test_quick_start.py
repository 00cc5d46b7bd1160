"""A server starts without the libraries that only parts of Rasa need which this assistant does not use."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tarfile
from pathlib import Path

from rasa.shared.core.domain import Domain

from tests.conftest import PROJECT_DIR, load_yaml

_START = "from assistant import quick_start; quick_start.import_rasa(); "


def _run(code: str) -> str:
    command = [sys.executable, "-W", "ignore", "-c", _START + code]
    done = subprocess.run(command, cwd=PROJECT_DIR, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_tensorflow_is_not_loaded_and_seems_not_to_be_installed() -> None:
    code = """
import sys
loaded = [name for name, module in sys.modules.items() if module and name.split(".")[0] in quick_start._LEFT_OUT]
try:
    import tensorflow
except ImportError:
    print(loaded, "not there")
"""
    assert _run(code) == "[] not there"


def test_what_needs_it_refuses_to_be_used_and_says_why() -> None:
    code = """
from rasa.utils.tensorflow.layers import RandomlyConnectedDense
try:
    RandomlyConnectedDense(1)
except quick_start.NotLoaded as problem:
    print(problem)
"""
    assert "RandomlyConnectedDense was used, but a server does not load it" in _run(code)


def test_a_model_whose_domain_was_checked_at_its_training_is_read_as_it_is(tmp_path: Path) -> None:
    shutil.copy(PROJECT_DIR / "domain.yml", tmp_path)
    code = f"from rasa.shared.core.domain import Domain; print(Domain.from_path({str(tmp_path)!r}).fingerprint())"
    assert _run(code) == Domain.from_path(str(tmp_path)).fingerprint()


def test_an_archive_that_would_write_outside_its_folder_is_refused(tmp_path: Path) -> None:
    with tarfile.open(tmp_path / "bad.tar.gz", "w:gz") as archive:
        archive.addfile(tarfile.TarInfo("../outside"))
    code = f"""
from pathlib import Path
from rasa.engine.storage.local_model_storage import LocalModelStorage
try:
    LocalModelStorage._extract_archive_to_directory({str(tmp_path / "bad.tar.gz")!r}, Path({str(tmp_path)!r}))
except Exception as problem:
    print(type(problem).__name__)
"""
    assert _run(code) == "OutsideDestinationError" and not (tmp_path.parent / "outside").exists()


def test_unused_objects_are_collected_again_once_the_server_runs() -> None:
    code = "import gc; before = gc.isenabled(); quick_start.loaded(); print(before, gc.isenabled())"
    assert _run(code) == "False True"


def test_the_configuration_names_no_part_that_needs_what_is_left_out() -> None:
    config = load_yaml("config.yml")
    parts = [part["name"] for part in config["pipeline"] + config["policies"]]
    others = [name for name in (*load_yaml("credentials.yml"), *parts) if not name.startswith("assistant.")]
    kinds = [part["type"] for part in load_yaml("endpoints.yml").values() if "type" in part]
    assert others == [] and all(kind.startswith("assistant.") for kind in kinds)
