"""A real browser for tests. Without Chromium those tests are skipped, and say how to get it; CI never skips them."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

_NAMES = ("chromium", "chromium-browser", "google-chrome")
CHROMIUM = next((path for name in _NAMES if (path := shutil.which(name))), None)
AXE = Path(__file__).parent / "widget" / "node_modules" / "axe-core" / "axe.min.js"


def skip_without_browser(items: list[pytest.Item]) -> None:
    """Skip what needs a browser where there is none, except in CI."""
    if CHROMIUM is not None:
        return
    if os.environ.get("CI"):
        raise pytest.UsageError("the browser tests need Chromium, and CI must not skip them")
    for item in items:
        if "browser" in getattr(item, "fixturenames", ()) or "tests/widget" in str(item.path):
            item.add_marker(pytest.mark.skip(reason="no Chromium: apt-get install chromium"))


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Closed after each module: while it is open, no test of another one could run an event loop."""
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
