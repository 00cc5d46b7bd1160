"""Streams of the web chat leave nothing behind, however early the page goes."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from pathlib import Path
from typing import cast

import pytest

from assistant.channels.live import Live
from assistant.store import ConversationStore

VISITOR = "web:0123456789abcdef"


@pytest.mark.parametrize("read", [1, 2], ids=["after its head", "after its first news"])
async def test_a_stream_that_ends_is_not_watched_any_more(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, read: int
) -> None:
    monkeypatch.setenv("VAR_DIR", str(tmp_path))
    monkeypatch.delenv("DATABASE_URL", raising=False)
    live = Live(ConversationStore())
    stream = cast(AsyncGenerator[str, None], live.events(VISITOR, 0))
    for _ in range(read):
        await stream.__anext__()
    assert live.count(VISITOR) == 1
    await stream.aclose()
    assert live.count(VISITOR) == 0
