"""A member of staff talks with a visitor of the running assistant, from another process, as the console does."""

from __future__ import annotations

import base64
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import uuid4

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Engine

from assistant import safety, tokens
from assistant.channels.webchat_requests import SESSION_LIFETIME
from assistant.clock import utc_now
from assistant.conversations import models, takeover
from assistant.conversations.reindex import reindex
from assistant.conversations.takeover import AlreadyTaken, NotTaken
from assistant.database import open_database, reading, writing
from tests.conftest import Assistant
from tests.databases import at_once
from tests.e2e.webchat import Visitor

SOON = 2.0  # seconds; it takes milliseconds, but the machine may be busy; waiting for an answer would take ten


@pytest.fixture
def engine(assistant: Assistant) -> Iterator[Engine]:
    engine = open_database(f"sqlite:///{assistant.var_dir / 'conversations.db'}")
    yield engine
    engine.dispose()


class Staff:
    """A member of staff, and the chat that they look at."""

    def __init__(self, engine: Engine, conversation_id: str, name: str = "Ana") -> None:
        self.engine = engine
        self.conversation_id = conversation_id
        self.name = name

    def _do(self, work: Callable[..., Any], *arguments: Any) -> Any:
        with writing(self.engine) as session:
            return work(session, self.conversation_id, *arguments)

    def take(self) -> Any:
        return self._do(takeover.take, self.name.lower(), self.name, time.time())

    def say(self, text: str) -> Any:
        return self._do(takeover.say, self.name.lower(), self.name, text, uuid4().hex, time.time())

    def give_back(self) -> Any:
        return self._do(takeover.give_back, self.name.lower(), time.time())

    def fall_quiet(self) -> None:
        """Ten minutes go by in which nobody writes."""
        conversations = models.Conversation.__table__
        with self.engine.begin() as connection:
            of_it = conversations.c.id == self.conversation_id
            connection.execute(conversations.update().where(of_it).values(taken_until=time.time() - 1))

    def flags(self) -> set[str]:
        flags = models.Flag.__table__
        with reading(self.engine) as session:
            of_it = flags.c.conversation_id == self.conversation_id
            return set(session.execute(sa.select(flags.c.kind).where(of_it)).scalars())


def conversation_of(assistant: Assistant, token: str) -> str:
    """The conversation that a visitor's token names."""
    key = base64.b64decode((assistant.var_dir / "webchat.key").read_bytes())
    return "webchat:" + tokens.read(token, key, "webchat-session", utc_now(), SESSION_LIFETIME)


@pytest.fixture
def visitor(assistant: Assistant) -> Visitor:
    return Visitor(assistant.url, assistant.page.rstrip("/"))


@pytest.fixture
def staff(assistant: Assistant, visitor: Visitor, engine: Engine) -> Staff:
    """Somebody who looks at the visitor's chat, in which something was said."""
    visitor.say("hello")
    return Staff(engine, conversation_of(assistant, visitor.token))


def present(visitor: Visitor) -> dict[str, str] | None:
    return visitor.get("/history").json()["staff"]


def until(holds: Callable[[], Any], seconds: float = 15) -> None:
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.1)


def test_the_assistant_is_quiet_while_somebody_of_the_clinic_is_there(visitor: Visitor, staff: Staff) -> None:
    assert present(visitor) is None
    staff.take()
    assert present(visitor) == {"name": "Ana"}
    began = time.monotonic()
    reply = visitor.send("what are the side effects?")
    assert time.monotonic() - began < SOON
    assert reply.status_code == 200
    assert [(one["from"], one["text"]) for one in reply.json()["messages"]] == [
        ("visitor", "what are the side effects?")
    ]
    said = staff.say("Some people feel sick. Shall I call you?")
    last = visitor.history()[-1]
    assert (last["id"], last["from"], last["name"], last["text"]) == (said.number, "staff", "Ana", said.text)
    assert not last["rateable"] and last["buttons"] == []
    staff.give_back()
    assert present(visitor) is None and "Ana has left" in visitor.history()[-1]["text"]
    assert "generally considered safe" in visitor.say("is it safe?")[0]["text"]


