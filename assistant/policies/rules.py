"""Rasa's rule policy, made to look only at the rules that can fit, and to bring visitors safely through forms."""

from __future__ import annotations

import json
from collections import defaultdict
from typing import Any

from rasa.core.policies.policy import PolicyPrediction
from rasa.core.policies.rule_policy import RulePolicy
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.shared.core.constants import ACTION_LISTEN_NAME
from rasa.shared.core.domain import Domain, State
from rasa.shared.core.trackers import DialogueStateTracker

from assistant.policies.aftercare import instead, is_instead, turn_events
from assistant.policies.forms import end_of_turn, form_action, is_danger

_Mark = tuple[str | None, str | None]  # the intent and the action of a state, where a rule names them


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.POLICY_WITHOUT_END_TO_END_SUPPORT, is_trainable=True)
class IndexedRulePolicy(RulePolicy):
    """Finds the same rules as Rasa's, by the intent and the action of the last state instead of one by one."""

    def predict_action_probabilities(
        self, tracker: DialogueStateTracker, domain: Domain, rule_only_data: dict[str, Any] | None = None, **kwargs: Any
    ) -> PolicyPrediction:
        """Predict the next action by the rules, with what Rasa's forms lack around them."""
        events = turn_events(tracker)
        prediction = self._next(tracker, domain, rule_only_data, **kwargs)
        prediction.events = [*events, *(prediction.events or [])]
        return prediction

    def _next(
        self, tracker: DialogueStateTracker, domain: Domain, rule_only_data: dict[str, Any] | None, **kwargs: Any
    ) -> PolicyPrediction:
        forced = form_action(tracker) or instead(tracker)
        if forced:
            return self._certain(forced, tracker, domain)
        if is_instead(tracker.latest_action_name):
            return self._certain(end_of_turn(tracker), tracker, domain)
        prediction = super().predict_action_probabilities(tracker, domain, rule_only_data, **kwargs)
        form = tracker.active_loop_name
        if form and is_danger(tracker) and self._predicts(form, prediction, domain):
            return self._certain(ACTION_LISTEN_NAME, tracker, domain)
        after = end_of_turn(tracker)
        if after != ACTION_LISTEN_NAME and self._predicts(ACTION_LISTEN_NAME, prediction, domain):
            return self._certain(after, tracker, domain)
        return prediction

    def _certain(self, action: str, tracker: DialogueStateTracker, domain: Domain) -> PolicyPrediction:
        probabilities = self._prediction_result(action, tracker, domain)
        return self._rule_prediction(probabilities, action, is_no_user_prediction=True)

    @staticmethod
    def _predicts(action: str, prediction: PolicyPrediction, domain: Domain) -> bool:
        return bool(prediction.probabilities[domain.index_for_action(action)] > 0.5)

    @staticmethod
    def _find_action_from_loop_happy_path(tracker: DialogueStateTracker) -> tuple[str | None, str | None]:
        """Rasa's own, but that a person in danger is answered and not asked for their phone number."""
        if is_danger(tracker):
            return None, None
        return RulePolicy._find_action_from_loop_happy_path(tracker)

    def _find_action_from_rules(
        self, tracker: DialogueStateTracker, domain: Domain, use_text_for_last_user_input: bool
    ) -> tuple[str | None, str | None, bool]:
        """Rasa's own, but that no rule is looked for by a message's text: all are written by intents."""
        if use_text_for_last_user_input:
            return None, None, False
        found: tuple[str | None, str | None, bool] = super()._find_action_from_rules(tracker, domain, False)
        return found

    @staticmethod
    def format_tracker_states(states: list[State]) -> str:
        """Nothing: Rasa would write it for its debug log, and copy it, whether anybody wants that log or not."""
        return ""

    _index: tuple[int, dict[_Mark, set[str]]] | None = None

    def _get_possible_keys(self, lookup: dict[str, str], states: list[State]) -> set[str]:
        if not states:
            return set(lookup)
        intent, action = _mark(states[-1])
        index = self._indexed(lookup)
        marks = {(intent, action), (None, action), (intent, None), (None, None)}
        candidates = {key: lookup[key] for mark in marks for key in index.get(mark, ())}
        return super()._get_possible_keys(candidates, states)

    def _indexed(self, lookup: dict[str, str]) -> dict[_Mark, set[str]]:
        if self._index is None or self._index[0] != id(lookup):
            index = defaultdict(set)
            for key in lookup:
                index[_mark(json.loads(key)[-1])].add(key)
            self._index = (id(lookup), dict(index))
        return self._index[1]


def _mark(state: State) -> _Mark:
    return state.get("user", {}).get("intent"), state.get("prev_action", {}).get("action_name")
