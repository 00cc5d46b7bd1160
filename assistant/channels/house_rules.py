"""What a messaging channel does with a message before the assistant gets it: opt-out, help, pictures, numbered choices.

Danger goes before all of it, and is answered even to those who want no more messages.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

import yaml
from rasa.shared.core.events import BotUttered
from sqlalchemy.orm import Session

from assistant import safety
from assistant.answers import needs
from assistant.channels import received, render
from assistant.channels.manners import Wish, read_wish
from assistant.channels.table import TABLE, channel_of
from assistant.clinic import Clinic
from assistant.conversations import addresses, asides, deliveries, queries
from assistant.conversations.inbox import Arrival
from assistant.conversations.messages import Message
from assistant.settings import PROJECT_DIR

CHANNEL_ITSELF = "channel"  # who hears what the assistant does not
OPTED_OUT, OPTED_IN, HELP = "utter_opted_out", "utter_opted_in", "utter_channel_help"
NOT_READ, TOO_FAST = "utter_media_not_read", "utter_too_fast"
_GREETING = "/greet"


@dataclass(frozen=True)
class Prepared:
    """What is to be done about a message.

    Attributes:
        arrival: the message for the assistant, which may be the choice that a number stands for.
        kept: the messages of the turn, if there is nothing left to do.
        is_muted: whether nothing is said to it, unless it tells of danger.
    """

    arrival: Arrival
    kept: Sequence[Message] | None = None
    is_muted: bool = False


def prepare(session: Session, conversation_id: str, arrival: Arrival, now: float) -> Prepared:
    """Do what the channel itself does about a message."""
    channel = channel_of(conversation_id)
    tells_of_danger = bool(arrival.danger or safety.detect(arrival.text))
    if channel not in TABLE or (tells_of_danger and safety.is_certain(arrival.text)):
        return Prepared(arrival)
    is_out = _wants_nothing(session, conversation_id, now)
    if tells_of_danger:  # the model has yet to say so
        return Prepared(arrival, is_muted=is_out or arrival.kind in (received.EDIT, received.EXCESS))
    is_typed = arrival.payload is None and arrival.kind is None
    is_sms = TABLE[channel].is_sms
    wish = read_wish(arrival.text, is_sms=is_sms, is_out=is_out) if is_typed else None
    if wish is Wish.STOP and not is_out:
        return Prepared(arrival, _stop(session, conversation_id, arrival, now))
    if wish is Wish.START and is_out:
        addresses.opt_in(session, conversation_id, now)
        return Prepared(arrival, _say(session, conversation_id, arrival, OPTED_IN, now))
    if is_out or arrival.kind in (received.EDIT, received.EXCESS):
        return Prepared(arrival, is_muted=True)
    if arrival.kind == received.EXCESS_BEGINS:
        return Prepared(arrival, _say(session, conversation_id, arrival, TOO_FAST, now))
    if wish is Wish.HELP:
        return Prepared(arrival, _say(session, conversation_id, arrival, HELP, now))
    if wish is Wish.START:
        return Prepared(replace(arrival, payload=_GREETING))
    if arrival.kind and arrival.text == shown(arrival.kind):
        return Prepared(arrival, _say(session, conversation_id, arrival, NOT_READ, now))
    return Prepared(_choice(session, conversation_id, arrival) if is_typed else arrival)


def keep_muted(session: Session, conversation_id: str, arrival: Arrival, now: float) -> Sequence[Message]:
    """Keep a message to which nothing is said."""
    return asides.keep(session, conversation_id, channel_of(conversation_id), arrival, CHANNEL_ITSELF, now)


def afterword(conversation_id: str, arrival: Arrival) -> BotUttered | None:
    """What is said after the answer to a picture's words: that nobody has seen the picture."""
    if channel_of(conversation_id) not in TABLE or arrival.kind is None or arrival.danger:
        return None
    return BotUttered(words()[NOT_READ], metadata={"utter_action": NOT_READ})


def enqueue(session: Session, conversation_id: str, messages: Sequence[Message], now: float) -> None:
    """Have the replies of a turn sent, on a messaging channel; called in the transaction that stores the turn."""
    abilities = TABLE.get(channel_of(conversation_id))
    if abilities is None:
        return
    for number, bodies in render.bodies(messages, abilities):
        deliveries.enqueue(session, conversation_id, number, bodies, now)


def shown(kind: str) -> str:
    """What stands in the transcript for something that is no text."""
    return f"({kind})"


@lru_cache(maxsize=1)
def words() -> dict[str, str]:
    """What the channels say by themselves: the texts of `domain.yml`, with the clinic's own details in them."""
    clinic = Clinic.load().filled()
    details = {f"clinic_{name}": value for name, value in clinic.items()}
    responses = yaml.safe_load((PROJECT_DIR / "domain.yml").read_text(encoding="utf-8"))["responses"]
    texts = {}
    for name in (OPTED_OUT, OPTED_IN, HELP, NOT_READ, TOO_FAST):
        fitting = [one for one in responses[name] if needs(one) <= clinic.keys()]
        texts[name] = max(fitting, key=lambda one: len(needs(one)))["text"].format(**details)
    return texts


def _wants_nothing(session: Session, conversation_id: str, now: float) -> bool:
    optout = addresses.opted_out(session, conversation_id)
    if optout and optout.by == addresses.PLATFORM:  # who has blocked us and writes has let us in again
        addresses.opt_in(session, conversation_id, now)
        return False
    return optout is not None


def _stop(session: Session, conversation_id: str, arrival: Arrival, now: float) -> Sequence[Message]:
    addresses.opt_out(session, conversation_id, addresses.VISITOR, now)
    deliveries.drop_waiting(session, conversation_id, "OptedOut", now)
    return _say(session, conversation_id, arrival, OPTED_OUT, now)


def _say(session: Session, conversation_id: str, arrival: Arrival, name: str, now: float) -> Sequence[Message]:
    """Keep a message with what the channel itself says to it, which is sent with it."""
    replies = [(name, words()[name])]
    channel = channel_of(conversation_id)
    messages = asides.keep(session, conversation_id, channel, arrival, CHANNEL_ITSELF, now, replies)
    enqueue(session, conversation_id, messages, now)
    return messages


def _choice(session: Session, conversation_id: str, arrival: Arrival) -> Arrival:
    """The choice that a number stands for: of the last thing that the assistant said, and only right after it."""
    buttons = queries.last_buttons(session, conversation_id)
    button = render.chosen(arrival.text, buttons)
    return replace(arrival, text=button["title"], payload=button["payload"]) if button else arrival
