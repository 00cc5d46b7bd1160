"""What staff write about a conversation: nobody overwrites another, and everything has its author."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from assistant.conversations.models import Conversation, Note, Tag
from assistant.database import reading
from console.staff.policy import Role
from tests.console.staff.conftest import PEOPLE, Console, words_of
from tests.console.staff.talks import CHAT, PAGE, crisis, safe_question


@pytest.fixture
def talk(console: Console) -> Console:
    safe_question(console)
    return console


def stored(console: Console) -> sa.engine.Row:
    with reading(console.parts.conversations) as session:
        return session.execute(sa.select(Conversation.__table__).where(Conversation.id == CHAT)).one()


def test_a_conversation_is_marked_as_reviewed_and_again_not(talk: Console) -> None:
    frida = talk.as_(Role.FRONT_DESK)
    reply = frida.post(f"{PAGE}/review?flag=crisis", seen="2", reviewed="yes")
    assert reply.headers["location"] == f"/staff{PAGE}?said=reviewed&flag=crisis"
    words = words_of(frida.get(f"{PAGE}?said=reviewed"))
    assert "Marked as reviewed." in words and "by Frida Front" in words
    frida.post(f"{PAGE}/review", reviewed="no")
    assert stored(talk).reviewed_by is None
    assert talk.trail(action="conversation.reviewed")[0].object == CHAT


def test_the_next_one_follows_at_once_with_the_same_filters(talk: Console) -> None:
    reply = talk.as_(Role.FRONT_DESK).post(f"{PAGE}/review?channel=webchat&evil=1", seen="2", then="next")
    assert reply.headers["location"] == "/staff/next?after=webchat%3A0123456789abcdef&channel=webchat"
    assert stored(talk).reviewed_by == PEOPLE[Role.FRONT_DESK][0]


def test_what_was_said_meanwhile_is_not_marked_unread(talk: Console) -> None:
    crisis(talk)
    reply = talk.as_(Role.FRONT_DESK).post(f"{PAGE}/review", seen="2", reviewed="yes")
    assert reply.status_code == 409 and "More was said while this page was open" in reply.text
    assert "i want to end it" in reply.text and stored(talk).reviewed_at is None
    for seen in ("", "x", "٣"):
        assert talk.as_(Role.FRONT_DESK).post(f"{PAGE}/review", seen=seen).status_code == 409


def test_two_people_assign_and_the_second_is_told(talk: Console) -> None:
    frida, clara = talk.as_(Role.FRONT_DESK), talk.as_(Role.CLINICIAN)
    assert frida.post(f"{PAGE}/assign", to="frida", seen="").status_code == 303
    reply = clara.post(f"{PAGE}/assign", to="clara", seen="")
    assert reply.status_code == 409
    assert "Frida Front looks after this conversation by now. Nothing was changed." in reply.text
    assert stored(talk).assigned_to == "frida"
    assert clara.post(f"{PAGE}/assign", to="", seen="frida").status_code == 303
    reply = frida.post(f"{PAGE}/assign", to="ada", seen="frida")
    assert reply.status_code == 409 and "Nobody looks after this conversation by now" in reply.text


@pytest.mark.parametrize("to", ["nobody-of-that-name", "otto", "frida"])
def test_only_those_who_review_can_look_after_it(talk: Console, to: str) -> None:
    talk.parts.accounts.disable("frida")
    reply = talk.as_(Role.CLINICIAN).post(f"{PAGE}/assign", to=to, seen="")
    assert reply.status_code == 422 and stored(talk).assigned_to is None


def test_notes_are_about_the_conversation_or_a_message(talk: Console) -> None:
    clara = talk.as_(Role.CLINICIAN)
    clara.post(f"{PAGE}/note", note="<b>Call her</b> at 415 555 0134.\nToday.", number="")
    clara.post(f"{PAGE}/note", note="Right but long.", number="2")
    page = clara.get(PAGE)
    assert "&lt;b&gt;Call her&lt;/b&gt; at •••.\nToday." in page.text.replace("\r", "")
    words = words_of(page)
    assert words.count("Note of Clara Clinic") == 2
    assert words.index("Right but long.") < words.index("Reviewed, next"), "beside its message"


@pytest.mark.parametrize(
    ("note", "number", "problem"),
    [
        ("", "", "Write a note"),
        ("x" * 4001, "", "Write a note"),
        ("hello", "77", "There is no message of that number"),
        ("hello", "second", "There is no message of that number"),
    ],
)
def test_a_note_that_cannot_be_stored_is_not_lost(talk: Console, note: str, number: str, problem: str) -> None:
    reply = talk.as_(Role.FRONT_DESK).post(f"{PAGE}/note", note=note, number=number)
    assert reply.status_code == 422 and problem in reply.text and f">{note}</textarea>" in reply.text
    with reading(talk.parts.conversations) as session:
        assert session.execute(sa.select(Note.__table__)).first() is None


def test_tags_are_put_on_and_taken_off(talk: Console) -> None:
    frida, clara = talk.as_(Role.FRONT_DESK), talk.as_(Role.CLINICIAN)
    frida.post(f"{PAGE}/tag", tag="#Call  Back")
    clara.post(f"{PAGE}/tag", tag="call-back")
    assert "Take off the tag call-back" in frida.get(PAGE).text
    for tag in ("", "<script>", "x" * 50):
        assert frida.post(f"{PAGE}/tag", tag=tag).status_code == 422
    assert clara.post(f"{PAGE}/untag", tag="call-back").status_code == 303
    assert frida.post(f"{PAGE}/untag", tag="call-back").status_code == 303, "it is off, whoever took it off"
    assert frida.post(f"{PAGE}/untag", tag="").status_code == 422
    with reading(talk.parts.conversations) as session:
        assert session.execute(sa.select(Tag.__table__)).first() is None


@pytest.mark.parametrize("form", ["review", "assign", "note", "tag", "untag", "reveal"])
def test_a_conversation_that_its_visitor_deleted_meanwhile(talk: Console, form: str) -> None:
    fields = {"seen": "", "to": "frida", "note": "hello", "tag": "x", "reason": "why", "reviewed": "no"}
    reply = talk.as_(Role.ADMIN).post(f"/conversations/webchat:gone/{form}", **fields)
    assert reply.status_code == 404 and "Perhaps its visitor has deleted it" in reply.text
