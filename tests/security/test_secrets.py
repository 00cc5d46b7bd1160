"""The scan for secrets: what is planted is found, what is known passes, and what is gone has to leave the list."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from security import secrets_scan
from tests.conftest import PROJECT_DIR

# Put together here, so that this file holds none.
PLANTED = {
    "an AWS key": "aws_id = '" + "AKIA" + "QYLPMN5HHHFPZAM2" + "'\n",
    "a private key": "-----BEGIN RSA PRIVATE " + "KEY-----\nMIIEpAIBAAKCAQEA\n",
    "a Slack token": "token = 'xox" + "b-1234567890-0987654321-AbCdEfGhIjKlMnOpQrStUvWx'\n",
    "a password in a setting": "password = 'Tr0ub4dor" + "-and-3-more'\n",
    "an address with a password": "DATABASE_URL = 'postgresql://clinic:" + "s3cretly@db.clinic.test/chat'\n",
}


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A few files of the project, as a checkout of its own."""
    for name in ("assistant/keys.py", "bookings/reference.py", "docs/channels.md"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(PROJECT_DIR / name, tmp_path / name)
    subprocess.run(["git", "init", "--quiet"], cwd=tmp_path, check=True)
    subprocess.run(["git", "add", "--all"], cwd=tmp_path, check=True)
    return tmp_path


def known_of(checkout: Path) -> set[secrets_scan.Found]:
    return set(secrets_scan.scan(checkout, secrets_scan.tracked(checkout)))


@pytest.mark.parametrize("what", PLANTED)
def test_a_planted_secret_is_found(checkout: Path, what: str) -> None:
    known = known_of(checkout)
    path = checkout / "assistant" / "keys.py"
    path.write_text(path.read_text() + PLANTED[what])
    problems = secrets_scan.compare(known_of(checkout), known)
    assert problems and all(problem.startswith("assistant/keys.py:") for problem in problems)


def test_what_is_known_passes_wherever_its_line_is(checkout: Path) -> None:
    known = known_of(checkout)
    assert known
    path = checkout / "bookings" / "reference.py"
    path.write_text("\n\n" + path.read_text())
    assert secrets_scan.compare(known_of(checkout), known) == []


def test_what_is_gone_has_to_leave_the_list(checkout: Path) -> None:
    known = known_of(checkout)
    (checkout / "bookings" / "reference.py").write_text("")
    (problem,) = secrets_scan.compare(known_of(checkout), known)
    assert "is gone" in problem


def test_a_reason_is_asked_for() -> None:
    entry = {"file": "x", "type": "Secret Keyword", "reason": "ok", "hashes": ["1"]}
    with pytest.raises(ValueError):
        secrets_scan.read_known([entry])
