"""How staff read what is stored in the assistant's own words: flags, intents, channels, slots, facts of answers."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import yaml

from assistant.conversations.projection import NOT_COVERED, SIDE_EFFECT, UNCLEAR, WANTS_PERSON
from assistant.questions import SIDE_EFFECT_REPORT
from assistant.safety import CRISIS, MEDICAL_EMERGENCY
from assistant.settings import PROJECT_DIR
from knowledge.facts import Fact, Knowledge

_FLAGS = {
    CRISIS: "Crisis",
    MEDICAL_EMERGENCY: "Medical emergency",
    SIDE_EFFECT: "Side effect",
    WANTS_PERSON: "Wants a person",
    NOT_COVERED: "Not covered",
    UNCLEAR: "Not understood",
}
# What staff see of a flag of danger before they have read a word of the conversation.
_DANGERS = {
    CRISIS: "The visitor wrote words of a crisis",
    MEDICAL_EMERGENCY: "The visitor may have a medical emergency",
    SIDE_EFFECT: "The visitor wrote of a side effect",
}
# Why a reply did not go out, where it was not the platform that said so.
_FAILURES = {
    "OptedOut": "wants no more messages",
    "Blocked": "has blocked us",
    "WindowClosed": "too long after their last message",
    "NoAddress": "the channel is off",
}
_NOT_UNDERSTOOD = "nlu_fallback"
_INTENTS = {SIDE_EFFECT_REPORT: "Has a side effect"}  # whose names are no words for people
_CHANNELS = {
    "webchat": "Website",
    "sms": "SMS",
    "twilio": "SMS",
    "whatsapp": "WhatsApp",
    "twilio_whatsapp": "WhatsApp",
    "facebook": "Messenger",
    "messenger": "Messenger",
    "telegram": "Telegram",
    "slack": "Slack",
    "rest": "Test line",
}


def flag_title(kind: str) -> str:
    """A flag in a word or two."""
    return _FLAGS.get(kind) or _words(kind)


def danger_title(kind: str) -> str:
    """A flag of danger in a sentence."""
    return _DANGERS.get(kind) or flag_title(kind)


def channel_title(channel: str) -> str:
    """A channel as people call it."""
    return _CHANNELS.get(channel) or _words(channel) or "Unknown channel"


def failure(error: str) -> str:
    """Why a reply did not reach the visitor: in words, or as the platform's code, which its documentation explains."""
    return _FAILURES.get(error) or error or "no reason given"


def intent_title(intent: str) -> str:
    """What a visitor wanted: the short question that stands for it on buttons, or its name in words."""
    if is_unclear(intent):
        return _FLAGS[UNCLEAR]
    return _INTENTS.get(intent) or _titles().get(f"utter_{intent}") or _words(intent.removeprefix("ask_")) or "nothing"


def is_unclear(intent: str) -> bool:
    """Whether an intent stands for a message that was not understood."""
    return intent == _NOT_UNDERSTOOD


def intents() -> list[tuple[str, str]]:
    """All that a visitor may want, each with its title, by title."""
    titled = ((name, intent_title(name)) for name in _intents())
    return sorted(titled, key=lambda one: one[1].casefold())


def slot_title(name: str) -> str:
    """Something that the assistant noted down."""
    return _words(name)


def fact(fact_id: str) -> Fact | None:
    """A statement of the clinic's article in our words; None: there is none of that id any more."""
    return _facts().get(fact_id)


def _words(name: str) -> str:
    return name.replace("_", " ").strip().capitalize()


@lru_cache(maxsize=1)
def _facts() -> dict[str, Fact]:
    return {one.id: one for one in Knowledge.load().facts}


@lru_cache(maxsize=1)
def _titles() -> dict[str, str]:
    """The titles of the answers, by their names."""
    answers = _domain()["responses"].items()
    titles = {name: (variants[0].get("metadata") or {}).get("title") for name, variants in answers}
    return {name: title for name, title in titles.items() if title}


@lru_cache(maxsize=1)
def _intents() -> tuple[str, ...]:
    return tuple(one if isinstance(one, str) else next(iter(one)) for one in _domain()["intents"])


@lru_cache(maxsize=1)
def _domain() -> dict[str, Any]:
    text = (PROJECT_DIR / "domain.yml").read_text(encoding="utf-8")
    return dict(yaml.load(text, yaml.CSafeLoader))  # noqa: S506 - safe
