"""`clinic.yml` is read strictly: a slip in it is said at the start, not to a visitor."""

from __future__ import annotations

from pathlib import Path

import pytest

from assistant.clinic import Clinic, ClinicError


def write(folder: Path, text: str) -> Path:
    path = folder / "clinic.yml"
    path.write_text(text, encoding="utf-8")
    return path


def test_the_project_ships_with_nothing_but_the_name() -> None:
    assert Clinic.load().filled() == {"name": "Soft Reboot Wellness"}


def test_entries_are_trimmed_and_empty_ones_left_out(tmp_path: Path) -> None:
    clinic = Clinic.load(write(tmp_path, "phone: ' (415) 555-0134 '\nemail:\nhours: ''\n"))
    assert clinic.filled() == {"phone": "(415) 555-0134"}


def test_an_unknown_entry_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ClinicError, match="unknown entries: telephone"):
        Clinic.load(write(tmp_path, "telephone: '1'"))


def test_a_number_must_be_quoted(tmp_path: Path) -> None:
    with pytest.raises(ClinicError, match="quoted texts: phone"):
        Clinic.load(write(tmp_path, "phone: 4155550134"))
