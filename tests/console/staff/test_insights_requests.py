"""What comes of conversations: requests in the figures, by channel, and how far they have come."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from datetime import timedelta
from html import unescape
from pathlib import Path

import pytest
import sqlalchemy as sa

from assistant.conversations.erasure import erase
from assistant.conversations.models import Conversation
from assistant.database import writing
from bookings.models import State
from console.staff.policy import Role
from tests.bookings.conftest import a_request
from tests.console.staff.conftest import NOW, Colleague, Console, answered, asked, words_of
from tests.console.staff.test_bookings import MOMENT, desk_of


@pytest.fixture
def desk(start_console: Callable[..., Console], tmp_path: Path) -> Console:
    """Five conversations by two channels; in four somebody asked for the clinic, and three of them left a request."""
    desk = desk_of(start_console, tmp_path)
    for i, channel in enumerate(["webchat", "webchat", "webchat", "twilio"]):
        wish = asked("a person please", "talk_to_human", at=NOW - 60, input_channel=channel)
        desk.has_said(f"{channel}:{i}", wish, answered("Yes.", "utter_talk_to_human", NOW - 59))
    desk.has_said("webchat:4", asked("is it safe", at=NOW - 60), answered("Mostly.", at=NOW - 59))
    references = [
        desk.parts.bookings.submit(a_request(f"key{i}", conversation_id=id, consent_at=MOMENT, due_at=MOMENT)).reference
        for i, id in enumerate(["webchat:0", "webchat:1", "twilio:3"])
    ]
    desk.parts.bookings.move(references[0], State.CONTACTED, "frida")
    desk.parts.bookings.confirm_time(references[1], MOMENT + timedelta(days=1), 45, "frida")
    desk.parts.bookings.move(references[1], State.DONE, "frida")
    desk.parts.bookings.cancel(references[2], "visitor")
    return desk


def cells_of(page: str, row: str) -> list[str]:
    """The cells of a table's row, by its head."""
    rest = page.partition(f'<th scope="row">{row}</th>')[2].partition("</tr>")[0]
    return [cell.partition("</td>")[0].partition(">")[2] for cell in rest.split("<td")[1:]]


def rows_of(colleague: Colleague, query: str = "") -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(colleague.get(f"/insights.csv{query}").text)))


def test_the_way_to_a_consultation_is_told_step_by_step(desk: Console) -> None:
    page = unescape(desk.as_(Role.FRONT_DESK).get("/insights").text)
    for step, count, share in (
        ("Conversations", "5", "–"),
        ("Asked for the clinic", "4", "80% of conversations"),
        ("Left a request", "3", "60% of conversations"),
        ("The clinic acted on it", "2", "67% of requests"),
        ("A time was confirmed", "1", "33% of requests"),
        ("Done", "1", "33% of requests"),
        ("Now: Contacted", "1", "33% of requests"),
        ("Now: Cancelled", "1", "33% of requests"),
    ):
        assert cells_of(page, step) == [count, share], step


def test_requests_have_the_channel_of_their_conversation(desk: Console) -> None:
    frida = desk.as_(Role.FRONT_DESK)
    assert cells_of(frida.get("/insights").text, "Website")[-2:] == ["3", "2"]
    assert cells_of(frida.get("/insights?channel=twilio").text, "Left a request")[0] == "1"
    assert [(row["channel"], row["requests"]) for row in rows_of(frida)] == [("twilio", "1"), ("webchat", "2")]
    assert [row["requests"] for row in rows_of(frida, "?channel=twilio")] == ["1"]


def test_a_request_outlives_its_conversation(desk: Console) -> None:
    with writing(desk.parts.conversations) as session:
        erase(session, "twilio:3", NOW)
    frida = desk.as_(Role.FRONT_DESK)
    assert cells_of(frida.get("/insights").text, "Conversation deleted")[-2:] == ["0", "1"]
    assert cells_of(frida.get("/insights").text, "Left a request")[0] == "3"
    assert [(row["channel"], row["requests"]) for row in rows_of(frida)] == [("", "1"), ("webchat", "2")]


def test_a_channel_that_looks_like_a_formula_is_text_in_page_and_file(desk: Console) -> None:
    evil = '=HYPERLINK("http://evil")<script>'
    with desk.parts.conversations.begin() as connection:
        connection.execute(sa.update(Conversation.__table__).values(channel=evil))
    otto = desk.as_(Role.AUDITOR)
    assert {row["channel"] for row in rows_of(otto)} == {f"'{evil}"}
    page = otto.get("/insights", params={"channel": evil})
    assert page.status_code == 200 and "<script>" not in page.text.partition("<main")[2]
    assert "=hyperlink" in words_of(page)


@pytest.mark.parametrize("area", ["conversations", "bookings"])
def test_without_a_database_nobody_reads_wrong_figures(desk: Console, area: str) -> None:
    ada = desk.as_(Role.ADMIN)
    table = {"conversations": "messages", "bookings": "consultation_requests"}[area]
    engine = {"conversations": desk.parts.conversations, "bookings": desk.parts.bookings.engine}[area]
    with engine.begin() as connection:
        connection.exec_driver_sql(f"ALTER TABLE {table} RENAME TO away")
    for path in ("/insights", "/insights.csv"):
        reply = ada.get(path)
        assert reply.status_code == 503 and "Something is wrong on our side" in words_of(reply)
