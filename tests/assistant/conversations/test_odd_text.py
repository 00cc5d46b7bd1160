"""Text that no database takes neither ends the process nor the conversation."""

from __future__ import annotations

import json

import pytest
from rasa.shared.core.events import BotUttered, SlotSet

from assistant.conversations import models
from assistant.store import ConversationStore
from tests.assistant.conversations.talk import asked, asked_in, replied, say, texts, tracker_of, turn
from tests.databases import rows

ODD = {"half a pair": "a \ud83d b", "the other half": "\ude00", "NUL": "a \0 b", "both": "\0\udfff"}


@pytest.mark.parametrize("odd", ODD.values(), ids=ODD.keys())
def test_it_is_stored_with_a_mark_where_it_was_odd(odd: str, store: ConversationStore, open_store, engine) -> None:
    readable = "".join("\ufffd" if one in "\0\ud83d\ude00\udfff" else one for one in odd)
    buttons = [{"title": odd, "payload": "/greet"}]
    say(
        store,
        "v",
        asked(odd, odd, odd, metadata={"title": odd}),
        *replied(odd, odd, buttons),
        SlotSet("change_wish", odd),
    )
    say(store, "v", *turn("two"))
    assert texts(engine) == [readable, "two"]
    first, reply, *_ = rows(engine, models.Message)
    assert (first.key, reply.text, reply.action) == (readable, readable, readable)
    assert json.loads(reply.buttons)[0]["title"] == readable
    assert asked_in(tracker_of(open_store(), "v")) == [readable, "two"]
    assert store.spool.is_empty()


@pytest.mark.parametrize("odd", ODD.values(), ids=ODD.keys())
def test_it_may_stand_in_the_name_of_a_conversation(odd: str, store: ConversationStore, engine) -> None:
    say(store, odd, *turn("one"))
    assert asked_in(say(store, odd, *turn("two"))) == ["one", "two"]
    assert texts(engine) == ["one", "two"]


def test_whole_characters_outside_the_basic_plane_stay(store: ConversationStore, engine) -> None:
    say(store, "v", *turn("\U0001f600 \ud83d\ude00"))
    assert texts(engine) == ["\U0001f600 \U0001f600"]


@pytest.mark.parametrize(
    "more",
    [
        {"data": {"buttons": [{"title": "a link", "url": "https://example.org"}]}},
        {"data": {"buttons": ["not a button"]}},
        {"metadata": {"metadata": "not about anything"}},
        {"data": {"custom": {"a": object}}},
    ],
    ids=["a button without payload", "a button of another kind", "odd metadata", "what JSON cannot say"],
)
def test_a_reply_of_an_odd_shape_never_raises_and_blocks_nobody(more, store: ConversationStore, engine) -> None:
    say(store, "v", *turn("one"))
    say(store, "v", asked("two", "greet"), BotUttered("odd", **more))
    say(store, "v", *turn("three"))
    assert {"one", "three"} <= set(texts(engine))
    assert store.spool.is_empty()
