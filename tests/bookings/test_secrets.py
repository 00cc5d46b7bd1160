"""What is stored opens with its key, in its field, unchanged; the key is made once and is nobody else's to read."""

from __future__ import annotations

import base64
import logging
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.keys import KeyProblem
from bookings.secrets import ContactCipher, Unreadable
from tests.conftest import PROJECT_DIR
from tests.databases import at_once


@pytest.fixture
def var(tmp_path: Path, monkeypatch) -> Path:
    monkeypatch.delenv("BOOKINGS_KEY", raising=False)
    monkeypatch.setenv("VAR_DIR", str(tmp_path / "var"))
    return tmp_path / "var"


@given(text=st.text(st.characters(exclude_categories=["Cs"])))
def test_what_is_written_is_read(text: str) -> None:
    cipher = ContactCipher(b"k" * 32)
    assert cipher.decrypt(cipher.encrypt(text, "requests.name"), "requests.name") == text


def test_the_same_text_never_looks_the_same_and_nothing_of_it_shows(cipher: ContactCipher) -> None:
    stored = {cipher.encrypt("maria@example.org", "requests.contact") for _ in range(50)}
    assert len(stored) == 50
    assert not any(b"maria" in blob for blob in stored)


def test_a_value_in_another_field_does_not_open(cipher: ContactCipher) -> None:
    with pytest.raises(Unreadable, match="requests.name"):
        cipher.decrypt(cipher.encrypt("Maria", "requests.contact"), "requests.name")


def test_a_value_of_another_key_says_so(cipher: ContactCipher) -> None:
    with pytest.raises(Unreadable, match="another key"):
        ContactCipher(b"o" * 32).decrypt(cipher.encrypt("Maria", "requests.name"), "requests.name")


def test_any_changed_bit_and_any_cut_is_noticed(cipher: ContactCipher) -> None:
    blob = cipher.encrypt("Maria", "requests.name")
    damaged = [blob[:at] + bytes([blob[at] ^ 1]) + blob[at + 1 :] for at in range(len(blob))]
    damaged += [blob[:length] for length in range(len(blob))]
    for value in damaged:
        with pytest.raises(Unreadable):
            cipher.decrypt(value, "requests.name")


def test_the_key_is_not_shown(cipher: ContactCipher) -> None:
    assert "k" * 8 not in f"{cipher!r} {cipher}"


def test_a_derived_key_is_its_own_and_stays_the_same(cipher: ContactCipher) -> None:
    keys = {cipher.derive("booking-link"), cipher.derive("other"), ContactCipher(b"o" * 32).derive("booking-link")}
    assert len(keys) == 3 and b"k" * 32 not in keys
    assert cipher.derive("booking-link") == ContactCipher(b"k" * 32).derive("booking-link")


def test_the_key_of_the_environment_is_taken_and_no_file_is_written(var: Path, monkeypatch) -> None:
    monkeypatch.setenv("BOOKINGS_KEY", base64.b64encode(b"k" * 32).decode())
    stored = ContactCipher.load().encrypt("Maria", "requests.name")
    assert ContactCipher(b"k" * 32).decrypt(stored, "requests.name") == "Maria"
    assert not var.exists()


@pytest.mark.parametrize("wrong", ["secret-passphrase!", base64.b64encode(b"short").decode(), "ключ"])
def test_a_wrong_key_is_refused_without_being_quoted(wrong: str, var: Path, monkeypatch) -> None:
    monkeypatch.setenv("BOOKINGS_KEY", wrong)
    with pytest.raises(KeyProblem, match="BOOKINGS_KEY") as raised:
        ContactCipher.load()
    assert wrong not in str(raised.value)


def test_a_key_is_made_once_and_only_its_owner_reads_it(var: Path) -> None:
    stored = ContactCipher.load().encrypt("Maria", "requests.name")
    assert (var / "bookings.key").stat().st_mode & 0o777 == 0o600
    assert ContactCipher.load().decrypt(stored, "requests.name") == "Maria"
    assert [file.name for file in var.iterdir()] == ["bookings.key"]


def test_a_key_that_others_could_read_is_closed_and_that_is_said(var: Path, caplog) -> None:
    ContactCipher.load()
    (var / "bookings.key").chmod(0o644)
    with caplog.at_level(logging.WARNING):
        ContactCipher.load()
    assert (var / "bookings.key").stat().st_mode & 0o777 == 0o600
    assert "keys.closed" in caplog.text
    assert (var / "bookings.key").read_text().strip() not in caplog.text


def test_a_broken_key_file_is_refused_and_not_replaced(var: Path) -> None:
    var.mkdir()
    (var / "bookings.key").write_text("oops")
    with pytest.raises(KeyProblem, match=r"bookings\.key"):
        ContactCipher.load()
    assert (var / "bookings.key").read_text() == "oops"


def test_threads_that_start_together_end_with_one_key(var: Path) -> None:
    keys = at_once(20, lambda _: ContactCipher.load().derive("x"))
    assert len(set(keys)) == 1 and isinstance(keys[0], bytes)
    assert [file.name for file in var.iterdir()] == ["bookings.key"]


def test_processes_that_start_together_end_with_one_key(var: Path) -> None:
    program = "import sys; from bookings.secrets import *; input(); print(ContactCipher.load().derive('x').hex())"
    command = [sys.executable, "-W", "ignore", "-c", program]
    running = [
        subprocess.Popen(command, cwd=PROJECT_DIR, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        for _ in range(4)
    ]
    for process in running:
        assert process.stdin is not None
        process.stdin.write("\n")
        process.stdin.flush()
    printed = {process.communicate(timeout=60)[0] for process in running}
    assert len(printed) == 1 and len(printed.pop().strip()) == 64
