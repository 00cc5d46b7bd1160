"""A conversation as staff read it: all that is known of it, as text, and personal data only with a reason."""

from __future__ import annotations

import hashlib
import html
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from assistant.clinic import Clinic
from console.staff.policy import Role
from console.staff.sessions import REVEALED
from console.staff.transcript import safe_name
from tests.console.staff.conftest import NOW, PEOPLE, Console, answered, asked, detail_of, words_of
from tests.console.staff.talks import CHAT, PAGE, booking, crisis, did, noted, safe_question

ATTACKS = (Path(__file__).parents[2] / "widget" / "xss.txt").read_text(encoding="utf-8").splitlines()
REASON = "calls back about the booking"


def test_a_question_shows_how_it_was_understood_and_what_its_answer_rests_on(console: Console) -> None:
    safe_question(console)
    words = words_of(console.as_(Role.FRONT_DESK).get(PAGE))
    for wanted in (
        "Website conversation",
        "Visitor",
        "is it safe",
        "Understood as: Is the therapy safe? (90 %)",
        "What are side effects? · ask_side_effects · 5 %",
        "utter_ask_safety",
        "section “Safety”",
        "Ketamine is used today mainly for anesthesia",
        "gone-fact, which is no longer among the facts",
        "Not reviewed",
    ):
        assert wanted in words, wanted


def test_a_conversation_that_is_gone_is_no_page(console: Console) -> None:
    for path in ("/conversations/webchat:none", "/conversations/%00", "/conversations/%FF"):
        reply = console.as_(Role.ADMIN).get(path)
        assert reply.status_code == 404 and "Perhaps its visitor has deleted it" in reply.text
    news = console.as_(Role.ADMIN).get("/conversations/webchat:none/news?after=0")
    assert news.json() == {"gone": True}


def test_markup_of_a_visitor_is_shown_as_text(console: Console) -> None:
    for i, attack in enumerate(ATTACKS):
        console.has_said(CHAT, asked(attack, attack[:60] or "x", at=NOW + i), answered(attack, f"utter_{attack[:60]}"))
    colleague = console.as_(Role.CLINICIAN)
    for path in (PAGE, f"{PAGE}/print"):
        page = colleague.get(path)
        assert page.status_code == 200
        for attack in ATTACKS:
            if "<" in attack:
                assert attack not in page.text, attack
        shown = html.unescape(page.text)
        assert all(attack in shown for attack in ATTACKS)
        assert "script-src 'self'" in page.headers["content-security-policy"]
    markdown = colleague.get(f"{PAGE}/download?kind=md")
    assert "\n> \\<script\\>" in markdown.text and "<script>" not in markdown.text


def test_news_is_what_was_said_since(console: Console) -> None:
    safe_question(console)
    colleague = console.as_(Role.FRONT_DESK)
    assert colleague.get(f"{PAGE}/news?after=2").json()["lines"] == []
    crisis(console)
    lines = colleague.get(f"{PAGE}/news?after=2").json()["lines"]
    assert [(line["number"], line["who"], line["text"]) for line in lines] == [
        (3, "Visitor", "i want to end it"),
        (4, "Assistant", "You can call 988 now."),
    ]
    assert lines[0]["dangers"] == [{"kind": "crisis", "title": "The visitor wrote words of a crisis"}]
    for after in ("", "x", "-1", "٣", "9" * 12):
        assert colleague.get(f"{PAGE}/news?after={after}").status_code == 400


def test_danger_stands_above_all_until_somebody_takes_care_of_it(console: Console) -> None:
    crisis(console)
    page = console.as_(Role.FRONT_DESK).get(PAGE)
    assert "The visitor wrote words of a crisis , message 1" in words_of(page)
    assert f'action="/staff{PAGE}/acknowledge"' in page.text and 'name="kind" value="crisis"' in page.text
    assert 'id="alarm" aria-labelledby="alarm-title">' in page.text
    quiet = "webchat:00"
    console.has_said(quiet, asked("hello", "greet"))
    page = console.as_(Role.FRONT_DESK).get(f"/conversations/{quiet}")
    assert 'id="alarm" aria-labelledby="alarm-title" hidden>' in page.text


