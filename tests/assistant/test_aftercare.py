"""After a crisis, for a day and over restarts: 988 stays, a denial ends nothing, questions are still answered."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule, run_state_machine_as_test
from rasa.core.agent import Agent
from rasa.core.channels.channel import CollectingOutputChannel, UserMessage
from rasa.shared.core.events import SlotSet

from assistant.policies.aftercare import AT, AUTOMATED_AT, AUTOMATED_SECONDS, STICKY_SECONDS, WATCHED
from assistant.store import ConversationStore

CRISES = ["i want to kill myself", "i cant go on, i want to die", "my brother says he wants to die"]
URGENT = [
    "im going to kill myself tonight",
    "i took all my pills because i want to die",
    "i have the gun, goodbye, i want to die",
]
DENIALS = [
    "no you misunderstood",
    "just kidding",
    "haha it was a joke",
    "im fine",
    "i didnt mean it like that",
    "nevermind",
]
OTHERS = [
    "does it help with depression",
    "ok",
    "thanks",
    "bye",
    "hello",
    "qwertz asdf",
    "how long does a session take",
    "no",
]


class Visitor:
    """Writes to the assistant as one visitor, over a store on the disk."""

    def __init__(self, agent: Agent, monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
        monkeypatch.setenv("DATABASE_URL", f"sqlite:///{folder}/conversations.db")
        self._agent = agent
        self._before = agent.processor.tracker_store
        self.restart()

    def restart(self) -> None:
        """Another process, which remembers nothing by itself."""
        self._agent.processor.tracker_store = ConversationStore(self._agent.domain)

    def close(self) -> None:
        self._agent.processor.tracker_store = self._before

    def say(self, text: str, channel: str = "webchat", **metadata: Any) -> str:
        output = CollectingOutputChannel()
        message = UserMessage(text, output, "v", input_channel=channel, metadata=metadata or None)
        asyncio.run(self._agent.handle_message(message))
        return "\n".join(str(reply.get("text")) for reply in output.messages)

    def set(self, **slots: Any) -> None:
        store = self._agent.processor.tracker_store
        asyncio.run(store.record("v", [SlotSet(name, value) for name, value in slots.items()]))


@pytest.fixture
def visitor(agent: Agent, monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    visitor = Visitor(agent, monkeypatch, tmp_path)
    yield visitor
    visitor.close()


@pytest.mark.parametrize("text", URGENT)
def test_a_plan_or_means_puts_911_first(visitor: Visitor, text: str) -> None:
    reply = visitor.say(text)
    assert reply.index("911") < reply.index("988")


@pytest.mark.parametrize("text", CRISES)
def test_thoughts_put_988_first(visitor: Visitor, text: str) -> None:
    reply = visitor.say(text)
    assert reply.index("988") < reply.index("911")


def test_a_person_of_the_clinic_in_the_chat_is_not_denied(visitor: Visitor) -> None:
    assert "team is in this chat" in visitor.say(CRISES[0], **{WATCHED: True})
    assert "no one" in visitor.say(CRISES[0]).lower()


def test_three_mentions_get_three_wordings(visitor: Visitor) -> None:
    assert len({visitor.say(text) for text in CRISES}) == 3


def test_the_question_after_it_is_answered_and_988_stays(visitor: Visitor) -> None:
    visitor.say(CRISES[0])
    reply = visitor.say("does it help with depression")
    assert "depression" in reply and "988" in reply


@pytest.mark.parametrize("text", DENIALS)
def test_a_denial_is_heard_and_ends_nothing(visitor: Visitor, text: str) -> None:
    visitor.say(CRISES[0])
    reply = visitor.say(text)
    assert "988" in reply and "\n\n" not in reply, "said once"
    assert "988" in visitor.say("how long does a session take")


def test_a_denial_of_nothing_is_none(visitor: Visitor) -> None:
    assert "988" not in visitor.say("just kidding").partition("In danger")[0]


def test_a_question_with_a_denial_is_answered(visitor: Visitor) -> None:
    visitor.say(CRISES[0])
    assert "nausea" in visitor.say("just kidding. what are the side effects?")


def test_it_ends_after_a_day(visitor: Visitor) -> None:
    visitor.say(CRISES[0])
    visitor.set(**{AT: time.time() - STICKY_SECONDS - 1})
    assert "988" not in visitor.say("how long does a session take")


def test_a_visitor_of_a_messaging_channel_is_told_at_once_that_nobody_human_answers(visitor: Visitor) -> None:
    assert "automated assistant" in visitor.say("how long does a session take", channel="sms")
    assert "automated assistant" not in visitor.say("what are the side effects", channel="sms")


def test_the_page_has_said_so_and_it_is_said_again_after_three_hours(visitor: Visitor) -> None:
    assert "automated" not in visitor.say("how long does a session take")
    visitor.set(**{AUTOMATED_AT: time.time() - AUTOMATED_SECONDS - 1})
    assert "automated assistant, not a person" in visitor.say("what are the side effects")


@pytest.mark.parametrize(
    "text",
    ["im 15 can i get ketamine", "i am 16 years old and depressed", "i'm under 18", "tengo 15 años", "16f can i come"],
)
def test_a_young_person_gets_a_safe_way(visitor: Visitor, text: str) -> None:
    reply = visitor.say(text)
    assert "adults" in reply and "988" in reply and "consultation" not in reply


@pytest.mark.parametrize(
    "text", ["i am 16 weeks pregnant", "im 45, is that too old", "my son is 15, can he come", "i was 15 when it began"]
)
def test_others_are_not_taken_for_young(visitor: Visitor, text: str) -> None:
    assert "for adults. Please talk with a parent" not in visitor.say(text)


def test_a_young_person_in_danger_gets_the_crisis_reply(visitor: Visitor) -> None:
    assert visitor.say("im 15 and i want to die").startswith(("I'm so sorry", "Thank you", "That sounds"))


class Aftercare(RuleBasedStateMachine):
    """Whatever is said within a day after a crisis, in whatever order, over restarts: the reply names 988."""

    visitor: Visitor

    def __init__(self) -> None:
        super().__init__()
        self.name = f"v{time.monotonic_ns()}"
        self.is_remembered = False
        self.last = ""

    def _say(self, text: str) -> str:
        output = CollectingOutputChannel()
        message = UserMessage(text, output, self.name, input_channel="webchat")
        asyncio.run(self.visitor._agent.handle_message(message))
        return "\n".join(str(reply.get("text")) for reply in output.messages)

    @rule(text=st.sampled_from([*CRISES, *URGENT]))
    def tell(self, text: str) -> None:
        reply = self._say(text)
        assert "988" in reply and "911" in reply and reply != self.last
        self.is_remembered, self.last = True, reply

    @precondition(lambda self: self.is_remembered)
    @rule(text=st.sampled_from([*DENIALS, *OTHERS]))
    def go_on(self, text: str) -> None:
        assert "988" in self._say(text)

    @rule()
    def restart(self) -> None:
        self.visitor.restart()

    @rule()
    def come_back_two_hours_later(self) -> None:
        """The session is over."""
        store = self.visitor._agent.processor.tracker_store
        tracker = asyncio.run(store.retrieve(self.name))
        if tracker is not None and tracker.events:
            asyncio.run(self.visitor._agent.processor._update_tracker_session(tracker, CollectingOutputChannel()))


def test_nothing_that_is_said_ends_the_care(visitor: Visitor) -> None:
    machine = type("Bound", (Aftercare,), {"visitor": visitor})
    quick = settings(max_examples=15, stateful_step_count=12, deadline=None, suppress_health_check=list(HealthCheck))
    run_state_machine_as_test(machine, settings=quick)
