"""Rasa policy: what a follow-up means after the topic last answered, and the answers to several questions at once.

"How long do they last?" says nothing by itself; after the side effects it asks for their duration. `data/stories.yml`
holds such pairs, one a story, and this policy learns them. Rasa's own memoization would ask for the same history and
the same slots as in the story; here only the topic last answered counts, however the visitor came to it.
"""

from __future__ import annotations

import json
from typing import Any

from rasa.core.featurizers.tracker_featurizers import TrackerFeaturizer
from rasa.core.policies.policy import Policy, PolicyPrediction, SupportedData
from rasa.engine.graph import ExecutionContext
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import ActionExecuted, BotUttered, Event, UserUttered
from rasa.shared.core.generator import TrackerWithCachedStates
from rasa.shared.core.trackers import DialogueStateTracker

from assistant.conversations.projection import AUTHOR
from assistant.policies.forms import end_of_turn
from assistant.questions import MOST_ANSWERS, PARTS, SEVERAL_QUESTIONS, is_follow_up

NOT_COVERED = "utter_followup_not_covered"  # the topic is known, but the article says no more of it
CLARIFY = "utter_followup_clarify"  # there is no topic yet
MORE_QUESTIONS = "utter_more_questions"  # those that were asked beyond the first three
_WITH_988 = "utter_ask_suicidal_thoughts"
_988_LINE = "utter_988_line"
# "How long till that passes?" is asked for both; what the stories do not say of one, they may say of the other.
_ALIKE = {"followup_speed": "followup_duration", "followup_duration": "followup_speed"}
_ANSWER = "utter_"
_TOPIC = "utter_ask_"


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.POLICY_WITHOUT_END_TO_END_SUPPORT, is_trainable=True)
class FollowUpPolicy(Policy):
    """Answers follow-ups from the topic last answered, and each part of a message with several questions."""

    def __init__(
        self,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        featurizer: TrackerFeaturizer | None = None,
        meanings: dict[str, dict[str, str]] | None = None,
    ) -> None:
        super().__init__(config, model_storage, resource, execution_context, featurizer)
        self._meanings = meanings or {}  # topic → follow-up intent → answer

    @staticmethod
    def supported_data() -> SupportedData:
        return SupportedData.ML_DATA

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        return {"priority": 5, "max_history": 2}

    @classmethod
    def load(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **kwargs: Any,
    ) -> FollowUpPolicy:
        with model_storage.read_from(resource) as folder:
            meanings = json.loads((folder / "follow_ups.json").read_text(encoding="utf-8"))
        return cls(config, model_storage, resource, execution_context, meanings=meanings)

    def train(self, training_trackers: list[TrackerWithCachedStates], domain: Domain, **kwargs: Any) -> Resource:
        """Learn from the stories which answer each follow-up gets after each topic."""
        for tracker in training_trackers:
            if not tracker.is_augmented:
                self._learn(list(tracker.events))
        with self._model_storage.write_to(self._resource) as folder:
            (folder / "follow_ups.json").write_text(json.dumps(self._meanings, indent=1), encoding="utf-8")
        return self._resource

    def predict_action_probabilities(
        self,
        tracker: DialogueStateTracker,
        domain: Domain,
        rule_only_data: dict[str, Any] | None = None,
        **kwargs: Any,
    ) -> PolicyPrediction:
        """Predict the next answer of this turn, or nothing if the message is for the rules."""
        probabilities = self._default_predictions(domain)
        answers = self._answers(tracker)
        if answers:
            done = len(_executed_since_message(tracker))
            action = answers[done] if done < len(answers) else end_of_turn(tracker)
            probabilities[domain.index_for_action(action)] = 1.0
        return self._prediction(probabilities)

    def _learn(self, events: list[Event]) -> None:
        topic = intent = None
        for event in events:
            if isinstance(event, UserUttered):
                intent = event.intent_name
            elif isinstance(event, ActionExecuted) and str(event.action_name).startswith(_TOPIC):
                if topic and is_follow_up(intent):
                    self._meanings.setdefault(topic, {})[str(intent)] = str(event.action_name)
                topic = str(event.action_name)

    def _answers(self, tracker: DialogueStateTracker) -> list[str]:
        """The actions of this turn, in order."""
        message = tracker.latest_message
        if message is None:
            return []
        topic = _topic_before_message(tracker)
        if is_follow_up(message.intent_name):
            return [self._meaning(topic, str(message.intent_name))]
        if message.intent_name != SEVERAL_QUESTIONS:
            return []
        answers: list[str] = []
        for part in message.parse_data.get(PARTS, []):
            answer = self._meaning(topic, part["intent"]) if is_follow_up(part["intent"]) else _ANSWER + part["intent"]
            topic = answer
            if answer not in answers:
                answers.append(answer)
        shown = answers[:MOST_ANSWERS]
        if len(answers) > MOST_ANSWERS:
            shown.append(MORE_QUESTIONS)
        if _WITH_988 in shown:
            shown.append(_988_LINE)
        return shown

    def _meaning(self, topic: str | None, follow_up: str) -> str:
        if topic is None:
            return CLARIFY
        known = self._meanings.get(topic, {})
        return known.get(follow_up) or known.get(_ALIKE.get(follow_up, ""), NOT_COVERED)


def _executed_since_message(tracker: DialogueStateTracker) -> list[str]:
    names: list[str] = []
    for event in reversed(tracker.events):
        if isinstance(event, UserUttered):
            break
        if isinstance(event, ActionExecuted) and str(event.action_name).startswith(_ANSWER):
            names.append(str(event.action_name))
    return names[::-1]


def _topic_before_message(tracker: DialogueStateTracker) -> str | None:
    """The answer that the visitor read last before this message, if it was one to a question.

    After a member of staff has talked with them there is none: nobody knows here what that was about.
    """
    before_message = False
    for event in reversed(tracker.events):
        if isinstance(event, UserUttered):
            before_message = True
        elif isinstance(event, BotUttered) and AUTHOR in event.metadata:
            return None
        elif before_message and isinstance(event, ActionExecuted) and str(event.action_name).startswith(_TOPIC):
            return str(event.action_name)
    return None
