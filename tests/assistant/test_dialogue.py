"""Whole turns through the trained model, in this process: what is said, and what is said when a part is missing."""

from __future__ import annotations

import asyncio
from typing import Any
from uuid import uuid4

import pytest
from rasa.core.agent import Agent
from rasa.core.channels.channel import CollectingOutputChannel, UserMessage

from assistant.answers import ClinicAnswers
from assistant.clinic import Clinic


def say(agent: Agent, *messages: str, sender: str = "") -> list[dict[str, Any]]:
    """Send messages as one visitor and return the replies to the last."""
    sender = sender or uuid4().hex

    async def send() -> list[dict[str, Any]]:
        output = CollectingOutputChannel()
        for text in messages:
            output = CollectingOutputChannel()
            await agent.handle_message(UserMessage(text, output, sender))
        return output.messages

    return asyncio.run(send())


def test_a_booking_without_the_action_server_is_admitted(agent: Agent) -> None:
    replies = say(agent, "i want to book a consultation")
    assert "nothing has been sent" in replies[-1]["text"]


def test_questions_need_no_action_server(agent: Agent) -> None:
    assert "nausea" in say(agent, "what are the side effects")[0]["text"]


def test_did_you_mean_offers_meanings_that_have_an_answer(agent: Agent) -> None:
    reply = say(agent, "hmm")[0]
    assert len(reply["buttons"]) == 2
    assert all(button["payload"].startswith("/") for button in reply["buttons"])


@pytest.mark.parametrize(
    "condition", ["OCD", "bipolar disorder", "migraines", "ADHD", "tinnitus", "an eating disorder"]
)
@pytest.mark.parametrize("question", ["does it help with {}", "my son has {}, would ketamine work for him?", "{}?"])
def test_a_condition_that_the_article_does_not_name_never_gets_another_conditions_answer(
    agent: Agent, condition: str, question: str
) -> None:
    parsed = asyncio.run(agent.parse_message(question.format(condition)))
    assert parsed["intent"]["name"] == "ask_other_condition"


@pytest.mark.parametrize("effect", ["hair loss", "weight gain", "liver damage", "headaches"])
def test_a_side_effect_that_the_article_does_not_name_is_not_answered_as_another(agent: Agent, effect: str) -> None:
    parsed = asyncio.run(agent.parse_message(f"does ketamine cause {effect}?"))
    assert parsed["intent"]["name"] == "ask_other_side_effect"


@pytest.mark.parametrize("medicine", ["Lexapro", "lithium", "xanax", "gabapentin", "adderall"])
def test_a_named_medicine_is_not_judged(agent: Agent, medicine: str) -> None:
    parsed = asyncio.run(agent.parse_message(f"can i take {medicine} while doing the infusions"))
    assert parsed["intent"]["name"] == "ask_medicine"


def test_the_clinics_own_text_is_given_where_it_is_filled_in(agent: Agent) -> None:
    answers = ClinicAnswers(None, agent.domain, Clinic(prices="An infusion costs as agreed.", phone="555 0134"))
    response = asyncio.run(answers.generate("utter_ask_price", _tracker(agent), "rest"))
    assert response is not None and response["text"].endswith("An infusion costs as agreed.")
    response = asyncio.run(answers.generate("utter_ask_contact", _tracker(agent), "rest"))
    assert response is not None and "555 0134" in response["text"]


def test_an_empty_entry_gets_the_honest_answer(agent: Agent) -> None:
    answers = ClinicAnswers(None, agent.domain, Clinic())
    response = asyncio.run(answers.generate("utter_ask_price", _tracker(agent), "rest"))
    assert response is not None and "doesn't say" in response["text"]


def _tracker(agent: Agent) -> Any:
    from rasa.shared.core.trackers import DialogueStateTracker

    return DialogueStateTracker("v", agent.domain.slots)