def test_personal_data_is_masked_until_somebody_says_why_they_need_it(console: Console) -> None:
    booking(console)
    frida, clara = console.as_(Role.FRONT_DESK), console.as_(Role.CLINICIAN)
    other = console.as_(Role.FRONT_DESK)
    personal = ("maria", "Maria", "Lopez", "555-0134", "5550134", "maria@example.com")
    paths = (PAGE, f"{PAGE}/news?after=0", f"{PAGE}/print", f"{PAGE}/download?kind=md", f"{PAGE}/download?kind=json")
    for path in paths:
        text = frida.get(path).text
        assert not any(word in text for word in personal), path
        assert "abc.def-ghi" not in text and "inner" not in words_of(frida.get(PAGE))
    assert "Booking topic words: pain" in words_of(frida.get(PAGE))
    assert frida.post(f"{PAGE}/reveal", reason=f"  {REASON} ").headers["location"].endswith("?said=revealed")
    for path in paths:
        text = frida.get(path).text
        assert ("Maria Lopez" in text) == ("/print" not in path), path
        assert "maria@example.com" not in text, "a message is stored without it"
        assert "abc.def-ghi" not in text, "the visitor's own link is nobody's of the staff"
        for colleague in (clara, other):
            assert not any(word in colleague.get(path).text for word in personal), path
    console.clock.at += REVEALED + 1
    for path in paths:
        assert not any(word in frida.get(path).text for word in personal), path


def test_the_link_to_the_page_of_a_request_is_the_visitors_own(console: Console) -> None:
    link = "https://clinic.test/book/abc.def-ghi"
    said = answered(f"Please open this page: {link} The link is for you alone.", "utter_booking_by_link", NOW + 1)
    console.has_said(
        CHAT, asked("book a consultation", at=NOW), noted("booking_page", link), said, did("action_listen")
    )
    frida = console.as_(Role.FRONT_DESK)
    frida.post(f"{PAGE}/reveal", reason=REASON)
    for path in (
        PAGE,
        f"{PAGE}/news?after=0",
        f"{PAGE}/print",
        f"{PAGE}/download?kind=md",
        f"{PAGE}/download?kind=json",
    ):
        text = frida.get(path).text
        assert "Please open this page" in text and "abc.def-ghi" not in text, path


def test_a_reveal_is_in_the_audit_trail_with_its_reason(console: Console) -> None:
    booking(console)
    frida = console.as_(Role.FRONT_DESK)
    for reason in ("", "  ", "x" * 201):
        reply = frida.post(f"{PAGE}/reveal", reason=reason)
        assert reply.status_code == 422 and "Write why you need" in reply.text
        assert "maria lopez" not in frida.get(PAGE).text
    frida.post(f"{PAGE}/reveal", reason="Maria Lopez asked, 415 555 0134")
    entry = next(entry for entry in console.trail(action="conversation.revealed") if entry.detail)
    assert (entry.actor, entry.object) == (PEOPLE[Role.FRONT_DESK][0], CHAT)
    assert detail_of(entry) == json.dumps({"reason": "••• asked, •••"})
    frida.get(f"{PAGE}/download?kind=json")
    assert console.trail(action="conversation.downloaded")[0].detail == {"kind": "json", "personal_data": "shown"}


def test_no_audit_no_reveal(console: Console) -> None:
    booking(console)
    frida = console.as_(Role.FRONT_DESK)
    with console.parts.staff.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE audit RENAME TO audit_away")
    assert frida.post(f"{PAGE}/reveal", reason=REASON).status_code == 503
    with console.parts.staff.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE audit_away RENAME TO audit")
    assert "maria lopez" not in frida.get(PAGE).text


def test_the_clinics_own_phone_is_no_secret(start_console: Callable[..., Console]) -> None:
    console = start_console(clinic=Clinic(name="Clinic", phone="(415) 555-0199"))
    console.has_said(CHAT, asked("call me at 415 555 0134"), answered("Call us: (415) 555-0199, not 415 555 0134"))
    words = words_of(console.as_(Role.FRONT_DESK).get(PAGE))
    assert "Call us: (415) 555-0199, not •••" in words and "0134" not in words


