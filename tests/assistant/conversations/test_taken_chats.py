"""Members of staff talk with visitors instead of the assistant, as the store holds it, on both kinds of database."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa
from rasa.shared.core.events import ActionExecuted, ActiveLoop, SlotSet, UserUttered
from sqlalchemy.engine import Engine

from assistant.channels.incoming import Refused
from assistant.conversations import inbox, models, queries, takeover
from assistant.conversations.erasure import erase
from assistant.conversations.inbox import Arrival
from assistant.conversations.reindex import reindex
from assistant.conversations.takeover import LIVE, QUIET, AlreadyTaken, NotLive, NotTaken
from assistant.database import reading, writing
from assistant.store import ConversationStore
from tests.assistant.conversations.talk import LISTEN, asked, is_without_gaps, replied, say, session_start, tracker_of
from tests.assistant.conversations.talk import turn as answered
from tests.databases import at_once, rows

ANA, BOB = ("ana-1", "Ana"), ("bob-2", "Bob")
NOW = 4_000_000_000.0  # later than anything that the tests' turns write


@pytest.fixture
def chat(store: ConversationStore, engine: Engine) -> str:
    """A chat of the website in which something was said."""
    say(store, "v", *session_start(), *answered("hello", "message-1"))
    with engine.begin() as connection:
        connection.execute(sa.text("UPDATE conversations SET last_at = :now"), {"now": NOW - 60})
    return "v"


def do(engine: Engine, work: Callable[..., Any], *arguments: Any) -> Any:
    """Call one of the functions in a transaction of its own."""
    with writing(engine) as session:
        return work(session, *arguments)


def take(engine: Engine, who: tuple[str, str] = ANA, now: float = NOW) -> Any:
    return do(engine, takeover.take, "v", *who, now)


def tell(engine: Engine, text: str, who: tuple[str, str] = ANA, now: float = NOW, client_id: str = "") -> Any:
    return do(engine, takeover.say, "v", *who, text, client_id or f"staffs-{abs(hash(text))}", now)


def hear(engine: Engine, text: str, client_id: str, now: float = NOW) -> Any:
    with writing(engine) as session:
        inbox.receive(session, "v", "webchat", Arrival(client_id, text), now)
        return takeover.hear(session, "v", Arrival(client_id, text), now)


def said(engine: Engine) -> list[tuple[str, str, str | None]]:
    return [(row.author, row.text, row.name) for row in rows(engine, models.Message)]


def end(engine: Engine, now: float) -> Any:
    return do(engine, takeover.end_if_quiet, "v", now)


def holder(engine: Engine, now: float = NOW) -> str | None:
    with reading(engine) as session:
        found = takeover.holder(session, "v", now)
    return found.name if found else None


def test_the_visitor_reads_who_has_joined_what_they_say_and_that_they_left(chat: str, engine: Engine) -> None:
    take(engine)
    assert holder(engine) == "Ana"
    hear(engine, "are you a person?", "message-2")
    tell(engine, "Yes, I am.")
    do(engine, takeover.give_back, "v", "ana-1", NOW)
    assert [(author, name) for author, _, name in said(engine)] == [
        *(("visitor", None), ("assistant", None), ("staff", "Ana")),
        *(("visitor", None), ("staff", "Ana"), ("assistant", None)),
    ]
    texts = [text for _, text, _ in said(engine)]
    assert "Ana from the clinic's team has joined" in texts[2] and texts[4] == "Yes, I am."
    assert "Ana has left" in texts[5] and "automated assistant again" in texts[5]
    assert holder(engine) is None and is_without_gaps(engine)


def test_rebuilding_the_read_model_changes_nothing_of_it(chat: str, engine: Engine) -> None:
    take(engine)
    hear(engine, "i am worried", "message-2")
    tell(engine, "What about?")
    do(engine, takeover.give_back, "v", "ana-1", NOW)

    def held() -> list[Any]:
        columns = [column for column in models.Message.__table__.c if column.name != "id"]
        with engine.connect() as connection:
            messages = connection.execute(sa.select(*columns).order_by(models.Message.__table__.c.number)).all()
        return [messages, rows(engine, models.Prediction), rows(engine, models.Flag), rows(engine, models.Conversation)]

    before = held()
    reindex(engine)
    assert held() == before


def test_what_was_said_to_staff_is_no_question_that_the_assistant_failed_at(chat: str, engine: Engine) -> None:
    take(engine)
    hear(engine, "blargh", "message-2")
    assert [row.number for row in rows(engine, models.Prediction)] == [1]
    assert rows(engine, models.Conversation)[0].lowest_confidence == pytest.approx(0.9)
    assert rows(engine, models.Flag) == []
    assert [row.answered_at is not None for row in rows(engine, models.InboxMessage)] == [True]


def test_one_of_two_gets_the_chat_and_the_other_is_told_who(chat: str, engine: Engine) -> None:
    staff = [(f"id-{i}", f"Person {i}") for i in range(8)]
    results = at_once(8, lambda i: take(engine, staff[i]))
    winners = [one for one in results if not isinstance(one, Exception)]
    losers = [one for one in results if isinstance(one, AlreadyTaken)]
    assert len(winners) == 1 and len(losers) == 7
    assert {loser.name for loser in losers} == {winners[0].name} == {holder(engine)}
    assert len(said(engine)) == 3
    with pytest.raises(NotTaken):
        tell(engine, "me too", BOB)
    with pytest.raises(NotTaken):
        do(engine, takeover.give_back, "v", "bob-2", NOW)


def test_taking_again_prolongs_and_tells_nobody(chat: str, engine: Engine) -> None:
    take(engine)
    assert take(engine, now=NOW + QUIET - 1) is None
    assert holder(engine, NOW + 2 * QUIET - 2) == "Ana" and len(said(engine)) == 3


def test_a_message_of_staff_that_is_sent_again_is_written_once(chat: str, engine: Engine) -> None:
    take(engine)
    first, again = (tell(engine, "good morning", client_id="12345678") for _ in range(2))
    assert first == again
    do(engine, takeover.give_back, "v", "ana-1", NOW)
    assert tell(engine, "good morning", client_id="12345678") == first
    assert [text for _, text, _ in said(engine)].count("good morning") == 1


def test_every_message_prolongs_and_ten_quiet_minutes_end_it_once(chat: str, engine: Engine) -> None:
    take(engine)
    hear(engine, "still here", "message-2", NOW + 500)
    tell(engine, "me too", now=NOW + 1000)
    do(engine, takeover.prolong, "v", NOW + 1500)
    assert end(engine, NOW + 2099) is None and holder(engine, NOW + 2099) == "Ana"
    with reading(engine) as session:
        assert takeover.quiet(session, NOW + 2099) == [] and takeover.quiet(session, NOW + 2100) == ["v"]
    ended = [one for one in at_once(8, lambda _: end(engine, NOW + 2100)) if one]
    assert len(ended) == 1 and "Nobody has written here for 10 minutes" in ended[0].text
    assert said(engine)[-1] == ("assistant", ended[0].text, None) and len(said(engine)) == 6
    with reading(engine) as session:
        assert takeover.quiet(session, NOW + 9999) == []


def test_after_ten_quiet_minutes_nobody_writes_or_hears_until_it_is_taken_again(chat: str, engine: Engine) -> None:
    take(engine)
    with pytest.raises(NotTaken):
        tell(engine, "late", now=NOW + QUIET)
    with pytest.raises(NotTaken):
        do(engine, takeover.give_back, "v", "ana-1", NOW + QUIET)
    assert hear(engine, "anyone?", "message-2", NOW + QUIET) is None
    assert take(engine, BOB, NOW + QUIET).name == "Bob"
    assert end(engine, NOW + QUIET + 1) is None


def test_only_a_chat_of_the_website_of_today_can_be_taken(chat: str, store: ConversationStore, engine: Engine) -> None:
    say(store, "sms", *session_start(), asked("hello", "greet", input_channel="sms"), ActionExecuted(LISTEN))
    for conversation_id, now in (("v", NOW + LIVE), ("sms", 1.0), ("nobody", NOW)):
        with pytest.raises(NotLive):
            do(engine, takeover.take, conversation_id, *ANA, now)
    take(engine)
    do(engine, erase, "v", NOW)
    for work, arguments in ((takeover.take, ANA), (takeover.say, (*ANA, "hello", "12345678"))):
        with pytest.raises((NotLive, NotTaken)):
            do(engine, work, "v", *arguments, NOW)
    assert hear_nothing(engine) is None and [row.author for row in rows(engine, models.Message)] == ["visitor"]


def hear_nothing(engine: Engine) -> Any:
    return do(engine, takeover.hear, "v", Arrival("message-9", "hello"), NOW)


@pytest.mark.parametrize(
    ("text", "status"),
    [("", 400), (" \n ", 400), ("a\x00b", 400), ("\ud800", 400), ("x" * 2001, 413)],
    ids=["empty", "blank", "NUL", "half a surrogate pair", "2,001 characters"],
)
def test_what_a_visitor_may_not_write_staff_may_not_either(chat: str, engine: Engine, text: str, status: int) -> None:
    take(engine)
    with pytest.raises(Refused) as refused:
        tell(engine, text, client_id="12345678")
    assert refused.value.status == status and len(said(engine)) == 3


@pytest.mark.parametrize("name", ["", " ", "x" * 65, "a\nb"], ids=["empty", "blank", "65 characters", "two lines"])
def test_the_visitor_is_told_a_name_that_can_be_one(chat: str, engine: Engine, name: str) -> None:
    with pytest.raises(Refused):
        take(engine, ("id", name))
    with pytest.raises(Refused):
        tell(engine, "hello", client_id="short")


def test_where_it_stands_says_who_has_the_chat_and_that_the_assistant_does_not_write(chat: str, engine: Engine) -> None:
    take(engine)
    with writing(engine) as session:
        assert inbox.claim(session, "v", "worker", NOW)
        standing = queries.standings(session, ["v"], NOW)["v"]
        later = queries.standings(session, ["v"], NOW + QUIET)["v"]
    assert (standing.staff, standing.is_answered_now) == ("Ana", False)
    assert later.staff is None


def test_rasa_finds_the_form_open_and_its_slots_filled_when_it_is_back(
    store: ConversationStore, engine: Engine
) -> None:
    booking = [
        *(*session_start(), asked("book", "book_consultation"), ActionExecuted("booking_form")),
        *(ActiveLoop("booking_form"), SlotSet("booking_name", "Maria"), SlotSet("requested_slot", "booking_contact")),
        *(*replied("How can we reach you?", "utter_ask_booking_contact")[1:], ActionExecuted(LISTEN)),
    ]
    say(store, "v", *booking)
    with engine.begin() as connection:
        connection.execute(sa.text("UPDATE conversations SET last_at = :now"), {"now": NOW - 60})
    take(engine)
    for i in range(25):  # more than Rasa looks back
        hear(engine, f"what about this {i}", f"message-{i}")
        tell(engine, f"that is so {i}")
    do(engine, takeover.give_back, "v", "ana-1", NOW)
    for round_ in range(2):  # the second time from a window that has moved on
        tracker = tracker_of(store, "v")
        assert tracker is not None and tracker.active_loop_name == "booking_form"
        assert tracker.latest_action_name == LISTEN and not tracker.is_paused()
        assert tracker.get_slot("booking_name") == "Maria"
        assert tracker.get_slot("requested_slot") == "booking_contact"
        say(store, "v", *answered(f"is it safe {round_}", f"later-{round_}"))
    assert is_without_gaps(engine)
    assert len([event for event in tracker.events if isinstance(event, UserUttered)]) < 25
