"""The chat in a real browser before the running assistant."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import BrowserContext

from tests.browser import visit
from tests.conftest import Assistant
from tests.widget.chat import Chat


@pytest.fixture
def open_chat(new_context: Callable[..., BrowserContext], assistant: Assistant) -> Callable[..., Chat]:
    """Opens the clinic's page in a browser of its own, and the chat on it."""

    def start(width: int = 1280, height: int = 800, is_open: bool = True, **options: Any) -> Chat:
        chat = Chat(visit(new_context(width, height, **options), assistant.page))
        if is_open:
            chat.open()
        return chat

    return start


@pytest.fixture
def chat(open_chat: Callable[..., Chat]) -> Chat:
    return open_chat()
