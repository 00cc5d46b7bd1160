"""Held-out messages with several questions, and held-out follow-ups, through the whole dialogue."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import uuid4

from rasa.core.agent import Agent
from rasa.core.channels.channel import CollectingOutputChannel, UserMessage
from rasa.shared.core.events import ActionExecuted, UserUttered

from benchmarks.goals import Goal, share
from benchmarks.questions import CLARIFY, Compound, Dialogue

_ANSWER = "utter_"
_CLARIFIED = {"utter_followup_clarify", "utter_did_you_mean"}


@dataclass(frozen=True)
class Said:
    """The expected answers and those that were given to the last message, by name."""

    messages: tuple[str, ...]
    expected: tuple[str, ...]
    given: tuple[str, ...]

    @property
    def all_answered(self) -> bool:
        """Whether every question got its answer."""
        return set(self.expected) <= set(self.given)

    @property
    def exact(self) -> bool:
        """Whether these answers were given, in this order, and no other."""
        return self.expected == self.given

    @property
    def right(self) -> bool:
        """Whether the visitor was answered as expected; a follow-up without a topic, asked back in any way."""
        return self.exact or (self.expected == (_ANSWER + CLARIFY,) and set(self.given) <= _CLARIFIED)


async def answer_compounds(agent: Agent, compounds: list[Compound]) -> list[Said]:
    """Send each message as a new visitor."""
    return [
        Said((c.text,), tuple(_ANSWER + intent for intent in c.intents), await _answers(agent, (c.text,)))
        for c in compounds
    ]


async def answer_dialogues(agent: Agent, dialogues: list[Dialogue]) -> list[Said]:
    """Send each dialogue as a new visitor."""
    return [Said(d.turns, (_ANSWER + d.intent,), await _answers(agent, d.turns)) for d in dialogues]


async def _answers(agent: Agent, messages: tuple[str, ...]) -> tuple[str, ...]:
    sender = uuid4().hex
    for text in messages:
        await agent.handle_message(UserMessage(text, CollectingOutputChannel(), sender))
    tracker = await agent.tracker_store.retrieve(sender)
    names: list[str] = []
    for event in reversed(tracker.events):
        if isinstance(event, UserUttered):
            break
        if isinstance(event, ActionExecuted) and event.action_name.startswith(_ANSWER):
            names.append(event.action_name)
    return tuple(name for name in reversed(names) if name != "utter_988_line")


def dialogue_goals(compounds: list[Said], dialogues: list[Said]) -> list[Goal]:
    """The figures that the project promises for several questions and for follow-ups."""
    several = [said for said in compounds if len(said.expected) > 1]
    single = [said for said in compounds if len(said.expected) == 1]
    with_topic = [said for said in dialogues if said.expected != (_ANSWER + CLARIFY,)]
    alone = [said for said in dialogues if said.expected == (_ANSWER + CLARIFY,)]
    doubled = sum(len(said.given) != len(set(said.given)) for said in compounds)
    return [
        Goal("several questions: every part answered", share(said.all_answered for said in several), 90),
        Goal("several questions: an answer given twice, messages", doubled, 0, False, ""),
        Goal("one question that looks like several: one answer", share(said.exact for said in single), 90),
        Goal("follow-ups answered from their topic", share(said.exact for said in with_topic), 90),
        Goal("follow-ups without a topic asked back", share(set(said.given) <= _CLARIFIED for said in alone), 90),
    ]


def print_misses(said: list[Said], title: str) -> None:
    """Print the messages that were not answered as expected."""
    missed = [s for s in said if not s.right]
    print(f"\n{title}: not exactly as expected ({len(missed)} of {len(said)}):")
    for s in missed:
        print(f"  {' | '.join(s.messages)}\n      expected {_names(s.expected)}\n      given    {_names(s.given)}")


def _names(answers: tuple[str, ...]) -> str:
    return ", ".join(answer[len(_ANSWER) :] for answer in answers)
