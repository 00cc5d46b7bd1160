"""The list of conversations: filters, search, pages, saved filters, what to review next, and what the trail says."""

from __future__ import annotations

import re
from datetime import datetime
from urllib.parse import parse_qs, urlsplit
from zoneinfo import ZoneInfo

import httpx
import pytest

from assistant.conversations.queries import rate
from assistant.conversations.review import add_tag, assign, set_reviewed
from assistant.database import writing
from console.staff.conversations import PAGE
from console.staff.policy import Role
from console.staff.saved_filters import MOST_FILTERS
from tests.console.staff.conftest import NOW, Colleague, Console, answered, asked, detail_of, words_of

DAY = 86400.0
SIX = {
    "webchat:crisis": [asked("I want to die", "crisis", 1.0, at=NOW - 1)],
    "sms:side": [asked("my ear rings", "tell_side_effect", at=NOW - 2, input_channel="sms")],
    "webchat:pool": [
        asked("do you have a pool", "nlu_fallback", 0.2, at=NOW - 3),
        answered("?", "utter_fallback", NOW - 3),
    ],
    "webchat:cost": [
        asked("what does it cost", "ask_cost", at=NOW - 4),
        answered("It depends.", "utter_ask_cost", NOW - 4),
    ],
    "webchat:mail": [asked("write to maria@example.com or 415 555 0134", "ask_contact", at=NOW - 5)],
    "webchat:old": [asked("an old question of safety", at=NOW - 40 * DAY)],
}


@pytest.fixture
def six(console: Console) -> Console:
    for id, events in SIX.items():
        console.has_said(id, *events)
    with writing(console.parts.conversations) as session:
        rate(session, "webchat:cost", 2, "down", "no number", NOW)
        add_tag(session, "webchat:cost", "price", "ada", NOW)
        assign(session, "webchat:pool", "frida", None, "ada", NOW)
        set_reviewed(session, "webchat:old", 1, "ada", NOW)
    return console


def listed(page: httpx.Response) -> list[str]:
    """The conversations on a page, in order."""
    return re.findall(r'href="/staff/conversations/([^"?#]+)[^"]*" data-item', page.text)


def day(at: float) -> str:
    return f"{datetime.fromtimestamp(at, ZoneInfo('America/Los_Angeles')):%Y-%m-%d}"


def test_a_row_says_what_matters(six: Console) -> None:
    page = six.as_(Role.FRONT_DESK).get("/conversations")
    assert page.status_code == 200
    assert sorted(listed(page)) == sorted(SIX)
    words = words_of(page)
    assert "what does it cost Website #price" in words
    assert "do you have a pool Website Not covered Not understood" in words
    assert "20% Frida Front not yet" in words
    assert "Reviewed Ada Admin" in words
    assert "6 conversations" in words
    assert 'class="in-danger"' in page.text


def test_personal_data_is_masked(six: Console) -> None:
    for path in ("/conversations", "/conversations?text=write"):
        page = six.as_(Role.ADMIN).get(path)
        assert "write to [email] or [phone number]" in words_of(page)
        assert "555 0134" not in page.text and "maria@example.com" not in page.text


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("channel=sms", {"sms:side"}),
        ("flag=crisis", {"webchat:crisis"}),
        ("intent=ask_cost", {"webchat:cost"}),
        ("reviewed=yes", {"webchat:old"}),
        ("reviewed=no&channel=webchat", {"webchat:crisis", "webchat:pool", "webchat:cost", "webchat:mail"}),
        ("assigned_to=frida", {"webchat:pool"}),
        ("assigned_to=-&flag=side_effect", {"sms:side"}),
        ("tag=price", {"webchat:cost"}),
        (f"from={day(NOW - 1)}", set(SIX) - {"webchat:old"}),
        (f"to={day(NOW - DAY * 2)}", {"webchat:old"}),
        (f"from={day(NOW - 41 * DAY)}&to={day(NOW - 39 * DAY)}", {"webchat:old"}),
        ("text=pool", {"webchat:pool"}),
        ("confidence_below=0.4", {"webchat:pool"}),
        ("disliked=yes", {"webchat:cost"}),
        ("booking=yes", set()),
        ("messages=2", {"webchat:pool", "webchat:cost"}),
    ],
)
def test_each_filter(six: Console, query: str, found: set[str]) -> None:
    page = six.as_(Role.FRONT_DESK).get(f"/conversations?{query}")
    assert page.status_code == 200
    assert set(listed(page)) == found
    assert "Filtered by" in page.text


