"""The page of figures, and its file."""

from __future__ import annotations

import csv
import io

import pytest

from assistant.conversations.queries import rate
from assistant.database import writing
from console.staff.policy import Role

from .conftest import NOW, Console, answered, asked, words_of

HOUR = 3600.0


@pytest.fixture
def busy(console: Console) -> Console:
    """Three questions on the website and one by SMS: one of them was not covered, one not understood."""
    console.has_said(
        "webchat:a",
        asked("is it safe", at=NOW - HOUR),
        answered("Mostly.", at=NOW - HOUR + 1),
        asked("what does it cost", "ask_price", at=NOW - HOUR + 9),
        answered("We do not know.", "utter_ask_price", NOW - HOUR + 10, facts=()),
    )
    console.has_said("webchat:b", asked("hgfjk", "nlu_fallback", 0.1, NOW - 60), answered("?", "utter_fallback", NOW))
    sms = {"input_channel": "twilio"}
    console.has_said("twilio:c", asked("is it safe", at=NOW - 30, **sms), answered("Mostly.", at=NOW - 29))
    with writing(console.parts.conversations) as session:
        assert rate(session, "webchat:a", 2, "up", "", NOW)
    return console


def test_the_figures_are_those_of_the_conversations(busy: Console) -> None:
    words = words_of(busy.as_(Role.FRONT_DESK).get("/insights?days=7&channel="))
    for found in (
        *("Conversations 3 ", "Messages from visitors 4 ", "Answered 50% of 4 questions", "Not covered 25%"),
        *("Not understood 25%", "Thumbs up 100% of 1 rating ", "Website 2", "SMS 1"),
    ):
        assert found in words, found


def test_one_channel_alone(busy: Console) -> None:
    words = words_of(busy.as_(Role.FRONT_DESK).get("/insights?channel=twilio"))
    assert "Conversations 1 " in words and "Answered 100% of 1 question " in words


def test_every_plot_has_a_name_a_description_and_a_table(busy: Console) -> None:
    page = busy.as_(Role.FRONT_DESK).get("/insights").text
    assert page.count('role="img"') >= 3
    assert page.count('role="img"') <= page.count("<details") and page.count("<table") >= 5
    assert " style=" not in page, "the page's own policy would not heed it"


def test_a_bar_has_few_words_and_its_description_all_of_them(busy: Console) -> None:
    page = busy.as_(Role.FRONT_DESK).get("/insights").text
    assert 'text-anchor="end">0 · 0%</text>' in page, "a phone has no room for more beside a bar's title"
    assert "Conversations: 3; Asked for the clinic: 0, 0% of conversations; Left a request: 0, 0%" in page


def test_the_file_has_a_row_for_each_day_and_channel(busy: Console) -> None:
    reply = busy.as_(Role.AUDITOR).get("/insights.csv?days=30")
    assert reply.headers["Content-Type"].startswith("text/csv")
    rows = list(csv.DictReader(io.StringIO(reply.text)))
    assert [row["channel"] for row in rows] == ["twilio", "webchat"]
    assert [row["questions"] for row in rows] == ["1", "3"]
    assert [entry.action for entry in busy.trail(action="insights.downloaded")] == ["insights.downloaded"]


@pytest.mark.parametrize("asked_for", ["days=8", "days=-1", "days=x", "channel=fax", "days=7&channel='--"])
@pytest.mark.parametrize("path", ["/insights", "/insights.csv"])
def test_what_there_is_not_is_refused(busy: Console, path: str, asked_for: str) -> None:
    assert busy.as_(Role.ADMIN).get(f"{path}?{asked_for}").status_code == 400


def test_without_a_conversation_the_page_says_so(console: Console) -> None:
    assert "There is nothing yet" in words_of(console.as_(Role.FRONT_DESK).get("/insights"))
