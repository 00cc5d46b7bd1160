"""What the desk makes of a visitor's message: for Rasa, for the store, and where nothing could be stored."""

from __future__ import annotations

import time
from dataclasses import replace

from rasa.core.channels.channel import CollectingOutputChannel, UserMessage
from rasa.shared.core.events import UserUttered

from assistant.channels.table import channel_of
from assistant.conversations.inbox import Arrival
from assistant.conversations.messages import ASSISTANT, VISITOR, Message
from assistant.policies.aftercare import WATCHED
from assistant.safety_replies import parse_data


class Replies(CollectingOutputChannel):
    """Collects the replies to one message; answers of `domain.yml` may have a form of their own for its channel."""

    def __init__(self, channel: str) -> None:
        super().__init__()
        self._channel = channel

    def name(self) -> str:
        return self._channel


def pressed(arrival: Arrival, title: str | None) -> Arrival:
    """A pressed button; one that the conversation was not shown is what its payload says, as text."""
    if title is None:
        return replace(arrival, text=str(arrival.payload).lstrip("/ "), payload=None)
    return replace(arrival, text=title)


def user_message(conversation_id: str, arrival: Arrival, is_watched: bool = False) -> UserMessage:
    """A message as Rasa takes it; one of danger has its meaning already.

    Args:
        is_watched: whether a member of staff is in the chat.
    """
    return UserMessage(
        arrival.payload or arrival.text,
        Replies(channel_of(conversation_id)),
        conversation_id,
        parse_data=parse_data(arrival.text, arrival.danger) if arrival.danger else None,
        input_channel=channel_of(conversation_id),
        message_id=arrival.client_id,
        metadata=({"title": arrival.text} if arrival.payload else {}) | ({WATCHED: True} if is_watched else {}) or None,
    )


def uttered(arrival: Arrival, message: UserMessage) -> UserUttered:
    """What the visitor said, as an event, where Rasa made none."""
    return UserUttered(
        arrival.text,
        parse_data=parse_data(arrival.text, arrival.danger) if arrival.danger else message.parse_data,
        input_channel=message.input_channel,
        message_id=arrival.client_id,
        metadata=message.metadata,
    )


def unstored(arrival: Arrival, message: UserMessage) -> list[Message]:
    """An exchange that neither the database nor the disk took: the visitor reads it all the same."""
    own = Message(None, arrival.client_id, VISITOR, arrival.text, time.time())
    replies = [
        Message(None, f"{arrival.client_id}.{i}", ASSISTANT, reply.get("text") or "", time.time())
        for i, reply in enumerate(message.output_channel.messages)
    ]
    return [own, *replies]
