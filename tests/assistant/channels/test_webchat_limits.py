"""Who floods a server is refused from memory: neither the store nor the places of the others are touched."""

from __future__ import annotations

import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from rasa.shared.core.domain import Domain
from sanic.request import Request

from assistant.channels.incoming import Refused
from assistant.channels.webchat_limits import Limits
from assistant.channels.webchat_requests import Visitors
from assistant.channels.webchat_settings import WebchatSettings
from assistant.clock import utc_now
from assistant.conversations.rates import MINUTE
from assistant.store import ConversationStore

_MOST = 2  # messages in a minute


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ConversationStore:
    monkeypatch.setenv("VAR_DIR", str(tmp_path))
    monkeypatch.delenv("DATABASE_URL", raising=False)
    return ConversationStore(Domain.empty())


@pytest.fixture
def limits() -> Limits:
    if time.time() % MINUTE > MINUTE - 10:  # counts are of a minute
        time.sleep(10)
    return Limits(WebchatSettings(messages_per_minute=_MOST), Visitors(b"secret of the tests", utc_now))


def _from(address: str) -> Request:
    return cast(Request, SimpleNamespace(remote_addr=address, ip=address))


def _write(limits: Limits, store: Any, visitor: str, in_danger: bool = False) -> None:
    limits.check_message(_from("10.1.1.1"), visitor, store, in_danger)


def test_a_visitor_over_the_limit_is_refused_without_the_store_and_nobody_else_is(
    limits: Limits, store: ConversationStore
) -> None:
    for _ in range(_MOST):
        limits.check_over(_from("10.1.1.1"), "fast")
        _write(limits, store, "fast")
    limits.check_over(_from("10.1.1.1"), "fast")
    with pytest.raises(Refused):
        _write(limits, store, "fast")

    with pytest.raises(Refused) as refused:
        limits.check_over(_from("10.1.1.1"), "fast")
    limits.check_over(_from("10.1.1.1"), "another")

    assert refused.value.status == 429 and 1 <= (refused.value.retry_after or 0) <= MINUTE


def test_too_many_messages_of_danger_leave_no_mark_on_ordinary_ones(limits: Limits, store: ConversationStore) -> None:
    for _ in range(_MOST * 5):
        _write(limits, store, "afraid", in_danger=True)
    with pytest.raises(Refused):
        _write(limits, store, "afraid", in_danger=True)

    limits.check_over(_from("10.1.1.1"), "afraid")


def test_the_next_minute_begins_anew(limits: Limits, store: ConversationStore, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(Refused):
        for _ in range(_MOST + 1):
            _write(limits, store, "fast")
    later = time.time() + MINUTE
    monkeypatch.setattr(time, "time", lambda: later)

    limits.check_over(_from("10.1.1.1"), "fast")
    limits.forget(store)

    assert not limits._over