def test_the_form_shows_what_is_filtered_and_takes_it_back(six: Console) -> None:
    query = f"flag=crisis&reviewed=no&from={day(NOW)}&to={day(NOW)}&text=die&confidence_below=0.4"
    page = six.as_(Role.FRONT_DESK).get(f"/conversations?{query}")
    assert f'name="from" type="date" value="{day(NOW)}"' in page.text
    assert f'name="to" type="date" value="{day(NOW)}"' in page.text
    assert '<option value="crisis" selected>' in page.text and 'value="die"' in page.text
    without = re.findall(r'href="/staff/conversations\?([^"]*)" aria-label="Without Crisis"', page.text)
    assert "flag" not in parse_qs(without[0].replace("&amp;", "&")) and "text=die" in without[0]


def test_lists_are_sorted(six: Console) -> None:
    frida = six.as_(Role.FRONT_DESK)
    assert listed(frida.get("/conversations?sort=confidence"))[0] == "webchat:pool"
    assert listed(frida.get("/conversations?sort=length"))[0] in ("webchat:pool", "webchat:cost")
    assert listed(frida.get("/conversations?sort=started"))[0] == "webchat:crisis"


@pytest.mark.parametrize(
    "query", ["sort=x", "from=soon", "reviewed=maybe", "messages=-1", "since=1e400", "from=2026-02-31"]
)
def test_a_filter_that_is_none_is_told(six: Console, query: str) -> None:
    page = six.as_(Role.FRONT_DESK).get(f"/conversations?{query}")
    assert page.status_code == 422
    assert "That filter does not work." in page.text


@pytest.mark.parametrize(
    "text",
    ["'; DROP TABLE messages; --", '" OR 1=1', "*", "NEAR(a b)", "a:b", "((((", "\x00", "%", "_", "😀", "-", '"', "or"],
)
def test_syntax_in_a_search_is_nothing_but_words(six: Console, text: str) -> None:
    frida = six.as_(Role.FRONT_DESK)
    assert frida.get("/conversations", params={"text": text}).status_code == 200
    assert len(listed(frida.get("/conversations"))) == len(SIX)


def test_a_search_shows_the_message_that_it_found(console: Console) -> None:
    talk = [asked(f"question {i}", at=NOW + i) for i in range(5)]
    console.has_said("webchat:t", *talk, asked(f"{'so ' * 60}is there parking nearby", at=NOW + 9))
    page = console.as_(Role.FRONT_DESK).get("/conversations?text=parking")
    assert "parking nearby" in words_of(page)
    assert 'href="/staff/conversations/webchat:t?text=parking#m6"' in page.text


def test_markup_is_text_everywhere(console: Console) -> None:
    attack = '<script>alert(1)</script>"><svg onload=alert(1)>'
    console.has_said("webchat:x", asked(attack))
    with writing(console.parts.conversations) as session:
        assign(session, "webchat:x", "<i>x</i>", None, "ada", NOW)
    page = console.as_(Role.ADMIN).get("/conversations", params={"text": attack, "tag": attack, "channel": "<b>"})
    shown = console.as_(Role.ADMIN).get("/conversations")
    for text in (page.text, shown.text):
        assert not re.search(r"<script>|<svg|<i>x|<b>", text)
    assert "&lt;script&gt;" in shown.text


def test_pages_go_down_and_up_again(console: Console) -> None:
    for i in range(PAGE * 2 + 5):
        console.has_said(f"webchat:{i:03d}", asked("hello", at=NOW - i))
    frida = console.as_(Role.FRONT_DESK)

    def follow(page: httpx.Response, rel: str) -> httpx.Response:
        address = re.search(rf'rel="{rel}" href="/staff([^"]*)"', page.text)
        assert address is not None
        return frida.get(address[1].replace("&amp;", "&").replace("&#34;", '"'))

    first = frida.get("/conversations")
    second = follow(first, "next")
    third = follow(second, "next")
    seen = [*listed(first), *listed(second), *listed(third)]
    assert seen == [f"webchat:{i:03d}" for i in range(PAGE * 2 + 5)]
    assert 'rel="prev"' not in first.text and 'rel="next"' not in third.text
    assert listed(follow(third, "prev")) == listed(second)
    again = follow(follow(third, "prev"), "prev")
    assert listed(again) == listed(first)
    assert 'rel="prev"' not in again.text
    for place in ("before=x", "after=[]", 'before=["newest",1e999,1,"a"]', "after=%00"):
        assert listed(frida.get(f"/conversations?{place}")) == listed(first)


def test_the_next_one_to_review(six: Console) -> None:
    frida = six.as_(Role.FRONT_DESK)
    first = frida.get("/next")
    assert (first.status_code, first.headers["location"]) == (303, "/staff/conversations/webchat:crisis")
    with_filter = frida.get("/next?channel=webchat&after=webchat:crisis").headers["location"]
    assert urlsplit(with_filter).query == "channel=webchat"
    assert urlsplit(with_filter).path in ("/staff/conversations/webchat:pool", "/staff/conversations/webchat:cost")
    done = frida.get("/next?reviewed=yes&flag=crisis&tag=nothing")
    assert "said=all-reviewed" in done.headers["location"]
    assert "Nothing is left to review here" in frida.get(done.headers["location"].removeprefix("/staff")).text
    assert "said=all-reviewed" in frida.get("/next?channel=sms&after=sms:side").headers["location"]


