"""What may be said: hedged, sourced, readable, and with the right numbers."""

from __future__ import annotations

import re
from typing import Any

import pytest

from knowledge.facts import Knowledge, answers_by_fact

from .test_training_data import answers, is_step

FORBIDDEN = re.compile(
    r"\bcures?\b|guarantee|fda.?approved|non-?addictive|no side effects|risk-?free|\b\d+ ?mg\b|\b\d+ ?%",
    re.I,
)
CRISIS_WORDS, EMERGENCY_WORDS = 60, 45
ANSWER_SENTENCES = 5
HARDEST_GRADE = 8


def sentences(text: str) -> list[str]:
    return [sentence for sentence in re.split(r"(?<=[.!?])\s+", text) if sentence]


def grade(text: str) -> float:
    """Flesch-Kincaid reading grade, with syllables counted by vowel groups."""
    words = re.findall(r"[A-Za-z']+", text)
    syllables = sum(max(1, len(re.findall(r"[aeiouy]+", re.sub(r"e$", "", word.lower())))) for word in words)
    return 0.39 * len(words) / len(sentences(text)) + 11.8 * syllables / len(words) - 15.59


def test_every_fact_is_used_and_none_dangles() -> None:
    facts = [fact.id for fact in Knowledge.load().facts]
    assert len(facts) == len(set(facts))
    assert set(answers_by_fact()) == set(facts)


def test_every_covered_answer_names_its_facts_and_section(domain: dict[str, Any]) -> None:
    knowledge = {fact.id: fact for fact in Knowledge.load().facts}
    for name, variant in answers(domain):
        metadata = variant["metadata"]
        assert isinstance(metadata["facts"], list), name
        if metadata["facts"]:
            assert metadata["section"] in {knowledge[fact].section for fact in metadata["facts"]}, name


def test_no_answer_promises_or_doses(domain: dict[str, Any]) -> None:
    for name, variant in answers(domain):
        assert not FORBIDDEN.search(variant["text"]), name


def test_safe_is_never_said_without_its_hedge(domain: dict[str, Any]) -> None:
    for name, variant in answers(domain):
        for match in re.finditer(r"\bsafe\b", variant["text"]):
            assert "generally considered safe when" in variant["text"][max(0, match.start() - 30) :], name


def test_answers_from_the_article_are_short_and_easy(domain: dict[str, Any]) -> None:
    for name, variant in answers(domain):
        if variant["metadata"]["facts"]:
            assert 2 <= len(sentences(variant["text"])) <= ANSWER_SENTENCES, name
            assert grade(variant["text"]) <= HARDEST_GRADE + 1, (name, grade(variant["text"]))


def conditions(variant: dict[str, Any]) -> dict[str, Any]:
    return {one["name"]: one["value"] for one in variant.get("condition", [])}


@pytest.mark.parametrize("name", ["utter_crisis", "utter_crisis_spanish"])
def test_crisis_replies_are_short_complete_and_in_the_right_order(domain: dict[str, Any], name: str) -> None:
    for variant in domain["responses"][name]:
        text, found = variant["text"], conditions(variant)
        assert len(text.split()) <= CRISIS_WORDS, text
        assert "988" in text and "988lifeline.org" in text and "911" in text, text
        assert re.search(r"\b(texts?|envíe|enviar)\b", text), "988 can be texted as well"
        first = "911" if found["crisis_level"] == "now" else "988"
        assert first in " ".join(sentences(text)[:2]) and text.index(first) <= text.index("988"), text
        assert re.search(r"automat|automát|bot", text), "it says that nobody human answers"
        assert re.search(r"no one|not watched|nadie|team|clínica", text, re.I), "it says who sees it"
        if name == "utter_crisis":
            assert grade(text) <= HARDEST_GRADE, (grade(text), text)


@pytest.mark.parametrize("name", ["utter_crisis", "utter_crisis_spanish"])
def test_every_state_of_a_crisis_has_its_wording(domain: dict[str, Any], name: str) -> None:
    found = [conditions(variant) for variant in domain["responses"][name]]
    for level in ("now", "thoughts"):
        assert {"crisis_watched": True, "crisis_level": level} in found
        for wording in "123":
            assert {"crisis_watched": False, "crisis_level": level, "crisis_wording": wording} in found


def test_an_emergency_is_sent_to_911_at_once(domain: dict[str, Any]) -> None:
    for variant in domain["responses"]["utter_medical_emergency"]:
        assert len(variant["text"].split()) <= EMERGENCY_WORDS
        assert "911" in sentences(variant["text"])[0]


def test_every_not_covered_answer_leads_to_a_person(domain: dict[str, Any]) -> None:
    covered_topics = 46
    asked = [name for name in domain["responses"] if name.startswith("utter_ask_") and not is_step(name)]
    not_covered = [
        name for name in asked[covered_topics:] if name not in {"utter_ask_are_you_a_bot", "utter_ask_what_can_you_do"}
    ]
    assert len(not_covered) == 24
    for name in not_covered:
        assert "/book_consultation" in [button["payload"] for button in domain["responses"][name][0]["buttons"]], name
