"""One widget in a real browser: what it loads, what axe finds, whether keyboard and ear get there, what it shows."""

from __future__ import annotations

import asyncio
import gzip
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from playwright.async_api import Browser, BrowserContext, Dialog, Page, Response, expect

from benchmarks.widgets.peers import FOLDER, MODULES, Widget
from benchmarks.widgets.speech import REPLIES

_QUIET = 1.5  # seconds in which what moves comes to rest
_PATIENCE = 15_000  # milliseconds
_TABS = 20
_LOADED = {"script", "stylesheet", "font", "image"}
_FOCUSED = """selector => {
    let at = document.activeElement;
    while (at?.shadowRoot?.activeElement) at = at.shadowRoot.activeElement;
    return Boolean(at?.matches(selector));
}"""
_VIOLATIONS = """async () => (await axe.run(document)).violations.map(({ id, tags }) =>
    ({ id, isWcag: tags.some((tag) => tag.startsWith("wcag")) }))"""


@dataclass
class Figures:
    """What was measured of one widget; None where there is nothing to measure."""

    closed_bytes: int | None = None
    open_bytes: int = 0
    closed_violations: dict[str, bool] | None = None  # by rule: whether it is one of WCAG
    open_violations: dict[str, bool] = field(default_factory=dict)
    other_hosts: list[str] = field(default_factory=list)
    cookies: list[str] = field(default_factory=list)
    keyboard: str | None = None
    is_announced: bool = False
    shown: list[str] = field(default_factory=list)
    link: str = ""


class Traffic:
    """What a page asks for."""

    def __init__(self, page: Page, address: str) -> None:
        self.responses: dict[str, Response] = {}
        self.other_hosts: list[str] = []
        own = urlsplit(address).netloc

        def ask(url: str) -> None:
            parts = urlsplit(url)
            if parts.scheme in {"http", "https", "ws", "wss"} and parts.netloc != own:
                self.other_hosts.append(parts.netloc)

        page.on("request", lambda request: ask(request.url))
        page.on("websocket", lambda socket: ask(socket.url))
        page.on("response", self._keep)

    def _keep(self, response: Response) -> None:
        if response.request.resource_type in _LOADED and urlsplit(response.url).scheme.startswith("http"):
            self.responses.setdefault(response.url, response)

    async def gzipped(self) -> int:
        """Bytes of all files together, each compressed as well as gzip can."""
        return sum([len(gzip.compress(await one.body(), 9)) for one in self.responses.values()])


@asynccontextmanager
async def _visit(browser: Browser, address: str) -> AsyncIterator[tuple[BrowserContext, Page, Traffic]]:
    context = await browser.new_context(viewport={"width": 1280, "height": 800}, locale="en-US")
    context.set_default_timeout(_PATIENCE)
    await context.add_init_script(path=FOLDER / "live.js")
    page = await context.new_page()
    traffic = Traffic(page, address)
    try:
        await page.goto(address)
        yield context, page, traffic
    finally:
        await context.close()


async def measure(browser: Browser, widget: Widget, address: str) -> Figures:
    """All figures of the widget on the page at the address."""
    figures = Figures()
    async with _visit(browser, address) as (context, page, traffic):
        ready = page.locator(widget.launcher or widget.field)
        await expect(ready).to_be_visible(timeout=_PATIENCE)
        await asyncio.sleep(_QUIET)
        if widget.launcher:
            figures.closed_bytes = await traffic.gzipped()
            figures.closed_violations = await _violations(page)
            await ready.click()
        for message in REPLIES:
            figures.shown.append(await _ask(page, widget, message))
            if message == "one":
                figures.open_bytes = await traffic.gzipped()
                figures.open_violations = await _violations(page)
        figures.is_announced = "140/90" in " ".join(await page.evaluate("announced"))
        figures.link = await _follow(context, page, widget)
        figures.other_hosts = traffic.other_hosts
        figures.cookies = [cookie["name"] for cookie in await context.cookies()]
    if widget.launcher:
        figures.keyboard = await _by_keyboard(browser, widget, address, widget.launcher)
    return figures


async def _violations(page: Page) -> dict[str, bool]:
    if not await page.evaluate("'axe' in window"):
        await page.evaluate((MODULES / "axe-core" / "axe.min.js").read_text(encoding="utf-8"))
    return {one["id"]: one["isWcag"] for one in await page.evaluate(_VIOLATIONS)}


async def _ask(page: Page, widget: Widget, message: str) -> str:
    """The text that stands in the chat when the reply to a message has come."""
    replies = page.locator(widget.replies)
    before = await replies.count()
    entry = page.locator(widget.field)
    await entry.fill(message)
    await entry.press("Enter")
    await expect(replies).to_have_count(before + 1, timeout=_PATIENCE)
    await asyncio.sleep(_QUIET)
    return (await replies.last.inner_text()).strip()


async def _follow(context: BrowserContext, page: Page, widget: Widget) -> str:
    """What comes out of a link whose target is a script, tried by clicking on it."""
    link = page.locator(widget.replies).last.locator("a")
    if not await link.count():
        return "no link"
    target = await link.first.get_attribute("href")
    if not target:
        return "a link without a target"
    alerts: list[str] = []

    async def note(dialog: Dialog) -> None:
        alerts.append(dialog.message)
        await dialog.dismiss()

    context.on("dialog", note)
    await link.first.click()
    await asyncio.sleep(_QUIET)
    if alerts:
        return f"a link to `{target}`, and the script runs"
    return f"a link to `{target}`; {'an empty tab opens' if len(context.pages) > 1 else 'nothing happens'}"


async def _by_keyboard(browser: Browser, widget: Widget, address: str, launcher: str) -> str:
    async with _visit(browser, address) as (_, page, _traffic):
        await expect(page.locator(launcher)).to_be_visible(timeout=_PATIENCE)
        await asyncio.sleep(_QUIET)
        for _press in range(_TABS):
            await page.keyboard.press("Tab")
            if await page.evaluate(_FOCUSED, launcher):
                break
        else:
            return "not reached"
        await page.keyboard.press("Enter")
        try:
            await expect(page.locator(widget.field)).to_be_visible(timeout=5_000)
        except AssertionError:
            return "reached, does not open"
        return "yes"
