"""What visitors and the assistant say in the tests of the conversation store, and how it gets there."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

from rasa.shared.core.events import ActionExecuted, BotUttered, Event, SessionStarted, UserUttered
from rasa.shared.core.trackers import DialogueStateTracker
from sqlalchemy.engine import Engine

from assistant.conversations import models
from assistant.store import ConversationStore
from tests.databases import rows

LISTEN = "action_listen"
Ranking = Sequence[tuple[str, float]]


def asked(text: str, intent: str, client_id: str | None = None, ranking: Ranking = (), **more: Any) -> UserUttered:
    """A visitor's message; the first of the ranking is how it was understood."""
    ranked = [{"name": name, "confidence": confidence} for name, confidence in ranking or [(intent, 0.9)]]
    parsed = {"text": text, "intent": ranked[0], "entities": [], "intent_ranking": ranked}
    return UserUttered(text, ranked[0], parse_data=parsed, message_id=client_id, **{"input_channel": "webchat", **more})


def replied(text: str, action: str, buttons: Sequence[Any] = (), **about: Any) -> list[Event]:
    """An answer of `domain.yml`; `about` is its metadata there."""
    metadata = {"utter_action": action, "metadata": about}
    return [ActionExecuted(action), BotUttered(text, {"buttons": list(buttons)}, metadata)]


def turn(text: str, client_id: str | None = None, intent: str = "greet") -> list[Event]:
    """A message that is answered."""
    return [asked(text, intent, client_id), *replied(f"about {text}", f"utter_{intent}"), ActionExecuted(LISTEN)]


def session_start() -> list[Event]:
    return [ActionExecuted("action_session_start"), SessionStarted(), ActionExecuted(LISTEN)]


def say(store: ConversationStore, conversation_id: str, *events: Event) -> DialogueStateTracker:
    """A turn as Rasa makes it: the conversation is read, goes on, and is saved."""

    async def go_on() -> DialogueStateTracker:
        tracker = await store.get_or_create_tracker(conversation_id, append_action_listen=False)
        for event in events:
            tracker.update(event, store.domain)
        await store.save(tracker)
        return tracker

    return asyncio.run(go_on())


def tracker_of(store: ConversationStore, conversation_id: str) -> DialogueStateTracker | None:
    """What Rasa sees of a conversation."""
    return asyncio.run(store.retrieve(conversation_id))


def asked_in(tracker: DialogueStateTracker | None) -> list[str | None]:
    """What the visitor said, as far as a tracker goes back."""
    return [event.text for event in tracker.events if isinstance(event, UserUttered)] if tracker else []


def texts(engine: Engine, author: str = "visitor") -> list[str]:
    """What was said, as the store holds it."""
    return [row.text for row in rows(engine, models.Message) if row.author == author]


def is_without_gaps(engine: Engine) -> bool:
    """Whether the events of each conversation are numbered from 0, and its messages from 1."""
    seen: dict[Any, list[int]] = {}
    for row in rows(engine, models.Event):
        seen.setdefault((row.sender_id, 0), []).append(row.seq)
    for row in rows(engine, models.Message):
        seen.setdefault((row.conversation_id, 1), []).append(row.number)
    return all(numbers == list(range(key[1], len(numbers) + key[1])) for key, numbers in seen.items())
