"""A lesson that teaches as one topic what stands as another is found; one that teaches new words is not."""

from __future__ import annotations

import pytest

from assistant.nlu.encoder_model import SentenceEncoder
from assistant.settings import PROJECT_DIR
from publishing.contradictions import Encode, contradictions
from publishing.files import ProjectFiles

from ..e2e.test_publishing import DOSH, PRICE_LIKE

EXAMPLES = {
    "ask_price": ["how much is one infusion", "price of a session", "what do you charge for a drip"],
    "goodbye": ["bye", "see you", "have a nice day"],
    "ask_session": ["what happens during a session", "how does a visit go"],
}


@pytest.fixture(scope="module")
def encode() -> Encode:
    return SentenceEncoder(workers=2).encode


def test_what_another_topics_example_says_is_named_with_that_example(encode: Encode) -> None:
    taught = {"goodbye": ["hi, how much is one infusion?", "so what do you charge for a drip"]}
    (reason,) = contradictions(taught, EXAMPLES, encode)
    assert "is taught as goodbye" in reason and "an example of ask_price" in reason and reason.endswith("1 more")


@pytest.mark.parametrize(
    "taught",
    [
        {},
        {"goodbye": ["cheerio", "until next time"]},
        {"ask_price": ["hi, how much is one infusion?"]},  # its own topic says it
        {"goodbye": ["cheerio", "until next time", "hi, how much is one infusion?"]},  # one slip among good ones
    ],
)
def test_nothing_is_said_against(taught: dict[str, list[str]], encode: Encode) -> None:
    assert list(contradictions(taught, EXAMPLES, encode)) == []
    assert list(contradictions(taught, {}, encode)) == []


def test_against_all_that_the_project_has_learnt(encode: Encode) -> None:
    examples = ProjectFiles(PROJECT_DIR).examples
    taught = {"ask_price": DOSH, "goodbye": PRICE_LIKE}
    (reason,) = contradictions(taught, examples, encode)
    assert "is taught as goodbye" in reason and "an example of ask_price" in reason
