"""What the parts of a message are called between the NLU component that finds them and the policy that answers them."""

from __future__ import annotations

SEVERAL_QUESTIONS = "several_questions"  # the intent of a message that holds more than one question
PARTS = "parts"  # the key of its parts in the parse result: each with `text` and `intent`
SIDE_EFFECT_REPORT = "tell_side_effect"  # a person feels unwell after an infusion
MOST_ANSWERS = 3  # of one message; the others are offered as buttons
_FOLLOW_UP = "followup_"


def is_follow_up(intent: str | None) -> bool:
    """Whether an intent means something only after a topic."""
    return intent is not None and intent.startswith(_FOLLOW_UP)


def is_question(intent: str) -> bool:
    """Whether an intent asks for an answer of its own, rather than being talk or a wish to act."""
    return intent.startswith("ask_") or intent == SIDE_EFFECT_REPORT