def test_an_open_page_sees_staff_come_write_and_go_within_two_seconds(visitor: Visitor, staff: Staff) -> None:
    with visitor.events(after=2) as events:
        assert next(events)[:2] == ("presence", {"staff": None})
        for act, expected in (
            (staff.take, {"message", "presence"}),
            (lambda: staff.say("Hello, this is Ana."), {"message"}),
            (staff.give_back, {"message", "presence"}),
        ):
            began, seen = time.monotonic(), {}
            act()
            while set(seen) != expected:
                name, data, _ = next(events)
                seen[name] = data
            assert time.monotonic() - began < 2
        assert seen["presence"] == {"staff": None}


def test_a_button_that_is_pressed_meanwhile_is_shown_to_staff_by_its_title(visitor: Visitor, staff: Staff) -> None:
    button = visitor.say("What are the side effects?")[0]["buttons"][0]
    staff.take()
    messages = visitor.send(payload=button["payload"]).json()["messages"]
    assert [one["text"] for one in messages] == [button["title"]]


def test_the_same_message_again_is_kept_once_whenever_it_comes(visitor: Visitor, staff: Staff) -> None:
    staff.take()
    body = {"id": uuid4().hex, "text": "are you there?"}
    with ThreadPoolExecutor(8) as pool:
        replies = list(pool.map(lambda _: visitor.post("/messages", body), range(8)))
    assert {reply.status_code for reply in replies} == {200}
    assert len({reply.text for reply in replies}) == 1
    visitor.send("hello?")
    staff.give_back()
    began = time.monotonic()
    assert visitor.post("/messages", body).json()["messages"][0]["key"] == body["id"]
    assert time.monotonic() - began < SOON
    assert [one["text"] for one in visitor.history()].count("are you there?") == 1


def insist(visitor: Visitor, text: str) -> int:
    """Send as the widget does: the same message again, when a busy server says so. The status in the end."""
    body = {"id": uuid4().hex, "text": text}
    while (reply := visitor.post("/messages", body)).status_code == 429:
        time.sleep(int(reply.headers["retry-after"]))
    return reply.status_code


def test_messages_sent_at_once_are_all_kept_in_order_and_without_gaps(visitor: Visitor, staff: Staff) -> None:
    staff.take()
    texts = [f"and another thing ({i})" for i in range(20)]
    with ThreadPoolExecutor(10) as pool:
        assert set(pool.map(lambda text: insist(visitor, text), texts)) == {200}
    said = visitor.history()
    assert sorted(one["text"] for one in said[3:]) == sorted(texts)
    assert [one["id"] for one in said] == list(range(1, 24))


@pytest.mark.parametrize(
    ("text", "danger", "flag", "words"),
    [
        ("i want to kill myself", "crisis", "crisis", "988"),
        ("quiero suicidarme", "crisis", "crisis", "988"),
        ("crushing chest pain, i can't breathe", "medical_emergency", "medical_emergency", "911"),
        ("so much has happened to me. " * 200 + "i want to kill myself", "crisis", "crisis", "988"),
    ],
    ids=["crisis", "Spanish", "emergency", "at the end of a long message"],
)
def test_words_of_danger_are_answered_at_once_and_flagged(
    visitor: Visitor, staff: Staff, text: str, danger: str, flag: str, words: str
) -> None:
    usual = visitor.say(text)
    staff.take()
    began = time.monotonic()
    replies = visitor.say(text)
    assert time.monotonic() - began < SOON
    assert [one["danger"] for one in replies] == [one["danger"] for one in usual] and replies[0]["danger"] == danger
    assert words in replies[0]["text"] and replies[0]["from"] == "assistant"
    assert staff.flags() == {flag}
    assert present(visitor) == {"name": "Ana"}
    staff.say("I am calling you now.")
    assert len(visitor.send("ok").json()["messages"]) == 1


