"""The comparison of an article with the facts, on an article made up for the test."""

from __future__ import annotations

from pathlib import Path

import pytest

from knowledge.article import fingerprint, read_article
from knowledge.check_article import compare, main
from knowledge.facts import Fact, Knowledge

ARTICLE = """First things.
Tea and Its Uses
Tea is a drink. It may warm you (some say “always”).

Tea is grown on hills
"""


@pytest.fixture
def article(tmp_path: Path) -> Path:
    path = tmp_path / "article.txt"
    path.write_text(ARTICLE, encoding="utf-8")
    return path


def fact(name: str, sentence: str) -> Fact:
    return Fact(name, "Tea and Its Uses", fingerprint(sentence), "none", name)


def test_headings_and_sentences_are_told_apart(article: Path) -> None:
    sentences = read_article(article)
    assert [(s.heading, s.text[:11]) for s in sentences] == [
        ("", "First thing"),
        ("Tea and Its Uses", "Tea is a dr"),
        ("Tea and Its Uses", "It may warm"),
    ]


@pytest.mark.parametrize("same", ["tea IS a drink", "Tea  is a drink!", "‘Tea’ is a drink."])
def test_a_fingerprint_counts_words_only(same: str) -> None:
    assert fingerprint(same) == fingerprint("Tea is a drink.")


def test_a_changed_word_changes_the_fingerprint() -> None:
    assert fingerprint("Tea is no drink.") != fingerprint("Tea is a drink.")


def test_full_coverage(article: Path) -> None:
    knowledge = Knowledge(
        (fact("drink", "Tea is a drink."), fact("warm", "It may warm you (some say “always”).")),
        frozenset({fingerprint("First things.")}),
    )
    assert compare(read_article(article), knowledge, {}).complete


def test_a_new_sentence_a_lost_fact_and_its_answers_are_named(article: Path) -> None:
    knowledge = Knowledge((fact("drink", "Tea is a drink."), fact("cold", "Tea is cold.")), frozenset())
    found = compare(read_article(article), knowledge, {"cold": {"utter_tea", "utter_cold"}, "drink": {"utter_tea"}})
    assert [s.text[:11] for s in found.without_fact] == ["First thing", "It may warm"]
    assert [lost.id for lost in found.lost] == ["cold"]
    assert found.to_review == {"utter_tea": {"cold"}, "utter_cold": {"cold"}}


def test_another_article_is_reported_and_fails(article: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(article)]) == 1
    assert "Facts that lost their sentence: 71" in capsys.readouterr().out


def test_a_missing_article_is_asked_for(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 2
    assert "ARTICLE=" in capsys.readouterr().err
