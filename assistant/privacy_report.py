"""`python -m assistant privacy report`: what is kept of visitors, where, how, and for how long. No word of theirs."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import datetime, timezone

import sqlalchemy as sa
from sqlalchemy.engine import Engine

from assistant.conversations import models
from assistant.conversations.messaging_models import ChannelAddress, Delivery, OptOut
from assistant.database import reading
from assistant.egress import telemetry_is_off
from assistant.keys import load_keys
from assistant.privacy import CONVERSATION, REQUEST, Ledger
from assistant.settings import var_dir

_KEYS = {
    "conversations.key": ("CONVERSATIONS_KEY", "what forms keep, and what waits"),
    "channels.key": ("CHANNELS_KEY", "addresses of messaging channels"),
    "bookings.key": ("BOOKINGS_KEY", "requests and messages about them"),
}
_TABLES = (
    (models.Conversation, "pseudonyms only"),
    (models.Message, "texts without personal details"),
    (models.Event, "texts without personal details; what forms keep is encrypted"),
    (models.InboxMessage, "encrypted until answered, then emptied"),
    (Delivery, "encrypted until sent, then emptied"),
    (ChannelAddress, "addresses, encrypted"),
    (OptOut, "keyed hashes; kept, so that they are honoured"),
    (models.Alert, "ids only"),
    (models.Note, "what staff wrote"),
    (models.Feedback, "texts without personal details"),
)


def report(engine: Engine) -> Iterator[str]:
    """The lines of the report. Raises: KeyProblem, and what the database raises."""
    yield f"Privacy report, {datetime.now(timezone.utc):%Y-%m-%d %H:%M} UTC"
    yield ""
    yield f"{'table':<22}{'rows':>9}  how"
    with reading(engine) as session:
        for model, how in _TABLES:
            table = model.__table__
            count = session.execute(sa.select(sa.func.count()).select_from(table)).scalar_one()
            yield f"{table.name:<22}{count:>9}  {how}"
        oldest = session.execute(sa.select(sa.func.min(models.Conversation.last_at))).scalar()
        waiting = session.execute(
            sa.select(sa.func.count()).select_from(models.InboxMessage).where(models.InboxMessage.text != "")
        ).scalar_one()
    yield ""
    if oldest:
        yield f"Oldest conversation: silent since {datetime.fromtimestamp(oldest, timezone.utc):%Y-%m-%d}."
    yield f"Messages that still wait encrypted: {waiting}. Turns in the spool: {_spooled()}."
    ledger = Ledger.load()
    yield f"Erased for good: {len(ledger.read(CONVERSATION))} conversations, {len(ledger.read(REQUEST))} requests."
    yield ""
    for name, (variable, purpose) in _KEYS.items():
        count = len(load_keys(variable, name))
        source = variable if os.environ.get(variable) else name
        yield f"Key {source}: {purpose}; {count} in use" + (
            ", `keys reseal` lets you drop the earlier ones." if count > 1 else "."
        )
    yield f"Telemetry: {'off' if telemetry_is_off() else 'ON - set RASA_TELEMETRY_ENABLED=false'}."
    yield "How long things are kept is set in the console (Privacy), and deleted hourly by it."


def _spooled() -> int:
    files = [*(var_dir() / "spool").glob("*.turns"), *(var_dir() / "spool").glob("*.refused")]
    return sum(path.read_bytes().count(b"\n") for path in files)
