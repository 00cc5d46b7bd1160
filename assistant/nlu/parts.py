"""Rasa components: a message with several questions is read part by part, then put together again.

Between the two components every other one of the pipeline sees the message and its parts side by side, in one batch:
no second round trip, and one call of the encoder for all.
"""

from __future__ import annotations

from typing import Any

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.classifiers.classifier import IntentClassifier
from rasa.shared.nlu.constants import INTENT, PREDICTED_CONFIDENCE_KEY, TEXT
from rasa.shared.nlu.training_data.message import Message

from assistant.nlu.clauses import cut, is_asked
from assistant.nlu.intents import DANGER, set_intent
from assistant.nlu.reading import READING, reading
from assistant.questions import PARTS, SEVERAL_QUESTIONS, SIDE_EFFECT_REPORT, is_question
from assistant.safety import LISTS

_DANGERS = set(LISTS)
_ABOUT_THE_CHAT = {"ask_what_can_you_do", "ask_are_you_a_bot"}  # "is there anything you can do" ends many stories
# Of the follow-ups, those that a second question in a message really is: "… and how long do they last?"
_FEWEST_WORDS = 5  # of a part that can tell of danger by itself
_REFERS_BACK = {"followup_duration", "followup_speed", "followup_frequency", "followup_likelihood", "followup_how"}


class _Stateless(GraphComponent, IntentClassifier):
    """A component that learns nothing."""

    def __init__(self, config: dict[str, Any]) -> None:
        self._config = config

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> _Stateless:
        return cls(config)


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=False)
class QuestionSplitter(_Stateless):
    """Puts the parts of a message behind it, so that all later components read them too."""

    def process(self, messages: list[Message]) -> list[Message]:
        """Cut the one incoming message; several at once (as `rasa test nlu` sends them) are left whole."""
        if len(messages) != 1:
            return messages
        parts = [Message(data={TEXT: part, READING: part}) for part in cut(reading(messages[0]))]
        return messages + parts


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=False)
class QuestionMerger(_Stateless):
    """Decides whether the parts are questions of their own, and which intent the message has.

    Configuration, confidences from which a part counts: `asked` if it has the form of a question, `back` if it refers
    to the question before it, `against` if the message as a whole is clear about something else, `told` if it is a
    statement; `context`, the intents that a statement only mentions on the way to a question; and `part_danger`, how
    much more a part alone must say of danger than a whole message.
    """

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        return {"asked": 0.5, "back": 0.35, "against": 0.75, "told": 0.9, "context": [], "part_danger": 0.4}

    def process(self, messages: list[Message]) -> list[Message]:
        """Put a message and its parts together."""
        if len(messages) < 2 or any(message.get(READING) != message.get(TEXT) for message in messages[1:]):
            return messages
        message, parts = messages[0], messages[1:]
        self._gather_danger(message, parts)
        danger = [part for part in parts if _name(part) in _DANGERS and _confidence(part) >= self._config["told"]]
        if danger:
            set_intent(message, _name(danger[0]), _confidence(danger[0]))
            return [message]
        if _name(message) in _DANGERS | {SIDE_EFFECT_REPORT} and _confidence(message) >= self._config["asked"]:
            return [message]  # such a message is one whole
        questions = self._questions(message, parts)
        if len(questions) > 1:
            found = [{TEXT: part.get(TEXT), INTENT: _name(part)} for part in questions]
            message.set(PARTS, found, add_to_output=True)
            set_intent(message, SEVERAL_QUESTIONS, min(map(_confidence, questions)))
        elif questions and self._says_more(questions[0], message):
            set_intent(message, _name(questions[0]), _confidence(questions[0]))
        return [message]

    def _gather_danger(self, message: Message, parts: list[Message]) -> None:
        """One grave sentence counts, however much else stands around it."""
        told = [part.get(DANGER, 0.0) for part in parts if len(part.get(TEXT).split()) >= _FEWEST_WORDS]
        gathered = max([message.get(DANGER, 0.0), *(danger - self._config["part_danger"] for danger in told)])
        message.set(DANGER, gathered)

    @staticmethod
    def _says_more(part: Message, message: Message) -> bool:
        """Whether the only question in a message tells its meaning better than the message as a whole."""
        if not is_question(_name(message)):
            return True
        return is_asked(part.get(TEXT)) and _confidence(part) > _confidence(message)

    def _questions(self, message: Message, parts: list[Message]) -> list[Message]:
        """The parts that ask something, each meaning once, in order."""
        found: dict[str, Message] = {}
        any_asked = any(is_asked(part.get(TEXT)) and self._counts(part, found) for part in parts)
        for part in parts:
            counts = self._counts(part, found) and (is_asked(part.get(TEXT)) or not any_asked or self._told(part))
            if counts and not self._contradicts(part, message) and not self._is_about_told(part, message, found):
                found.setdefault(_name(part), part)
        return list(found.values())

    def _is_about_told(self, part: Message, message: Message, before: dict[str, Message]) -> bool:
        """Whether a part vaguely asks about the statement before it: "it hurt his bladder. does that happen"."""
        is_one = _name(message) in before and not any(is_asked(told.get(TEXT)) for told in before.values())
        return is_one and _name(part) in _REFERS_BACK and _confidence(part) < self._config["against"]

    def _counts(self, part: Message, before: dict[str, Message]) -> bool:
        if _name(part) in _REFERS_BACK:
            return bool(before) and _confidence(part) >= self._config["back"]
        asks = is_question(_name(part)) and _name(part) not in _ABOUT_THE_CHAT
        return asks and _confidence(part) >= self._config["asked"]

    def _contradicts(self, part: Message, message: Message) -> bool:
        """Whether a part is less clear than the message as a whole, which is about something else."""
        certain = is_question(_name(message)) and _confidence(message) >= self._config["told"]
        other = _name(part) != _name(message) and _name(part) not in _REFERS_BACK
        return certain and other and _confidence(part) < self._config["against"]

    def _told(self, part: Message) -> bool:
        return _confidence(part) >= self._config["told"] and _name(part) not in self._config["context"]


def _name(message: Message) -> str:
    return str((message.get(INTENT) or {}).get("name"))


def _confidence(message: Message) -> float:
    return float((message.get(INTENT) or {}).get(PREDICTED_CONFIDENCE_KEY) or 0.0)
