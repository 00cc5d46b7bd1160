"""A stored event takes half the space and is the same to Rasa and to staff."""

from __future__ import annotations

import json
from typing import Any

import pytest
from rasa.shared.core.events import (
    ActionExecuted,
    ActionExecutionRejected,
    ActiveLoop,
    BotUttered,
    ConversationPaused,
    DefinePrevUserUtteredFeaturization,
    Event,
    FollowupAction,
    LoopInterrupted,
    Restarted,
    SessionStarted,
    SlotSet,
    UserUttered,
)

from assistant.conversations.lean import RANKED, lean_event
from assistant.conversations.projection import Projection

_IDS = {"model_id": "4b7a2c85db1e4d45", "assistant_id": "clinic"}
_RANKING = [{"name": f"ask_{number}", "confidence": 0.987654321 / (number + 1)} for number in range(10)]
_PARTS = [{"intent": "ask_0", "text": "does it hurt"}, {"intent": "ask_1", "text": "how long"}]

_SHORTER = {"metadata", "data", "parse_data"}  # of these some is left out: see below


def _lean(event: Event) -> dict[str, Any]:
    return lean_event(event.as_dict())


def _message() -> UserUttered:
    parsed: Any = {
        "text": "does it hurt, how long",
        "intent": _RANKING[0],
        "entities": [{"entity": "condition", "value": "ptsd", "start": 0, "end": 4}],
        "intent_ranking": _RANKING,
        "text_tokens": [[0, 4], [5, 7], [8, 12]],
        "message_id": "d08a850f",
        "metadata": {"title": "Does it hurt?"},
        "parts": _PARTS,
    }
    return UserUttered(
        "does it hurt, how long",
        intent=parsed["intent"],
        entities=parsed["entities"],
        parse_data=parsed,
        timestamp=5.5,
        input_channel="webchat",
        message_id="d08a850f",
        metadata={"title": "Does it hurt?", **_IDS},
    )


EVENTS = [
    _message(),
    BotUttered(
        "It does not.",
        {"buttons": [{"title": "Thanks", "payload": "/thanks"}], "image": None, "custom": None},
        {"utter_action": "utter_ask_0", "metadata": {"section": "A session", "facts": ["one"]}, **_IDS},
        6.5,
    ),
    ActionExecuted("action_listen", "IndexedRulePolicy", 1.0, 6.6, _IDS, hide_rule_turn=True),
    ActionExecutionRejected("booking_form", "IndexedRulePolicy", 0.5, 6.7, _IDS),
    SlotSet("booking_name", "x", 7.0, _IDS),
    SlotSet("booking_name", None, 7.1, _IDS),
    SlotSet("asides", [], 7.2, _IDS),
    ActiveLoop("booking_form", 7.3, _IDS),
    ActiveLoop(None, 7.4, _IDS),
    LoopInterrupted(True, 7.5, _IDS),
    FollowupAction("utter_greet", 7.6, _IDS),
    DefinePrevUserUtteredFeaturization(False, 7.7, _IDS),
    SessionStarted(7.8, _IDS),
    Restarted(7.9, _IDS),
    ConversationPaused(8.0, _IDS),
]


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: str(event.type_name))
def test_rasa_reads_it_as_the_same_event(event: Event) -> None:
    whole, lean = (Event.from_parameters(json.loads(json.dumps(one))) for one in (event.as_dict(), _lean(event)))

    assert type(lean) is type(whole) is type(event)
    assert {name for name, value in vars(whole).items() if vars(lean)[name] != value} <= _SHORTER
    assert lean is not None and lean.timestamp == event.timestamp


def test_of_a_message_stays_what_the_next_turn_and_reviewers_look_at() -> None:
    read = Event.from_parameters(_lean(_message()))

    assert isinstance(read, UserUttered)
    assert (read.text, read.message_id, read.input_channel) == ("does it hurt, how long", "d08a850f", "webchat")
    assert read.intent == _RANKING[0] and read.entities == _message().entities
    assert read.parse_data["parts"] == _PARTS  # type: ignore[typeddict-item]
    assert read.metadata == {"title": "Does it hurt?", "model_id": _IDS["model_id"]}


def test_of_an_answer_stay_its_words_its_buttons_and_where_it_comes_from() -> None:
    answer = next(event for event in EVENTS if isinstance(event, BotUttered))
    read = Event.from_parameters(_lean(answer))

    assert isinstance(read, BotUttered) and read.text == answer.text
    assert read.data == {"buttons": answer.data["buttons"]}
    assert read.metadata == {name: value for name, value in answer.metadata.items() if name != "assistant_id"}


def test_the_read_model_can_be_built_from_it_again() -> None:
    whole, lean = ([change(event.as_dict()) for event in EVENTS] for change in (dict, lean_event))
    assert Projection(1, 0).add(lean) == Projection(1, 0).add(whole)
    assert len(_RANKING) > RANKED


def test_half_of_it_goes() -> None:
    sizes = [sum(len(json.dumps(change(event.as_dict()))) for event in EVENTS) for change in (lean_event, dict)]
    assert sizes[0] < 0.65 * sizes[1]


def test_a_text_that_was_understood_otherwise_than_written_is_kept() -> None:
    event = _message().as_dict() | {"text": "other words"}
    assert lean_event(event)["parse_data"]["text"] == "does it hurt, how long"
