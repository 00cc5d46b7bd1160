"""What Rasa's forms lack: danger comes first, a form that was interrupted asks again, and one that fails says so."""

from __future__ import annotations

from rasa.shared.core.constants import ACTION_LISTEN_NAME
from rasa.shared.core.events import ActionExecuted, ActionExecutionRejected, Event, UserUttered
from rasa.shared.core.trackers import DialogueStateTracker

from assistant.questions import is_question
from assistant.safety import LISTS

UNREACHABLE = "utter_form_unreachable"  # the action server is down, slow or crashed: what is filled in is kept
_FORM = "_form"
_ANSWER = "utter_"


def form_action(tracker: DialogueStateTracker) -> str | None:
    """The action that must come next because a form failed in this turn; None if none did.

    A question is answered all the same: answers need no action server.
    """
    turn = _newest_first(tracker)[::-1]
    failure = next((i for i, event in enumerate(turn) if _has_failed(event, turn[i + 1 : i + 2])), None)
    if failure is None or is_danger(tracker):
        return None
    intent = str(tracker.latest_message.intent_name) if tracker.latest_message else ""
    due = [_ANSWER + intent, UNREACHABLE] if is_question(intent) else [UNREACHABLE]
    said = sum(_is_answer(event) for event in turn[failure:])
    return due[said] if said < len(due) else ACTION_LISTEN_NAME


def end_of_turn(tracker: DialogueStateTracker) -> str:
    """What comes after the last answer of a turn: the form that it interrupted, or the visitor."""
    form = tracker.active_loop_name
    if form and not is_danger(tracker) and _was_interrupted(tracker):
        return str(form)
    return ACTION_LISTEN_NAME


def is_danger(tracker: DialogueStateTracker) -> bool:
    """Whether the last message is about a danger to somebody."""
    return tracker.latest_message is not None and tracker.latest_message.intent_name in LISTS


def _was_interrupted(tracker: DialogueStateTracker) -> bool:
    """Whether the form gave the message to the rules, and they answered it."""
    answered = False
    for event in _newest_first(tracker):
        if isinstance(event, ActionExecutionRejected):
            return answered
        if isinstance(event, ActionExecuted):
            if event.action_name == tracker.active_loop_name:
                return False  # it has asked again
            answered = answered or _is_answer(event)
    return False


def _has_failed(event: Event, after: list[Event]) -> bool:
    """Whether a form ran without a result: one that worked leaves slots or words behind it."""
    ran = isinstance(event, ActionExecuted) and str(event.action_name).endswith(_FORM)
    return ran and (not after or isinstance(after[0], ActionExecuted))


def _is_answer(event: Event) -> bool:
    return isinstance(event, ActionExecuted) and str(event.action_name).startswith(_ANSWER)


def _newest_first(tracker: DialogueStateTracker) -> list[Event]:
    """The events since the visitor's last message."""
    found: list[Event] = []
    for event in reversed(tracker.events):
        if isinstance(event, UserUttered):
            break
        found.append(event)
    return found
