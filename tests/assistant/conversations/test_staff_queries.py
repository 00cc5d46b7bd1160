"""Staff find conversations, read them, and see what needs somebody, on both kinds of database."""

from __future__ import annotations

import json
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.engine import Engine

from assistant.conversations import review, today
from assistant.conversations.filters import CONFIDENCE, LENGTH, NEWEST, NOBODY, SORTS, STARTED, Cursor, Filters
from assistant.conversations.queries import rate
from assistant.conversations.staff_queries import FIRST_WORDS, conversations, known_tags, next_unreviewed
from assistant.conversations.transcripts import news, transcript
from assistant.conversations.turns import Turn, write_turn
from assistant.database import reading, writing
from tests.assistant.conversations.staff import (
    CRISIS,
    GARBLED,
    GUESSED,
    PERSON,
    PRICE,
    SICK,
    staff_wrote,
    talk,
)
from tests.assistant.conversations.staff import LENGTH as LENGTH_ASKED

A, B, C, D = (f"{channel}:{name}" for channel, name in zip(["webchat", "slack", "webchat", "twilio"], "abcd"))


@pytest.fixture
def talks(engine: Engine) -> Engine:
    """Four conversations: a about prices and a crisis, b not understood, c waits for a person, d guessed."""
    with writing(engine) as session:
        talk(session, "a", 1000, PRICE, CRISIS, booking_reference="SR-4K7M-92PX")
        talk(session, "b", 2000, GARBLED, channel="slack")
        talk(session, "c", 3000, PERSON, LENGTH_ASKED, LENGTH_ASKED)
        talk(session, "d", 4000, GUESSED, channel="twilio")
        rate(session, C, 4, "down", "too vague", 3100.0)
        rate(session, C, 6, "up", "", 3200.0)
        review.add_tag(session, B, "Odd", "dana", 2100.0)
        review.assign(session, B, "dana", None, "lee", 2100.0)
        review.set_reviewed(session, D, 2, "dana", 4100.0)
    return engine


def found(engine: Engine, **filters: Any) -> str:
    """The letters of the conversations that are listed."""
    with reading(engine) as session:
        rows = conversations(session, Filters(**filters), None, 50).rows
    return "".join(row.id[-1] for row in rows)


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        ({}, "dcba"),
        ({"sort": STARTED}, "dcba"),
        ({"sort": LENGTH}, "cadb"),
        ({"sort": CONFIDENCE}, "bdac"),
        ({"channel": "webchat"}, "ca"),
        ({"channel": "fax"}, ""),
        ({"flag": "crisis"}, "a"),
        ({"flag": "not_covered"}, "ba"),
        ({"reviewed": True}, "d"),
        ({"reviewed": False}, "cba"),
        ({"assigned_to": "dana"}, "b"),
        ({"assigned_to": NOBODY}, "dca"),
        ({"tag": "odd"}, "b"),
        ({"intent": "ask_session_length"}, "dc"),
        ({"since": 3000.0}, "dc"),
        ({"until": 3000.0}, "ba"),
        ({"since": 2000.0, "until": 3000.0}, "b"),
        ({"confidence_below": 0.35}, "b"),
        ({"confidence_below": 0.36}, "db"),
        ({"booking": True}, "a"),
        ({"booking": False}, "dcb"),
        ({"disliked": True}, "c"),
        ({"disliked": False}, "dba"),
        ({"messages": 4}, "ca"),
        ({"text": "cost"}, "a"),
        ({"text": "session", "flag": "wants_person"}, "c"),
        ({"flag": "not_covered", "channel": "slack", "tag": "odd", "reviewed": False}, "b"),
    ],
    ids=str,
)
def test_conversations_are_filtered_and_sorted(talks: Engine, filters: dict[str, Any], expected: str) -> None:
    assert found(talks, **filters) == expected


