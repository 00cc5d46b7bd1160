"""What is stored of what visitors say: personal details taken out of every text, and what a form needs encrypted.

The server that answers knows the words as they were; the database, its backups and the spool never do.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Collection, Iterable, Mapping
from functools import lru_cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from assistant.cipher import FieldCipher, Unreadable
from assistant.conversations.models import Event
from assistant.english import common_words
from assistant.keys import load_keys
from assistant.redaction import redact

# Slots in which forms keep what a visitor says about themselves.
PERSONAL = frozenset(
    {
        *("booking_name", "booking_contact", "booking_contact_shown", "booking_times", "booking_times_words"),
        *("booking_topic", "booking_topic_words", "booking_page", "change_contact", "change_wish", "change_reference"),
    }
)
_NAMING = ("booking_name", "booking_contact", "booking_contact_shown", "change_contact")
_EVENTS = Event.__table__
_SEALED, _MARK = "sealed", "sealed:"
_FIELD = "conversations.sealed"
_SHORTEST = 3  # letters of a part of a name that is looked for by itself
_NO_WORDS = frozenset({"name", "intent", "entity", "extractor", "role", "group", "action"})  # of what Rasa understood


class Vault:
    """Encrypts what is kept of visitors beside the redacted texts."""

    def __init__(self, key: bytes, earlier: Iterable[bytes] = ()) -> None:
        self._cipher = FieldCipher(key, "conversations", list(earlier))

    def seal(self, text: str) -> str:
        """A text as it is stored."""
        return _MARK + base64.b64encode(self._cipher.encrypt(text, _FIELD)).decode()

    def open(self, stored: str) -> str:
        """A text that was stored; one that was stored before texts were encrypted as it is.

        Raises: cipher.Unreadable.
        """
        return self._cipher.decrypt(_bytes(stored), _FIELD) if stored.startswith(_MARK) else stored

    def again(self, stored: str) -> str | None:
        """A stored text with the present key; None if it is written with that, or not encrypted. Raises: Unreadable."""
        blob = self._cipher.again(_bytes(stored), _FIELD) if stored.startswith(_MARK) else None
        return _MARK + base64.b64encode(blob).decode() if blob else None


@lru_cache(maxsize=1)
def vault() -> Vault:
    """The one of this installation: its key is `CONVERSATIONS_KEY`, else `conversations.key`, created when absent.

    Raises: KeyProblem.
    """
    key, *earlier = load_keys("CONVERSATIONS_KEY", "conversations.key")
    return Vault(key, earlier)


def _bytes(stored: str) -> bytes:
    try:
        return base64.b64decode(stored[len(_MARK) :])
    except ValueError:
        raise Unreadable(f"{_FIELD}: damaged") from None


def known_of(events: Iterable[Mapping[str, Any]]) -> frozenset[str]:
    """Names and addresses that were given in a form, whole and in their parts."""
    known: set[str] = set()
    for event in events:
        value = event.get("value")
        if event.get("event") == "slot" and event.get("name") in _NAMING and isinstance(value, str) and value.strip():
            known.add(value.strip())
            if event["name"] == "booking_name":
                parts = (part.strip(",.'\"()") for part in value.split())
                known.update(part for part in parts if len(part) >= _SHORTEST and part.lower() not in common_words())
                known.add(value.split()[0])
    return frozenset(known)


def known_in(session: Session, conversation_id: str) -> frozenset[str]:
    """Names and addresses that the visitor of a conversation has given in a form."""
    of_it = sa.and_(_EVENTS.c.sender_id == conversation_id, _EVENTS.c.type_name == "slot")
    rows = session.execute(sa.select(_EVENTS.c.data).where(of_it, _EVENTS.c.action_name.in_(_NAMING))).scalars()
    return known_of(opened_event(json.loads(data)) for data in rows)


def stored_event(event: Mapping[str, Any], known: Collection[str]) -> dict[str, Any]:
    """An event as it is stored: texts without personal details, what a form keeps of them encrypted."""
    kind = event.get("event")
    if kind == "slot" and event.get("name") in PERSONAL and event.get("value") is not None:
        return {**event, "value": {_SEALED: vault().seal(json.dumps(event["value"]))}}
    if kind == "user":
        return _without(event, frozenset(known), whole=True)
    if kind == "bot":
        return _without(event, frozenset(known), whole=False)
    return dict(event)


def opened_event(event: Mapping[str, Any]) -> dict[str, Any]:
    """A stored event as Rasa needs it. Raises: cipher.Unreadable."""
    value = event.get("value")
    if event.get("event") == "slot" and isinstance(value, Mapping) and _SEALED in value:
        return {**event, "value": json.loads(vault().open(str(value[_SEALED])))}
    return dict(event)


def event_again(event: Mapping[str, Any]) -> dict[str, Any] | None:
    """A stored event with what is encrypted in it under the present key; None if nothing changes."""
    value = event.get("value")
    sealed = vault().again(str(value[_SEALED])) if isinstance(value, Mapping) and _SEALED in value else None
    return {**event, "value": {_SEALED: sealed}} if sealed else None


def stored_text(text: str, is_visitor: bool, known: Collection[str]) -> str:
    """A message as it is stored: of the visitor's, all personal details go; of ours, what they have told."""
    return _redacted(text, frozenset(known)) if is_visitor else _replaced(text, frozenset(known))


def _without(value: Any, known: frozenset[str], whole: bool, key: str = "") -> Any:
    if isinstance(value, Mapping):
        return {name: _without(item, known, whole, name) for name, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_without(item, known, whole, key) for item in value]
    if not isinstance(value, str) or key in _NO_WORDS or key.endswith("_id"):
        return value
    return stored_text(value, whole, known)


@lru_cache(maxsize=256)  # a text stands in its event twice, and in the read model
def _redacted(text: str, known: frozenset[str]) -> str:
    return redact(text, known)


def _replaced(text: str, known: frozenset[str]) -> str:
    return redact(text, known, only_known=True) if known else text