def test_danger_that_only_the_classifier_knows_is_heard_as_well(visitor: Visitor, staff: Staff) -> None:
    text = "i have been thinking everyone would be happier at my funeral"
    assert safety.detect(text) is None, "the word lists know it"
    assert visitor.say(text)[0]["danger"] == "crisis"
    staff.take()
    assert visitor.say(text)[0]["danger"] == "crisis"


def test_after_ten_quiet_minutes_the_assistant_is_back_and_says_so_once(visitor: Visitor, staff: Staff) -> None:
    staff.take()
    staff.fall_quiet()
    assert present(visitor) is None
    until(lambda: "Nobody has written here for 10 minutes" in visitor.history()[-1]["text"])
    with pytest.raises(NotTaken):
        staff.say("sorry, i was away")
    assert "generally considered safe" in visitor.say("is it safe?")[0]["text"]
    time.sleep(4)  # a clean-up later
    assert [one["text"].startswith("Nobody has written") for one in visitor.history()].count(True) == 1


def test_a_message_after_ten_quiet_minutes_is_answered_by_the_assistant(visitor: Visitor, staff: Staff) -> None:
    staff.take()
    for i in range(5):
        staff.take()
        staff.fall_quiet()
        assert "generally considered safe" in visitor.say(f"is it safe? {i}")[-1]["text"]
    texts = [one["text"] for one in visitor.history()]
    assert sum(text.startswith("Nobody has written") for text in texts) == 5


def test_one_of_two_gets_the_chat_and_the_other_is_told_who(visitor: Visitor, staff: Staff) -> None:
    both = staff, Staff(staff.engine, staff.conversation_id, "Bob")
    results = at_once(2, lambda i: both[i].take())
    lost = [one for one in results if isinstance(one, AlreadyTaken)]
    assert len(lost) == 1 and {"name": lost[0].name} == present(visitor)
    joined = [one["text"] for one in visitor.history() if "has joined" in one["text"]]
    assert len(joined) == 1 and joined[0].startswith(lost[0].name)


def test_a_booking_that_was_interrupted_goes_on_where_it_was(
    assistant: Assistant, visitor: Visitor, staff: Staff
) -> None:
    for text in ("book a consultation", "Maria"):
        visitor.say(text)
    staff.take()
    visitor.send("do i have to give my number?")
    staff.say("No, an address for e-mails will do.")
    visitor.send("415 555 0199")  # told to Ana, not to the form
    staff.give_back()
    assert "Which days" in visitor.texts("maria@example.com")
    assert "What is it about" in visitor.texts("thursday mornings")
    assert "Is it right?" in visitor.texts("rather not say")
    staff.take()
    staff.say("Shall I send you our leaflet?")
    visitor.send("hmm")
    staff.give_back()
    assert "Is it right?" in visitor.texts("yes")  # it may answer Ana: nothing is sent for it
    assert any(str(reply["booking"]).startswith("SR-") for reply in visitor.say("yes"))
    stored = [one for one in assistant.bookings().list_open() if one.conversation_id == staff.conversation_id]
    assert len(stored) == 1


def test_a_follow_up_is_not_taken_for_one_to_what_was_asked_before_staff_came(visitor: Visitor, staff: Staff) -> None:
    visitor.say("what are the side effects?")
    staff.take()
    staff.say("You asked about a consultation?")
    staff.give_back()
    assert "side effects" not in visitor.texts("how long do they last?")


def test_rebuilding_what_staff_read_changes_nothing_for_the_visitor(
    visitor: Visitor, staff: Staff, engine: Engine
) -> None:
    visitor.say("is it safe?")
    staff.take()
    visitor.send("are you a person?")
    staff.say("Yes.")
    staff.give_back()
    visitor.say("hello")
    before = visitor.history()
    reindex(engine)
    assert visitor.history() == before


def test_a_deleted_chat_cannot_be_written_to(visitor: Visitor, staff: Staff) -> None:
    staff.take()
    visitor.send("please forget this")
    assert visitor.delete().json() == {"deleted": True}
    with pytest.raises(NotTaken):
        staff.say("hello?")
    assert visitor.get("/history").status_code == 410