def test_a_row_says_what_there_is_to_know(talks: Engine) -> None:
    with reading(talks) as session:
        a, b = (conversations(session, Filters(channel=of), None, 9).rows[-1] for of in ("webchat", "slack"))
    assert (a.first_words, a.message_count, a.flags) == ("What does it cost?", 4, {"not_covered", "crisis"})
    assert (a.has_open_danger, a.booking_reference, a.lowest_confidence) == (True, "SR-4K7M-92PX", 0.9)
    assert (a.started_at, a.last_at) == (1000.0, 1001.2)
    assert (b.tags, b.assigned_to, b.has_open_danger, b.is_reviewed) == (("odd",), "dana", False, False)


def test_of_a_long_message_the_list_reads_its_first_words_only(engine: Engine) -> None:
    with writing(engine) as session:
        talk(session, "long", 1.0, ("word\n" * 100, *PRICE[1:]))
    with reading(engine) as session:
        (row,) = conversations(session, Filters(), None, 1).rows
    assert row.first_words == ("word\n" * 100)[:FIRST_WORDS]


@pytest.mark.parametrize("sort", SORTS)
def test_pages_hold_each_conversation_once_whatever_is_equal(engine: Engine, sort: str) -> None:
    with writing(engine) as session:
        ids = {talk(session, f"{i:02}", 1000 + i // 4, *[PRICE] * (1 + i % 3)) for i in range(23)}
    seen: list[str] = []
    cursor = None
    while True:
        with reading(engine) as session:
            page = conversations(session, Filters(sort=sort), cursor, 4)
        seen += [row.id for row in page.rows]
        if page.next is None:
            break
        cursor = Cursor.of_text(page.next.as_text())
    assert len(seen) == len(ids) and set(seen) == ids


def test_what_is_new_does_not_move_the_pages_below(talks: Engine) -> None:
    with reading(talks) as session:
        cursor = conversations(session, Filters(), None, 2).next
    with writing(talks) as session:
        talk(session, "e", 5000, PRICE)
    with reading(talks) as session:
        assert [row.id for row in conversations(session, Filters(), cursor, 2).rows] == [B, A]


def test_what_was_said_after_a_review_is_not_reviewed(talks: Engine) -> None:
    with writing(talks) as session:
        talk(session, "d", 9000, PRICE, channel="twilio", first=5)
    assert found(talks, reviewed=False) == "dcba"


def test_the_next_unreviewed_is_further_down_the_same_list(talks: Engine) -> None:
    with reading(talks) as session:
        assert next_unreviewed(session, None, Filters()) == C
        assert next_unreviewed(session, C, Filters()) == B
        assert next_unreviewed(session, C, Filters(flag="crisis")) == A
        assert next_unreviewed(session, C, Filters(sort=LENGTH)) == A
        assert next_unreviewed(session, A, Filters()) is None
        assert next_unreviewed(session, "webchat:gone", Filters()) == C


@given(
    st.builds(
        Filters,
        channel=st.none() | st.sampled_from(["webchat", "slack"]),
        reviewed=st.none() | st.booleans(),
        since=st.none() | st.floats(0, 1e9, allow_nan=False).map(lambda at: round(at, 3)),
        until=st.none() | st.floats(2e9, 4e9).map(lambda at: round(at, 3)),
        text=st.none() | st.from_regex(r"\A\w[\w \"-]{0,20}\w\Z"),
        confidence_below=st.none() | st.sampled_from([0.0, 0.25, 1.0]),
        messages=st.none() | st.integers(0, 999999),
        sort=st.sampled_from(SORTS),
    )
)
def test_filters_survive_being_saved(filters: Filters) -> None:
    assert Filters.from_query(filters.to_query()) == filters
    assert json.loads(json.dumps(filters.to_query())) == filters.to_query()


@pytest.mark.parametrize(
    "query",
    [
        {"reviewed": "maybe"},
        {"since": "yesterday"},
        {"since": "nan"},
        {"until": "1e300"},
        {"since": "5", "until": "5"},
        {"confidence_below": "2"},
        {"messages": "-1"},
        {"messages": "99999999999999999999"},
        {"messages": "²"},
        {"sort": "random"},
        {"text": "x" * 201},
        {"tag": "x" * 97},
        {"channel": "web\0chat"},
    ],
    ids=str,
)
def test_nonsense_is_told_in_words(query: dict[str, str]) -> None:
    with pytest.raises(ValueError, match=next(iter(query))):
        Filters.from_query(query)


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", "[1,2,3,4]", '["newest",NaN,1,"a"]', "[" * 9999, '["newest",1e999,1,"a"]']
)
def test_a_place_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="before"):
        Cursor.of_text(text)


def test_an_empty_query_looks_for_everything() -> None:
    assert Filters.from_query({"flag": " ", "page": "3"}) == Filters(sort=NEWEST)


def test_a_transcript_has_beside_each_message_what_is_known_of_it(talks: Engine) -> None:
    with writing(talks) as session:
        review.acknowledge(session, A, 3, "crisis", "dana", 1100.0)
        review.add_note(session, A, "lee", "Called.", 1200.0, number=3)
        review.add_note(session, A, "lee", "All well.", 1300.0)
        review.give_verdict(session, A, 1, review.Judgement(True, "ask_price"), 0, "dana", 1400.0)
    with reading(talks) as session:
        read = transcript(session, A)
        disliked = transcript(session, C)
    assert read and disliked
    question, answer, crisis, _ = read.lines
    assert question.message.text == "What does it cost?" and question.reading
    assert (question.reading.intent, question.reading.runners_up) == ("ask_price", (("ask_safety", 0.05),))
    assert question.reading.actions == ("utter_ask_price",) and question.slots == {"booking_reference": "SR-4K7M-92PX"}
    assert question.verdict and question.verdict.version == 1
    assert [alarm.kind for alarm in answer.alarms] == ["not_covered"] and answer.message.buttons
    assert [(one.kind, one.acknowledged_by) for one in crisis.alarms] == [("crisis", "dana")]
    assert [note.text for note in crisis.notes] == ["Called."] and [note.text for note in read.notes] == ["All well."]
    assert (disliked.lines[3].message.rating, disliked.lines[3].reason) == ("down", "too vague")
    assert read.standing.booking_reference == "SR-4K7M-92PX" and not read.is_damaged


def test_there_is_no_transcript_of_what_is_not_there(talks: Engine) -> None:
    with reading(talks) as session:
        assert transcript(session, "webchat:gone") is None
        assert news(session, "webchat:gone", 0) is None


def test_who_watches_gets_what_is_new(talks: Engine) -> None:
    with reading(talks) as session:
        assert [line.message.number for line in news(session, C, 4).lines] == [5, 6]
        assert news(session, C, 6).lines == ()


@pytest.mark.parametrize(
    "damage",
    [
        'UPDATE events SET data = \'{"event": "us\' WHERE sender_id = :id AND seq = 0',
        "UPDATE events SET data = NULL WHERE sender_id = :id AND seq = 2",
        "UPDATE events SET data = '[]' WHERE sender_id = :id AND seq = 3",
        "UPDATE events SET data = '{}' WHERE sender_id = :id AND seq = 3",
        "UPDATE predictions SET runners_up = '[[1]]' WHERE conversation_id = :id AND number = 1",
        "UPDATE predictions SET actions = 'x' WHERE conversation_id = :id AND number = 1",
        "UPDATE messages SET buttons = '[{\"title\": 1}, 5]' WHERE conversation_id = :id AND number = 2",
        "UPDATE messages SET buttons = '{' WHERE conversation_id = :id AND number = 2",
    ],
)
def test_a_damaged_row_marks_its_conversation_and_hides_nothing_else(talks: Engine, damage: str) -> None:
    with writing(talks) as session:
        session.execute(sa.text(damage), {"id": A})
    with reading(talks) as session:
        read, other = transcript(session, A), transcript(session, C)
    assert read and read.is_damaged and len(read.lines) == 4
    assert other and not other.is_damaged
    assert found(talks) == "dcba"


def test_dangers_stay_until_somebody_acknowledges_them(talks: Engine) -> None:
    with writing(talks) as session:
        talk(session, "e", 500, SICK)
    with reading(talks) as session:
        assert [(one.kind, one.text) for one in today.dangers(session)] == [
            ("crisis", "I want to die"),
            ("side_effect", "dizzy since friday"),
        ]
    with writing(talks) as session:
        review.acknowledge(session, "webchat:e", 1, "side_effect", "dana", 9000.0)
    with reading(talks) as session:
        assert [one.kind for one in today.dangers(session)] == ["crisis"]
        (seen,) = today.dangers(session, acknowledged=True)
        counts = today.counts(session, 0.0)
    assert (seen.acknowledged_by, seen.acknowledged_at) == ("dana", 9000.0)
    assert (counts.dangers, counts.oldest_danger_at) == (1, 1001.0)


def test_who_wants_a_person_waits_until_one_answers(talks: Engine) -> None:
    def waiting() -> list[str]:
        with reading(talks) as session:
            assert today.counts(session, 0.0).waiting == len(today.waiting_for_person(session, 0.0))
            return [one.text for one in today.waiting_for_person(session, 0.0)]

    assert waiting() == ["a person please"]
    with writing(talks) as session:
        staff_wrote(session, C, "Here I am.", 3300.0)
    assert waiting() == []


def test_questions_that_went_wrong_are_listed_once_each(talks: Engine) -> None:
    with reading(talks) as session:
        questions = today.unanswered(session, 0.0)
        assert [(one.conversation_id[-1], one.why) for one in questions] == [("b", "unclear"), ("a", "not_covered")]
        assert today.counts(session, 0.0).unanswered == 2
        assert today.unanswered(session, 5000.0) == []
        (disliked,) = today.thumbs_down(session, 0.0)
    assert (disliked.number, disliked.text, disliked.reason) == (3, "How long is a session?", "too vague")
    assert disliked.answer == "An answer about ask_session_length."


def test_a_guess_is_listed_until_it_is_reviewed(talks: Engine) -> None:
    with writing(talks) as session:
        review.set_unreviewed(session, D)
    with reading(talks) as session:
        assert [one.why for one in today.unanswered(session, 3500.0)] == ["low_confidence"]


def test_what_was_judged_leaves_the_lists(talks: Engine) -> None:
    with writing(talks) as session:
        for conversation_id, number in ((A, 1), (B, 1), (C, 3)):
            verdict = review.Judgement(False, "ask_safety")
            review.give_verdict(session, conversation_id, number, verdict, 0, "dana", 9000.0)
    with reading(talks) as session:
        assert today.unanswered(session, 0.0) == today.thumbs_down(session, 0.0) == []
        counts = today.counts(session, 0.0)
    assert (counts.unanswered, counts.thumbs_down, counts.unreviewed) == (0, 0, 3)


def test_answers_to_a_form_are_no_unanswered_questions(engine: Engine) -> None:
    with writing(engine) as session:
        conversation_id = talk(session, "f", 1000.0)
        form = {"event": "action", "timestamp": 1000.0, "name": "booking_form"}
        parsed = {"intent": {"name": "nlu_fallback", "confidence": 0.1}}
        name = {"event": "user", "timestamp": 1000.0, "text": "Xu", "message_id": "x", "parse_data": parsed}
        write_turn(session, Turn(conversation_id, [name, form], None))
    with reading(engine) as session:
        assert today.unanswered(session, 0.0) == []
        assert today.counts(session, 0.0).unanswered == 0


def test_tags_are_known_with_their_numbers(talks: Engine) -> None:
    with writing(talks) as session:
        review.add_tag(session, A, "odd", "dana", 1.0)
        review.add_tag(session, A, "price", "dana", 1.0)
    with reading(talks) as session:
        assert known_tags(session) == [("odd", 2), ("price", 1)]
