"""Reads each message of the booking form: the answer to the step asked for, whatever else it tells, or a command.

Returning no events means "this is not for the form": Rasa then answers the message by its intent and comes back.
"""

from __future__ import annotations

import secrets
from typing import Any

from rasa_sdk import Tracker
from rasa_sdk.events import SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions.base import ClinicAction, Events
from actions.commands import Command, read_command
from actions.forms import ended_by_link, is_returning
from actions.office import Office, office
from actions.reading import TOPICS, Told, Trouble
from assistant.clock import utc_now
from assistant.conversations.projection import AUTHOR
from assistant.questions import is_question
from assistant.safety import LISTS
from bookings.models import Kind

FORM = "booking_form"
STEPS = ("booking_name", "booking_contact", "booking_times", "booking_topic", "booking_agreed")
WHAT_TO_CHANGE = "booking_change"  # asked for when the summary is not right; no step that has to be filled
KEPT_UNTIL_SENT = (
    *STEPS,
    *("booking_contact_shown", "booking_contact_kind", "booking_times_words", "booking_topic_words"),
    *("booking_kind", "booking_key", "booking_slot", "booking_tries", "booking_stuck"),
)
_MOST_TRIES = 2  # after so many the step offers a skip or a person
_HOLD_SECONDS = 15 * 60  # that an offered time is kept for who chose it
_SURE = 0.5  # confidence from which a message that answers nothing is taken for another question
_NO_NAME = "not given"
_ANY_TIME = {"words": "any time"}
_ASKED = (*STEPS, WHAT_TO_CHANGE)
_CERTAIN = 0.8  # confidence from which a word that could be a name is a question, or a wish for a person
_NOT_ELSEWHERE = {"unclear", "nlu_fallback", "affirm", "deny", "booking_choice", "book_consultation", "change_booking"}
_CHANGES = {
    Command.CHANGE_NAME: "booking_name",
    Command.CHANGE_CONTACT: "booking_contact",
    Command.CHANGE_TIMES: "booking_times",
    Command.CHANGE_TOPIC: "booking_topic",
}