def save(colleague: Colleague, name: str, query: str) -> httpx.Response:
    return colleague.post("/filters", name=name, query=query)


def test_a_filter_is_kept_by_the_one_who_saved_it(six: Console) -> None:
    frida, clara = six.as_(Role.FRONT_DESK), six.as_(Role.CLINICIAN)
    saved = save(frida, "Sick <b>people</b>", "flag=side_effect&said=x&other=1")
    assert saved.headers["location"] == "/staff/conversations?flag=side_effect&said=saved"
    page = frida.get("/conversations")
    assert "Sick &lt;b&gt;people&lt;/b&gt;" in page.text
    assert 'href="/staff/conversations?flag=side_effect"' in page.text
    assert "Sick" not in clara.get("/conversations").text
    number = re.search(r"/staff/filters/(\d+)/delete", page.text)[1]  # type: ignore[index]
    clara.post(f"/filters/{number}/delete")
    assert "Sick" in frida.get("/conversations").text, "nobody deletes another's"
    frida.post(f"/filters/{number}/delete")
    assert "Sick" not in frida.get("/conversations").text
    assert frida.post("/filters/99999999999999999999/delete").status_code < 500


def test_a_name_that_is_saved_again_is_replaced(six: Console) -> None:
    frida = six.as_(Role.FRONT_DESK)
    save(frida, "mine", "flag=crisis")
    save(frida, " mine ", "flag=unclear")
    page = frida.get("/conversations").text
    assert page.count('aria-label="Delete the filter mine"') == 1
    assert 'href="/staff/conversations?flag=unclear"' in page


@pytest.mark.parametrize(
    ("name", "query", "said"),
    [
        ("", "flag=crisis", "Give the filter a name"),
        ("x" * 61, "flag=crisis", "Give the filter a name"),
        ("x", "", "Choose something to filter by"),
        ("x", "text=415+555+0134", "cannot be saved"),
        ("x", "text=maria%40example.com", "cannot be saved"),
    ],
)
def test_what_cannot_be_saved_is_told(six: Console, name: str, query: str, said: str) -> None:
    reply = save(six.as_(Role.FRONT_DESK), name, query)
    assert reply.status_code == 422
    assert said in reply.text


def test_nobody_saves_filters_without_end(six: Console) -> None:
    frida = six.as_(Role.FRONT_DESK)
    for i in range(MOST_FILTERS):
        assert save(frida, f"n{i}", "flag=crisis").status_code == 303
    assert save(frida, "one more", "flag=crisis").status_code == 422


def test_the_trail_names_filters_and_never_the_searched_words(six: Console) -> None:
    frida = six.as_(Role.FRONT_DESK)
    frida.get("/conversations?text=Lopez&flag=crisis&tag=price&sort=length")
    listed, filtered = six.trail(action="conversations.listed"), six.trail(action="conversations.filtered")
    assert listed and filtered[0].detail == {"by": ["flag", "sort", "tag", "text"]}
    frida.get("/next?text=Lopez")
    save(frida, "Lopez", "text=Lopez")
    assert not any("Lopez" in detail_of(entry) + entry.object for entry in six.trail())
    assert {entry.action for entry in six.trail()} >= {"conversations.next", "filter.saved"}


def test_a_list_that_is_open_is_told_of_news(six: Console) -> None:
    frida = six.as_(Role.FRONT_DESK)
    assert frida.get(f"/counts?news={NOW + 1}").json()["news"] == 0
    six.has_said("webchat:later", asked("hello again", at=NOW + 5))
    assert frida.get(f"/counts?news={NOW + 1}").json()["news"] == 1
    assert frida.get(f"/counts?news={NOW + 1}&channel=sms").json()["news"] == 0
    assert frida.get(f"/counts?since={NOW - DAY}&news={NOW + 1}").json()["news"] == 1
    assert f'data-counts="flag=crisis&amp;news={NOW:.3f}"' in frida.get("/conversations?flag=crisis").text
    assert "data-counts" not in frida.get("/conversations?text=Lopez").text, "no search is done again and again"
    assert frida.get("/counts?news=x").json()["news"] == 0


def test_without_a_conversation_the_page_says_so(console: Console) -> None:
    frida = console.as_(Role.FRONT_DESK)
    assert "No conversation yet" in frida.get("/conversations").text
    assert "No conversation is like that" in frida.get("/conversations?flag=crisis").text
