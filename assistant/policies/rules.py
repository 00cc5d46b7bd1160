"""Rasa's rule policy, made to look only at the rules that can fit: its own search tries every rule at every step."""

from __future__ import annotations

import json
from collections import defaultdict

from rasa.core.policies.rule_policy import RulePolicy
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.shared.core.domain import State

_Mark = tuple[str | None, str | None]  # the intent and the action of a state, where a rule names them


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.POLICY_WITHOUT_END_TO_END_SUPPORT, is_trainable=True)
class IndexedRulePolicy(RulePolicy):
    """Finds the same rules as Rasa's, by the intent and the action of the last state instead of one by one."""

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