class ValidateBookingForm(ClinicAction):
    """Fills the form from what the visitor wrote; Rasa asks for the first step that is still empty."""

    def name(self) -> str:
        return f"validate_{FORM}"

    async def handle(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> Events:
        if (ended := ended_by_link("booking", KEPT_UNTIL_SENT, tracker)) is not None:
            return ended
        if is_returning(tracker, _ASKED):
            return []
        turn = _Turn(office(), dispatcher, tracker)
        turn.read()
        return turn.events()


class _Turn:
    """One message in the form: the slots as they stood, and what becomes of them."""

    def __init__(self, office: Office, dispatcher: CollectingDispatcher, tracker: Tracker) -> None:
        message = tracker.latest_message
        self._office = office
        self._dispatcher = dispatcher
        self._slots = tracker.current_slot_values()
        self._set: dict[str, Any] = {}
        asked = tracker.get_slot("requested_slot")
        self._asked: str | None = asked if asked in _ASKED else None  # else the step is of another form
        self._is_about_else = _is_about_else(tracker)
        self._text = str(message.get("text") or "")
        self._intent = str((message.get("intent") or {}).get("name"))
        self._confidence = float((message.get("intent") or {}).get("confidence") or 0.0)
        entities = message.get("entities") or []
        self._choice = next((str(e["value"]) for e in entities if e.get("entity") == "choice"), None)
        self._names_a_topic = any(str(e.get("entity")).endswith(("condition", "medicine")) for e in entities)
        self._now = utc_now()

    def read(self) -> None:
        """Read the message."""
        if self._asked is None:
            self._open()
        elif self._choice:
            self._choose(self._choice)
        elif self._corrects():
            self._take(self._told(None))
        elif command := self._said_command():
            self._command(command)
        elif self._asked in {"booking_agreed", WHAT_TO_CHANGE} and self._intent in {"affirm", "deny"}:
            self._command(Command.YES if self._intent == "affirm" else Command.CHANGE)
        elif not self._is_of_a_sent_request():
            self._answer()

    def _said_command(self) -> Command | None:
        command = read_command(self._text, whole=self._asked == WHAT_TO_CHANGE)
        if command is Command.YES and self._asked not in {"booking_agreed", WHAT_TO_CHANGE}:
            return None
        wants_person = self._intent == "talk_to_human" and self._confidence >= _CERTAIN and "?" not in self._text
        return command or (Command.PERSON if wants_person else None)

    def _corrects(self) -> bool:
        """Whether a message about the summary, or one that changes a field, holds the new value already."""
        changes = read_command(self._text) in _CHANGES
        told = self._told(None)
        return (changes or self._asked in {"booking_agreed", WHAT_TO_CHANGE}) and bool(
            told.name or told.contact or told.times
        )

    def _is_of_a_sent_request(self) -> bool:
        """Whether a wish for a change means a request that was sent: of this one nothing is known yet."""
        is_sure = self._intent == "change_booking" and self._confidence >= _CERTAIN
        return is_sure and self._asked == "booking_name" and not self._get("booking_contact")

    def events(self) -> Events:
        """The slots that this message changed."""
        return [SlotSet(name, value) for name, value in self._set.items()]

    def _open(self) -> None:
        """The visitor opens the form, maybe with all its answers at once, or again after it could not be sent."""
        self._put(booking_outcome="filling", booking_tries=0, booking_stuck=False)
        if not self._get("booking_key"):
            self._put(booking_key=secrets.token_urlsafe(16), booking_kind=Kind.CONSULTATION.value)
            if self._get("booking_reference") and self._get("change_outcome") != "cancelled":
                self._say("utter_booking_again")
        if self._get("booking_agreed"):
            self._put(booking_outcome="agreed")  # everything is there: what could not be sent is sent again
            return
        if self._intent == "talk_to_human":
            self._want_a_person()
        told = self._told(None)
        self._take(told)
        if told.name and told.contact and told.times and not told.topic:
            self._put_topic("private")  # who says so much at once would have said it

    def _answer(self) -> None:
        """A message that is no command: values, trouble with one, another question, or nothing that helps."""
        asked = str(self._asked)
        told = self._told(asked)
        trouble = self._office.reader().trouble(self._text, asked, self._now)
        is_topic = self._names_a_topic and self._asks_something()
        named = asked != "booking_name" or not (is_topic or (self._is_question() and self._confidence >= _CERTAIN))
        if _answers(told, asked) and named:
            self._take(told)
        elif asked == "booking_name" and told.contact:
            self._take(told)
        elif trouble and not (asked == "booking_name" and self._is_question()):
            self._try_again(trouble)
        elif told.contact or told.times or (told.name and named):
            self._take(told)
        elif not self._asks_something():
            self._try_again(Trouble(f"utter_{asked}_again"))

    def _asks_something(self) -> bool:
        return self._intent not in _NOT_ELSEWHERE and self._confidence >= _SURE

    def _is_question(self) -> bool:
        return is_question(self._intent) and self._confidence >= _SURE

    def _told(self, asked: str | None) -> Told:
        expected = "booking_name" if asked == WHAT_TO_CHANGE else asked
        return self._office.reader().told(self._text, expected, self._now)

    def _take(self, told: Told) -> None:
        if told.name:
            self._put(booking_name=told.name)
        if told.contact:
            self._put(
                booking_contact=told.contact.value,
                booking_contact_shown=told.contact.shown,
                booking_contact_kind=told.contact_kind,
            )
            if told.contact.suggestion:
                self._say("utter_contact_suggestion", suggestion=told.contact.suggestion)
        if told.times:
            wishes = [{"words": told.times.words, **wish.as_data()} for wish in told.times.preferences]
            self._put(booking_times=wishes, booking_times_words=told.times.words, booking_slot=None)
        if told.topic:
            self._put_topic(told.topic)
        if told != Told():
            self._put(booking_tries=0, booking_stuck=False)

    def _choose(self, choice: str) -> None:
        """A button of the form, or the word for it."""
        kind, _, value = choice.partition(":")
        if choice == "yes" and self._asked == "booking_agreed":
            self._put(booking_agreed=True, booking_outcome="agreed")
        elif choice == "change":
            self._put(booking_tries=0, requested_slot=WHAT_TO_CHANGE)
        elif kind == "topic" and value in TOPICS:
            self._put_topic(value)
        elif kind == "slot" and value.isdigit():
            self._hold(int(value))
        elif choice in {command.value for command in Command}:
            self._command(Command(choice))
        else:
            self._put(booking_tries=0)  # a button of a step that is over: ask for the present one again

    def _command(self, command: Command) -> None:
        if command in _CHANGES:
            self._empty(_CHANGES[command])
        elif command is Command.STOP:
            self._put(**dict.fromkeys(KEPT_UNTIL_SENT), booking_outcome="stopped", requested_slot=None)
        elif command is Command.PERSON:
            self._want_a_person()
        elif command is Command.SKIP:
            self._skip()
        elif command is Command.YES and self._asked == "booking_agreed" and not self._is_about_else:
            self._choose("yes")
        elif command in {Command.YES, Command.CHANGE} and self._asked in {"booking_agreed", WHAT_TO_CHANGE}:
            back = command is Command.YES or self._asked == WHAT_TO_CHANGE
            self._put(booking_tries=0) if back else self._choose("change")
        elif command is Command.WRONG and self._asked == "booking_agreed":
            self._choose("change")
        else:
            self._back()

    def _back(self) -> None:
        before = STEPS[: STEPS.index(self._asked)] if self._asked in STEPS else ()
        filled = [step for step in before if self._get(step) is not None]
        if filled:
            self._empty(filled[-1])
        else:
            self._put(booking_tries=0)

    def _skip(self) -> None:
        if self._asked == "booking_name":
            self._put(booking_name=_NO_NAME)
        elif self._asked == "booking_times":
            self._put(booking_times=[_ANY_TIME], booking_times_words=_ANY_TIME["words"], booking_slot=None)
        elif self._asked == "booking_topic":
            self._put_topic("private")
        else:
            self._say("utter_booking_no_skip")
        self._put(booking_tries=0, booking_stuck=False)

    def _want_a_person(self) -> None:
        """From here on it is a call-back: only a way to reach the visitor is needed."""
        self._put(booking_kind=Kind.CALL_BACK.value, booking_tries=0, booking_stuck=False)
        if not self._get("booking_name"):
            self._put(booking_name=_NO_NAME)
        if not self._get("booking_times"):
            self._put(booking_times=[_ANY_TIME], booking_times_words=_ANY_TIME["words"])
        if not self._get("booking_topic"):
            self._put_topic("private")

    def _hold(self, slot_id: int) -> None:
        free = {slot.id: slot for slot in self._office.offered(limit=50)}
        slot = free.get(slot_id)
        if slot is None or not self._office.slots.hold(slot_id, self._get("booking_key"), _HOLD_SECONDS):
            self._try_again(Trouble("utter_slot_taken"))
            return
        words = self._office.in_words(slot.starts_at)
        wish = {"words": words, "at": slot.starts_at.isoformat()}
        self._put(booking_times=[wish], booking_times_words=words, booking_slot=slot_id)

    def _try_again(self, trouble: Trouble) -> None:
        tries = int(self._get("booking_tries") or 0) + 1
        self._put(booking_tries=tries, booking_stuck=tries >= _MOST_TRIES)
        if self._asked == WHAT_TO_CHANGE:
            self._put(requested_slot=WHAT_TO_CHANGE)
        self._say(trouble.reply, words=trouble.words)

    def _empty(self, step: str) -> None:
        self._put(**{step: None, "booking_tries": 0, "booking_stuck": False})

    def _put_topic(self, topic: str) -> None:
        self._put(booking_topic=topic, booking_topic_words=TOPICS[topic])

    def _say(self, response: str, **values: str) -> None:
        self._dispatcher.utter_message(response=response, **values)

    def _put(self, **values: Any) -> None:
        self._set.update(values)

    def _get(self, slot: str) -> Any:
        return self._set.get(slot, self._slots.get(slot))


def _answers(told: Told, asked: str) -> bool:
    value = {"booking_name": told.name, "booking_contact": told.contact, "booking_times": told.times}
    return bool(value.get(asked) or (asked == "booking_topic" and told.topic))


def _is_about_else(tracker: Tracker) -> bool:
    """Whether a "yes" answers a safety reply or a member of staff who has talked: it agrees to nothing."""
    said = [event for event in tracker.events if event["event"] == "user"]
    replies = [event for event in tracker.events if event["event"] == "bot"]
    before = said[-2] if len(said) > 1 else {}
    told_of_danger = ((before.get("parse_data") or {}).get("intent") or {}).get("name") in LISTS
    return told_of_danger or (bool(replies) and AUTHOR in (replies[-1].get("metadata") or {}))