@pytest.mark.parametrize("damage", ["not json", "[]", '"text"', "{}", "null", '{"event": "bot", "metadata": 7}'])
def test_a_damaged_event_is_told_and_the_rest_is_shown(console: Console, damage: str) -> None:
    safe_question(console)
    other = "webchat:other"
    console.has_said(other, asked("hello there", "greet"))
    with console.parts.conversations.begin() as connection:
        connection.exec_driver_sql("UPDATE events SET data = ? WHERE sender_id = ? AND seq = 1", (damage, CHAT))
    page = console.as_(Role.FRONT_DESK).get(PAGE)
    assert page.status_code == 200 and "could not be read" in page.text
    assert "is it safe" in page.text and "It is generally considered safe." in page.text
    assert "could not be read" not in console.as_(Role.FRONT_DESK).get(f"/conversations/{other}").text


def test_a_damaged_reading_is_told_beside_its_message(console: Console) -> None:
    safe_question(console)
    with console.parts.conversations.begin() as connection:
        connection.exec_driver_sql("UPDATE predictions SET runners_up = '[{' , actions = '7'")
    words = words_of(console.as_(Role.FRONT_DESK).get(PAGE))
    assert "Partly unreadable" in words and "is it safe" in words


def test_markdown_is_for_reading(console: Console) -> None:
    safe_question(console)
    console.has_said(CHAT, asked("# not a heading\n- no list\n1. none\n_or_ *this*", at=NOW + 5), did("action_listen"))
    reply = console.as_(Role.FRONT_DESK).get(f"{PAGE}/download?kind=md")
    assert reply.headers["content-type"] == "text/markdown; charset=utf-8"
    assert reply.headers["content-disposition"] == 'attachment; filename="conversation-webchat-0123456789abcdef.md"'
    assert reply.headers["cache-control"] == "no-store" and reply.headers["x-content-type-options"] == "nosniff"
    assert "> \\# not a heading\n> \\- no list\n> 1\\. none\n> \\_or\\_ \\*this\\*\n" in reply.text
    assert "## 2. Assistant, Nov" in reply.text and "utter\\_ask\\_safety" in reply.text


def test_json_names_the_answers_version_and_its_facts(console: Console) -> None:
    safe_question(console)
    answer = answered("Yes.", at=NOW + 3)
    answer["metadata"]["model_id"] = "0123456789abcdef"
    console.has_said(CHAT, answer)
    reply = console.as_(Role.FRONT_DESK).get(f"{PAGE}/download?kind=json")
    assert reply.headers["content-type"] == "application/json"
    content = json.loads(reply.text)
    assert content["conversation"] == CHAT and content["personal_data"] == "masked"
    question, first, second = content["messages"]
    assert question["understood"]["runners_up"] == [{"intent": "ask_side_effects", "confidence": 0.05}]
    assert first["answer"] == {
        "name": "utter_ask_safety",
        "section": "Safety",
        "version": hashlib.sha256(b"It is generally considered safe.").hexdigest()[:12],
        "model": None,
        "facts": ["main-uses-today", "gone-fact"],
    }
    assert second["answer"]["model"] == "0123456789abcdef"


def test_there_are_no_other_kinds_of_files(console: Console) -> None:
    safe_question(console)
    assert console.as_(Role.FRONT_DESK).get(f"{PAGE}/download?kind=exe").status_code == 404


@pytest.mark.parametrize(
    ("id", "name"),
    [("../../etc/passwd", "conversation-etc-passwd"), ("a\r\nb: c", "conversation-a-b-c"), ("///", "conversation-x")],
)
def test_a_files_name_is_safe_everywhere(id: str, name: str) -> None:
    assert safe_name(id) == name


def test_an_odd_id_is_found_by_its_address(console: Console) -> None:
    console.has_said("rest:a b/c?d", asked("hello", "greet"))
    page = console.as_(Role.FRONT_DESK).get("/conversations/rest:a%20b%2Fc%3Fd")
    assert page.status_code == 200 and 'data-address="/staff/conversations/rest:a%20b%2Fc%3Fd"' in page.text
