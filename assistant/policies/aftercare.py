"""What a conversation remembers of danger and of its own honesty, and what is said because of it below the answer.

A crisis is remembered for a day: over new sessions and restarts, and whatever the visitor says meanwhile. Each further
mention is answered in other words, every answer has a line with 988 below it, and a denial ends nothing.
"""

from __future__ import annotations

from typing import Any

from rasa.shared.core.constants import ACTION_LISTEN_NAME
from rasa.shared.core.events import BotUttered, Event, SlotSet, UserUttered
from rasa.shared.core.trackers import DialogueStateTracker

from assistant import safety
from assistant.questions import SEVERAL_QUESTIONS, is_follow_up, is_question

STICKY_SECONDS = 24 * 3600.0
AUTOMATED_SECONDS = 3 * 3600.0  # New York's law on AI companions asks for a notice at least so often
REMINDER, AUTOMATED, AUTOMATED_AGAIN = "utter_crisis_reminder", "utter_automated", "utter_automated_again"
TAKEN_BACK, MINOR = "utter_crisis_taken_back", "utter_minor"
WATCHED = "watched"  # in the metadata of a message: a member of staff is in the chat
AT, LEVEL, WORDING, IS_WATCHED = "crisis_at", "crisis_level", "crisis_wording", "crisis_watched"
REMINDER_WORDING = "crisis_reminder"
AUTOMATED_AT, ASIDES = "automated_at", "asides"
_WORDINGS = 3
_SAY_SO = ("greet", "ask_are_you_a_bot")  # their answers say that nobody human answers
_PAGES = ("webchat", "rest", "cmdline", None)  # whose page says so before the first message


def turn_events(tracker: DialogueStateTracker) -> list[Event]:
    """What is to be remembered as a turn begins; nothing later in the turn."""
    message = tracker.latest_message
    if message is None or tracker.latest_action_name != ACTION_LISTEN_NAME or _is_noted(tracker):
        return []
    if message.intent_name in safety.CRISES:
        return _crisis_events(tracker, message)
    said: list[str] = []
    values: dict[str, Any] = {}
    is_step = tracker.active_loop_name and not _asks(message)  # which is left in peace
    if is_remembered(tracker) and not is_step and instead(tracker) is None:
        said.append(REMINDER)
        values[REMINDER_WORDING] = _next(tracker, REMINDER_WORDING)
    if _must_say_automated(tracker, message):
        said.append(AUTOMATED if tracker.get_slot(AUTOMATED_AT) is None else AUTOMATED_AGAIN)
        values[AUTOMATED_AT] = message.timestamp
    elif message.intent_name in _SAY_SO or tracker.get_slot(AUTOMATED_AT) is None:
        values[AUTOMATED_AT] = message.timestamp
    if said or tracker.get_slot(ASIDES):
        values[ASIDES] = said or None
    return [SlotSet(name, value) for name, value in values.items()]


def instead(tracker: DialogueStateTracker) -> str | None:
    """What is said in place of an answer: to somebody who takes a danger back, and to somebody under age."""
    message = tracker.latest_message
    if message is None or tracker.latest_action_name != ACTION_LISTEN_NAME or message.intent_name in safety.LISTS:
        return None
    text = message.text or ""
    if safety.is_of_minor(text):
        return MINOR
    if is_remembered(tracker) and not _asks(message) and safety.takes_back(text):
        return TAKEN_BACK
    return None


def is_instead(action: str | None) -> bool:
    """Whether an action was said in place of an answer, so that the rules do not know how to go on after it."""
    return action in (TAKEN_BACK, MINOR)


def asides(tracker: DialogueStateTracker) -> list[str]:
    """What is said below the first answer of this turn; nothing once it has been said."""
    if any(isinstance(event, BotUttered) for event in _turn(tracker)):
        return []
    return list(tracker.get_slot(ASIDES) or [])


def is_remembered(tracker: DialogueStateTracker) -> bool:
    """Whether there was a crisis within the last day."""
    message = tracker.latest_message
    return bool(message and message.timestamp and was_in_crisis(tracker, message.timestamp))


def was_in_crisis(tracker: DialogueStateTracker, now: float) -> bool:
    """Whether there was a crisis within a day before a moment."""
    at = tracker.get_slot(AT)
    return bool(at and now - at < STICKY_SECONDS)


def noticed(at: float) -> list[Event]:
    """What is to be remembered of a crisis that was answered without Rasa."""
    return [SlotSet(AT, at)]


def _crisis_events(tracker: DialogueStateTracker, message: UserUttered) -> list[Event]:
    values = {
        AT: message.timestamp,
        LEVEL: safety.level(message.text or ""),
        WORDING: _next(tracker, WORDING) if is_remembered(tracker) else tracker.get_slot(WORDING),
        IS_WATCHED: bool((message.metadata or {}).get(WATCHED)),
        ASIDES: None,
    }
    return [SlotSet(name, value) for name, value in values.items()]


def _next(tracker: DialogueStateTracker, slot: str) -> str:
    return str(int(tracker.get_slot(slot) or 0) % _WORDINGS + 1)


def _must_say_automated(tracker: DialogueStateTracker, message: UserUttered) -> bool:
    if message.intent_name in _SAY_SO:
        return False
    at = tracker.get_slot(AUTOMATED_AT)
    if at is None:
        return message.input_channel not in _PAGES
    return bool(message.timestamp and message.timestamp - at >= AUTOMATED_SECONDS)


def _asks(message: UserUttered) -> bool:
    intent = str(message.intent_name)
    is_asked_back = is_follow_up(intent) and "?" in (message.text or "")
    return intent == SEVERAL_QUESTIONS or is_question(intent) or is_asked_back


def _is_noted(tracker: DialogueStateTracker) -> bool:
    return any(isinstance(event, SlotSet) and event.key in (ASIDES, AUTOMATED_AT) for event in _turn(tracker))


def _turn(tracker: DialogueStateTracker) -> list[Event]:
    """The events since the visitor's last message, newest first."""
    found: list[Event] = []
    for event in reversed(tracker.events):
        if isinstance(event, UserUttered):
            break
        found.append(event)
    return found
