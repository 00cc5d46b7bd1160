"""The command line: a first account, and a check of the audit trail."""

from __future__ import annotations

import re
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
import sqlalchemy as sa

from assistant.__main__ import main
from assistant.database import open_database
from assistant.keys import load_key
from console.staff.accounts import Accounts
from console.staff.command import make_first_admin
from console.staff.policy import Role

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Runs the command line; what it returned, printed, and complained of."""
    monkeypatch.setenv("VAR_DIR", str(tmp_path))
    monkeypatch.delenv("DATABASE_URL", raising=False)

    def run(*arguments: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["assistant", *arguments])
        code = main()
        printed = capsys.readouterr()
        return code, printed.out, printed.err

    return run


def test_an_account_is_made_and_its_password_printed_once(run: Run, tmp_path: Path) -> None:
    code, out, _ = run("staff", "add", "nina", "--display-name", "Nina New", "--role", "admin")
    found = re.search(r"^nina: (\S{19})$", out, re.M)
    assert code == 0 and found
    engine = open_database(f"sqlite:///{tmp_path / 'staff.db'}")
    person = Accounts(engine, load_key("STAFF_KEY", "staff.key"), time.time).sign_in("nina", found[1], "", "x")
    assert (person.display_name, person.role, person.must_change) == ("Nina New", Role.ADMIN, True)
    for arguments, words in (
        (("nina",), "There is an account of that name."),
        (("bob", "--role", "boss"), "The role: one of front_desk"),
        (("1",), "a letter first"),
    ):
        code, out, err = run("staff", "add", *arguments)
        assert (code, out) == (1, "") and words in err


def test_a_trail_is_verified_and_a_change_of_it_found(run: Run, tmp_path: Path) -> None:
    assert run("audit", "verify")[:2] == (0, "The audit trail is unbroken: 0 entries.\n")
    run("staff", "add", "nina")
    run("staff", "add", "bob")
    code, out, _ = run("audit", "verify")
    assert code == 0 and "unbroken: 2 entries.\nLast seal: " in out
    with open_database(f"sqlite:///{tmp_path / 'staff.db'}").begin() as connection:
        connection.execute(sa.text("DROP TRIGGER audit_stays_update"))
        connection.execute(sa.text("UPDATE audit SET object = 'eve' WHERE number = 2"))
    code, out, err = run("audit", "verify")
    assert code == 1 and "broken at entry 2" in err and "as it was written: 1 entry." in out


def test_what_cannot_be_opened_is_said_in_words(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STAFF_KEY", "short")
    assert run("audit", "verify") == (1, "", "assistant: STAFF_KEY: write 32 random bytes in base64\n")
    assert run("staff", "add", "nina")[0] == 1
    monkeypatch.setenv("DATABASE_URL", "postgresql://127.0.0.1:1/none")
    assert "the database cannot be used" in run("audit", "verify")[2]


def test_the_first_admin_is_made_where_there_is_no_account(run: Run) -> None:
    made = make_first_admin()
    assert made and made[0] == "admin"
    assert make_first_admin() is None
