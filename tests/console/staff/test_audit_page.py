"""The audit trail as auditors see it, and its CSV, in which no cell is a formula."""

from __future__ import annotations

import csv
import io

import sqlalchemy as sa
from hypothesis import example, given
from hypothesis import strategies as st

from console.staff.csv_file import csv_of
from console.staff.policy import Role
from tests.console.staff.conftest import Console, words_of

FORMULAS = tuple("=+-@\t\r")
CELLS = st.one_of(
    st.none(), st.integers(), st.text(st.characters(blacklist_categories=("Cs",))), st.sampled_from(FORMULAS)
)


def test_entries_are_filtered_and_paged(console: Console) -> None:
    for i in range(250):
        console.parts.audit.record("frida", "front_desk", "booking.viewed", f"SR-{i:03}")
    console.parts.audit.record("clara", "clinician", "booking.viewed", "SR-007")
    otto = console.as_(Role.AUDITOR)
    page = otto.get("/audit", params={"actor": "frida"})
    assert "SR-249" in page.text and "SR-150" in page.text and "SR-149" not in page.text
    assert "Frida Front" in words_of(page)
    older = page.text.split('href="/staff/audit?')[-1].split('"')[0].replace("&amp;", "&")
    page = otto.get(f"/audit?{older}")
    assert "SR-149" in page.text and "SR-249" not in page.text
    page = otto.get("/audit", params={"object": "SR-007"})
    assert "Clara Clinic" in words_of(page) and "SR-008" not in page.text
    for odd in ("' OR 1=1 --", "\0x", "x" * 5000):
        assert "No entry is like that." in words_of(otto.get("/audit", params={"action": odd}))
    for odd in ("x", "-1", "9" * 40):
        assert otto.get("/audit", params={"before": odd}).status_code == 200


def test_a_check_finds_the_entry_that_was_changed(console: Console) -> None:
    for i in range(3):
        console.parts.audit.record("frida", "front_desk", "booking.viewed", f"SR-{i}")
    otto = console.as_(Role.AUDITOR)
    assert "Verified: 4 entries, unbroken." in words_of(otto.get("/audit?verify=1"))
    with console.parts.staff.begin() as connection:
        connection.execute(sa.text("DROP TRIGGER audit_stays_update"))
        connection.execute(sa.text("UPDATE audit SET actor = 'eve' WHERE number = 2"))
    assert "broken at entry 2" in words_of(otto.get("/audit?verify=1"))


def test_the_file_holds_what_the_filters_let_through(console: Console) -> None:
    console.parts.audit.record("frida", "front_desk", "x.y", '=HYPERLINK("http://evil")', reason="a, b\n“c”")
    console.parts.audit.record("clara", "clinician", "x.y", "SR-1")
    reply = console.as_(Role.AUDITOR).get("/audit.csv", params={"actor": "frida"})
    assert reply.headers["content-type"].startswith("text/csv") and "attachment" in reply.headers["content-disposition"]
    head, *rows = list(csv.reader(io.StringIO(reply.text, newline="")))
    assert head[:3] == ["number", "at", "actor"] and len(rows) == 1
    assert rows[0][5] == '\'=HYPERLINK("http://evil")' and "a, b" in rows[0][6]
    exported = next(entry for entry in console.trail() if entry.action == "audit.exported")
    assert exported.detail == {"count": 1, "of_actor": "frida"}


@given(st.lists(st.lists(CELLS, min_size=2, max_size=2)))
@example([["=1+1", "+1"], ["\t=x", "\r\n=x"], ['"', ",\n"], ["-", "@SUM(A1)"]])
def test_no_cell_is_a_formula_and_all_come_back(rows: list[list[object]]) -> None:
    head, *read = csv.reader(io.StringIO(csv_of(("a", "=b"), rows), newline=""))
    assert head == ["a", "'=b"] and len(read) == len(rows)
    for row, cells in zip(rows, read):
        for value, cell in zip(row, cells):
            wanted = "" if value is None else str(value).replace("\0", "")
            if isinstance(value, int):
                assert cell == wanted
            else:
                assert not cell.startswith(FORMULAS)
                assert cell.removeprefix("'") == wanted.removeprefix("'") or cell == wanted
