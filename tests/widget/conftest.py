"""A real browser in front of the running assistant. Without Chromium these tests are skipped, and say how to get it."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from tests.conftest import PROJECT_DIR, Assistant
from tests.widget.chat import Chat

_NAMES = ("chromium", "chromium-browser", "google-chrome")
CHROMIUM = next((path for name in _NAMES if (path := shutil.which(name))), None)
AXE = PROJECT_DIR / "tests" / "widget" / "node_modules" / "axe-core" / "axe.min.js"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    if CHROMIUM is not None:
        return
    if os.environ.get("CI"):
        raise pytest.UsageError("the browser tests need Chromium, and CI must not skip them")
    for item in items:
        if "tests/widget" in str(item.path):
            item.add_marker(pytest.mark.skip(reason="no Chromium: apt-get install chromium"))


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        # Chromium's own sandbox does not run as root, which CI is.
        chromium = playwright.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox"] if os.geteuid() == 0 else []
        )
        yield chromium
        chromium.close()


@pytest.fixture
def new_context(browser: Browser) -> Iterator[Callable[..., BrowserContext]]:
    contexts: list[BrowserContext] = []

    def make(width: int = 1280, height: int = 800, **options: Any) -> BrowserContext:
        context = browser.new_context(viewport={"width": width, "height": height}, **options)
        context.set_default_timeout(10_000)
        contexts.append(context)
        return context

    yield make
    for context in contexts:
        context.close()


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


def visit(context: BrowserContext, address: str) -> Page:
    page = context.new_page()
    page.goto(address)
    return page


def violations(page: Page) -> list[str]:
    """What axe finds wrong with the page, its shadow trees included."""
    if not page.evaluate("'axe' in window"):
        # By the debugger, not by a script element: the page's own policy stays as strict as it is.
        page.evaluate(AXE.read_text(encoding="utf-8"))
    found = page.evaluate("async () => (await axe.run(document)).violations")
    return [f"{one['id']}: {one['nodes'][0]['html'][:120]} {one['nodes'][0].get('failureSummary')}" for one in found]
