"""The training data, the domain and the held-out questions fit together."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from typing import Any

import pytest

from assistant.clinic import Clinic
from assistant.questions import SEVERAL_QUESTIONS, is_follow_up
from benchmarks.questions import read_questions

from ..conftest import load_yaml

FEWEST_EXAMPLES = 25
LONGEST_BUTTON = 24  # characters, so that it fits on a phone
MOST_BUTTONS = 3
MOST_CHOICES = 5  # at a step of a form
# Set by the pipeline or answered by several rules; everything else is one intent, one rule, one answer.
BY_SEVERAL_RULES = {"affirm", "book_consultation", "booking_choice", "unclear"}


def normalised(text: str) -> str:
    words = re.findall(r"\w+", text.lower())
    return " ".join(words) if words else text.strip()


def answers(domain: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    return [(name, variant) for name, variants in domain["responses"].items() for variant in variants]


def intent_names(domain: dict[str, Any]) -> list[str]:
    return [next(iter(entry)) if isinstance(entry, dict) else entry for entry in domain["intents"]]


def test_no_text_stands_in_two_intents(examples: dict[str, list[str]]) -> None:
    intents = defaultdict(set)
    for intent, texts in examples.items():
        for text in texts:
            intents[normalised(text)].add(intent)
    assert {text: names for text, names in intents.items() if len(names) > 1} == {}


def test_no_text_stands_twice_in_one_intent(examples: dict[str, list[str]]) -> None:
    doubled = {
        intent: [t for t, n in Counter(map(normalised, texts)).items() if n > 1] for intent, texts in examples.items()
    }
    assert {intent: texts for intent, texts in doubled.items() if texts} == {}


def test_every_intent_has_enough_examples(examples: dict[str, list[str]]) -> None:
    assert {intent: len(texts) for intent, texts in examples.items() if len(texts) < FEWEST_EXAMPLES} == {}


def test_no_held_out_question_was_trained_on(examples: dict[str, list[str]]) -> None:
    trained = {normalised(text) for texts in examples.values() for text in texts}
    assert [question.text for question in read_questions() if normalised(question.text) in trained] == []


def test_held_out_questions_are_many_and_known(domain: dict[str, Any]) -> None:
    questions = read_questions()
    assert len(questions) >= 400
    assert {question.intent for question in questions} <= set(intent_names(domain))


@pytest.mark.parametrize(("kind", "floor"), [("covered", 7), ("not_covered", 7)])
def test_every_topic_has_a_floor_of_held_out_questions(kind: str, floor: int) -> None:
    counts = Counter(question.intent for question in read_questions() if question.kind == kind)
    assert {intent: count for intent, count in counts.items() if count < floor} == {}


def test_every_question_intent_is_trained_answered_and_ruled(
    domain: dict[str, Any], examples: dict[str, list[str]]
) -> None:
    rules = {rule["rule"]: rule["steps"] for rule in load_yaml("data/rules.yml")["rules"]}
    answered = {}
    for steps in rules.values():
        if "intent" in steps[0]:
            answered.setdefault(steps[0]["intent"], steps[1]["action"])
    by_policy = {name for name in intent_names(domain) if is_follow_up(name)} | {SEVERAL_QUESTIONS, "nlu_fallback"}
    for intent in set(intent_names(domain)) - BY_SEVERAL_RULES - by_policy:
        assert intent in examples, intent
        assert f"utter_{intent}" in domain["responses"], intent
        assert answered.get(intent) == f"utter_{intent}", intent


def is_step(answer: str) -> bool:
    """Whether an answer is a question of one of the forms."""
    return answer.startswith(("utter_ask_booking_", "utter_ask_change_"))


def test_every_button_names_an_intent_and_is_short(domain: dict[str, Any]) -> None:
    known = {f"/{intent}" for intent in intent_names(domain)}
    for name, variant in answers(domain):
        buttons = variant.get("buttons", [])
        assert len(buttons) <= (MOST_CHOICES if is_step(name) else MOST_BUTTONS), name
        for button in buttons:
            assert re.sub(r"\{\{.*\}\}$", "", button["payload"]) in known, name
            assert len(button["title"]) <= LONGEST_BUTTON, (name, button["title"])


def test_every_question_has_a_title_for_did_you_mean(domain: dict[str, Any]) -> None:
    for intent in intent_names(domain):
        if intent.startswith("ask_"):
            title = domain["responses"][f"utter_{intent}"][0]["metadata"].get("title", "")
            assert 0 < len(title) <= LONGEST_BUTTON, intent


def test_every_placeholder_is_an_entry_of_the_clinic_that_the_answer_needs(domain: dict[str, Any]) -> None:
    entries = set(vars(Clinic()))
    for name, variant in answers(domain):
        quoted = set(re.findall(r"\{(\w+)\}", variant["text"]))
        needs = set(variant["metadata"].get("needs", []))
        told_by_actions = {*domain["slots"], "words", "suggestion", "clinic_keep_requests_days"}
        assert quoted - told_by_actions == {f"clinic_{entry}" for entry in needs}, name
        assert needs <= entries, name


def test_every_answer_has_a_variant_that_needs_nothing(domain: dict[str, Any]) -> None:
    for name, variants in domain["responses"].items():
        assert any(not variant["metadata"].get("needs") for variant in variants), name


def test_every_follow_up_is_trained_and_has_at_least_thirty_stories_in_all(examples: dict[str, list[str]]) -> None:
    stories = load_yaml("data/stories.yml")["stories"]
    pairs = {(story["steps"][1]["action"], story["steps"][-2]["intent"]) for story in stories}
    assert len(pairs) == len(stories) >= 30
    assert {intent for _, intent in pairs} == {intent for intent in examples if is_follow_up(intent)}


def test_no_follow_up_is_answered_with_what_was_just_said() -> None:
    for story in load_yaml("data/stories.yml")["stories"]:
        assert story["steps"][1]["action"] != story["steps"][-1]["action"], story["story"]
