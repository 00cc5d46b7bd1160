"""What becomes of a message's parts: questions of their own, or one that only looks like several."""

from __future__ import annotations

import pytest
from rasa.shared.nlu.constants import INTENT, TEXT
from rasa.shared.nlu.training_data.message import Message

from assistant.nlu.parts import QuestionMerger
from assistant.nlu.reading import READING
from assistant.questions import SEVERAL_QUESTIONS

Read = tuple[str, str, float]  # a text, and what was understood of it


def merge(whole: Read, *parts: Read) -> str:
    """The intent of a message, from what was understood of the whole and of its parts."""
    messages = [
        Message({TEXT: text, READING: text, INTENT: {"name": intent, "confidence": confidence}})
        for text, intent, confidence in (whole, *parts)
    ]
    (merged,) = QuestionMerger({**QuestionMerger.get_default_config(), "told": 0.95}).process(messages)
    return str(merged.get(INTENT)["name"])


TOLD = ("somebody online said it ruined his bladder", "ask_bladder", 0.9)
ASKED = ("can it ruin my bladder?", "ask_bladder", 0.9)
BACK = ("does that happen?", "followup_likelihood", 0.7)
LASTS = ("for how long?", "followup_duration", 0.95)
OTHER = ("what does it cost?", "ask_price", 0.9)


@pytest.mark.parametrize(
    ("whole", "parts", "intent"),
    [
        ("ask_bladder", [TOLD, BACK], "ask_bladder"),
        ("ask_bladder", [TOLD, LASTS], SEVERAL_QUESTIONS),
        ("ask_bladder", [ASKED, BACK], SEVERAL_QUESTIONS),
        ("ask_bladder", [TOLD, OTHER, BACK], SEVERAL_QUESTIONS),
        ("followup_likelihood", [TOLD, BACK], SEVERAL_QUESTIONS),
        ("ask_price", [TOLD, OTHER], "ask_price"),
        ("ask_bladder", [ASKED, OTHER], SEVERAL_QUESTIONS),
    ],
)
def test_a_vague_question_belongs_to_what_was_told_before_it(whole: str, parts: list[Read], intent: str) -> None:
    text = " ".join(part[0] for part in parts)
    assert merge((text, whole, 0.9), *parts) == intent
