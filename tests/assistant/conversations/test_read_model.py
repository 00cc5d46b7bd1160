"""What visitors and staff read of a conversation is stored with its events, or neither is."""

from __future__ import annotations

import json

import pytest
from rasa.shared.core.events import ActionExecuted, BotUttered, SlotSet

from assistant.conversations import models
from assistant.store import ConversationStore
from tests.assistant.conversations.talk import LISTEN, asked, replied, say, session_start, texts, turn
from tests.databases import rows


def flags(engine) -> list[tuple[int, str]]:
    return [(row.number, row.kind) for row in rows(engine, models.Flag)]


def test_messages_are_numbered_and_named_and_have_an_author(store: ConversationStore, engine) -> None:
    say(store, "v", *session_start(), asked("hi", "greet", "c1"), *replied("hello", "utter_greet"), BotUttered("more"))
    say(store, "v", BotUttered("an apology"))
    say(store, "w", asked("hi", "greet"), *replied("hello", "utter_greet"))
    stored = [(m.conversation_id, m.number, m.key, m.author, m.text) for m in rows(engine, models.Message)]
    assert stored == [
        ("v", 1, "c1", "visitor", "hi"),
        ("v", 2, "c1.0", "assistant", "hello"),
        ("v", 3, "c1.1", "assistant", "more"),
        ("v", 4, "e7", "assistant", "an apology"),
        ("w", 1, stored[4][2], "visitor", "hi"),
        ("w", 2, f"{stored[4][2]}.0", "assistant", "hello"),
    ]


def test_what_was_pressed_is_shown_as_it_stood_on_the_button(store: ConversationStore, engine) -> None:
    say(store, "v", asked("/ask_safety", "ask_safety", metadata={"title": "Is it safe?"}))
    assert texts(engine) == ["Is it safe?"]


def test_an_answer_keeps_its_buttons_its_name_and_its_place_in_the_article(store: ConversationStore, engine) -> None:
    buttons = [{"title": "Is it safe?", "payload": "/ask_safety"}]
    say(
        store,
        "v",
        asked("side effects?", "ask_side_effects"),
        *replied("these", "utter_ask_side_effects", buttons, facts=["nausea"], section="Side effects"),
        *replied("bye", "utter_goodbye", section="Side effects"),
    )
    _, answer, talk = rows(engine, models.Message)
    assert json.loads(answer.buttons) == buttons
    assert (answer.action, answer.source) == ("utter_ask_side_effects", "Side effects")
    assert (talk.buttons, talk.action, talk.source) == (None, "utter_goodbye", None)


@pytest.mark.parametrize(
    ("action", "danger"),
    [
        ("utter_crisis", "crisis"),
        ("utter_988_line", "crisis"),
        ("utter_medical_emergency", "medical_emergency"),
        ("utter_greet", None),
    ],
)
def test_an_answer_to_somebody_in_danger_says_so(action: str, danger: str, store: ConversationStore, engine) -> None:
    say(store, "v", asked("…", "greet"), *replied("…", action))
    assert [row.danger for row in rows(engine, models.Message)] == [None, danger]


def test_a_confirmation_carries_the_reference_and_the_conversation_keeps_it(store: ConversationStore, engine) -> None:
    sent = [ActionExecuted("action_submit_consultation"), SlotSet("booking_reference", "SR-4K7M-92PX")]
    say(store, "v", asked("yes", "affirm"), *sent, *replied("sent", "utter_sent"), *replied("more?", "utter_more"))
    say(store, "v", SlotSet("booking_reference", None), *turn("thanks"))
    assert [row.booking for row in rows(engine, models.Message)] == [None, "SR-4K7M-92PX", None, None, None]
    assert rows(engine, models.Conversation)[0].booking_reference == "SR-4K7M-92PX"


def test_how_a_message_was_understood_and_what_was_done_is_kept(store: ConversationStore, engine) -> None:
    ranking = [("ask_price", 0.61234), *((f"other_{n}", 0.3 - n / 100) for n in range(9))]
    say(store, "v", asked("how much", "", ranking=ranking), *replied("…", "utter_ask_price"), ActionExecuted(LISTEN))
    say(store, "v", ActionExecuted("action_of_nobody"), *turn("thanks"))
    first, second = rows(engine, models.Prediction)
    assert (first.number, first.intent, round(first.confidence, 5)) == (1, "ask_price", 0.61234)
    assert json.loads(first.runners_up) == [["other_0", 0.3], ["other_1", 0.29], ["other_2", 0.28], ["other_3", 0.27]]
    assert json.loads(first.actions) == ["utter_ask_price"]
    assert (second.number, json.loads(second.actions)) == (3, ["utter_greet"])


@pytest.mark.parametrize(
    ("intent", "kind"),
    [
        ("crisis", "crisis"),
        ("crisis_spanish", "crisis"),
        ("medical_emergency", "medical_emergency"),
        ("nlu_fallback", "unclear"),
        ("tell_side_effect", "side_effect"),
        ("talk_to_human", "wants_person"),
    ],
)
def test_staff_see_what_they_should_look_at(intent: str, kind: str, store: ConversationStore, engine) -> None:
    say(store, "v", *turn("hi"), asked("…", intent), ActionExecuted(LISTEN))
    assert flags(engine) == [(3, kind)]


@pytest.mark.parametrize(
    ("action", "about", "is_flagged"),
    [
        ("utter_ask_price", {"facts": []}, True),
        ("utter_followup_not_covered", {}, True),
        ("utter_fallback", {}, True),
        ("utter_ask_side_effects", {"facts": ["nausea"]}, False),
        ("utter_ask_booking_name", {"facts": []}, False),
        ("utter_greet", {}, False),
    ],
)
def test_staff_see_what_the_article_does_not_cover(action, about, is_flagged, store: ConversationStore, engine) -> None:
    say(store, "v", asked("…", "greet"), *replied("…", action, **about))
    assert flags(engine) == ([(2, "not_covered")] if is_flagged else [])


def test_a_conversation_knows_its_channel_its_times_and_its_least_sure_moment(store: ConversationStore, engine) -> None:
    for at, confidence in ((100.0, 0.9), (200.0, 0.31), (300.0, 0.8)):
        say(store, "v", asked("…", "", ranking=[("greet", confidence)], timestamp=at))
    (row,) = rows(engine, models.Conversation)
    assert (row.channel, row.event_count, row.message_count) == ("webchat", 3, 3)
    assert round(row.lowest_confidence, 5) == 0.31
    assert row.last_at >= 300


@pytest.mark.parametrize(("table", "column"), [("messages", "text"), ("predictions", "intent"), ("flags", "kind")])
def test_without_the_read_model_there_are_no_events_either(
    table: str, column: str, store: ConversationStore, engine, refuse
) -> None:
    say(store, "v", *turn("one"))
    before = {model: rows(engine, model) for model in (models.Event, models.Message, models.Conversation)}
    refuse(table, column, "crisis")
    say(store, "v", asked("crisis", "crisis"), *replied("…", "utter_crisis"))
    assert {model: rows(engine, model) for model in before} == before
