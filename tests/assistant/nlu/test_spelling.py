"""Spelling is mended where the words beside it say what was meant, and nowhere else."""

from __future__ import annotations

import time

import pytest

from assistant.nlu.speller import Speller
from assistant.nlu.word_model import START, WordModel

_TEXTS = [
    "is ketamine infusion safe",
    "what are the side effects of ketamine",
    "ketamine and hallucinations",
    "does it help with depression",
    "can you tell me how it works",
    "can you send me an email",
    "I have a question about the high dose",
    "no dose is safe for my heart",
    "ok thank you",
] * 9


@pytest.fixture(scope="module")
def speller() -> Speller:
    return Speller(WordModel.learn(_TEXTS))


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("ketmine infuson safe??", "ketamine infusion safe??"),
        ("hallucinatons", "hallucinations"),
        ("Deppresion?", "depression?"),
        ("side efects", "side effects"),
        ("WAHT ARE TEH SIDE EFECTS", "what ARE the SIDE effects"),
        ("sid eeffects of ketamin einfusion", "side effects of ketamine infusion"),
        ("whatare the side effects", "what are the side effects"),
    ],
)
def test_misspelt_words_are_read_as_what_visitors_write_there(speller: Speller, typed: str, read: str) -> None:
    assert speller.mend(typed) == read


@pytest.mark.parametrize(
    "typed",
    [
        "call me at 415-555-0134",
        "write to efects@infuson.com",
        "my doctor is Dr Ketamin",
        "1nfusion",
        "it is ok",
        "no dose is safe",
        "my IV and my BP",
        "the zebra laughed",
        "",
        "🙂 ??",
    ],
)
def test_names_numbers_addresses_and_words_in_their_place_are_left_alone(speller: Speller, typed: str) -> None:
    assert speller.mend(typed) == typed


def test_rare_misspellings_are_not_learnt() -> None:
    learnt = WordModel.learn(["ketamine infuson", "ketamine infusion", "ketamine"])

    assert learnt.words.keys() == {"ketamine", "infusion"}


def test_a_word_scores_by_the_word_before_it() -> None:
    learnt = WordModel.learn(_TEXTS)

    assert learnt.score("side", "effects") > learnt.score("side", "does")
    assert learnt.score(START, "what") > learnt.score("ketamine", "what")


def test_a_model_is_the_same_when_it_is_read_again() -> None:
    learnt = WordModel.learn(_TEXTS)

    again = WordModel(**learnt.described())

    assert again.score("can", "you") == learnt.score("can", "you")


def test_a_message_as_long_as_may_be_sent_is_mended_in_little_time(speller: Speller) -> None:
    begun = time.process_time()

    speller.mend(" ".join(["efetcs", "ketmaine", "dose", "qzxw"] * 100))

    assert time.process_time() - begun < 1


def test_a_long_message_is_mended_where_it_begins_and_where_it_ends(speller: Speller) -> None:
    told = "side efects " + "so much has happened " * 50 + "side efects"
    assert speller.mend(told) == told.replace("efects", "effects")
