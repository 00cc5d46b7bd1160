"""`make compare-widgets`: our chat widget beside others, in docs/widget-comparison.md."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import sys

from playwright.async_api import async_playwright

from assistant.settings import PROJECT_DIR
from benchmarks.widgets.measure import Figures, measure
from benchmarks.widgets.peers import MODULES, WIDGETS, Widget
from benchmarks.widgets.server import serving
from benchmarks.widgets.table import page

_PAGE = PROJECT_DIR / "docs" / "widget-comparison.md"
_NAMES = ("chromium", "chromium-browser", "google-chrome")
# No name is looked up: what a widget asks of other hosts is counted, and goes nowhere.
_OFFLINE = "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"


async def compare(chromium: str) -> tuple[list[tuple[Widget, Figures]], str]:
    """Each widget's figures, and the version of the browser."""
    found = []
    async with async_playwright() as playwright:
        sandbox = ["--no-sandbox"] if os.geteuid() == 0 else []  # it does not run as root, which CI is
        browser = await playwright.chromium.launch(executable_path=chromium, args=[_OFFLINE, *sandbox])
        for widget in WIDGETS:
            print(f"Measuring {widget.name} {widget.version} …", file=sys.stderr)
            async with serving(widget) as address:
                found.append((widget, await measure(browser, widget, address)))
        version = browser.version
        await browser.close()
    return found, version


def main() -> None:
    """Measure, print and write."""
    chromium = next((path for name in _NAMES if (path := shutil.which(name))), None)
    if chromium is None:
        sys.exit("this needs Chromium: apt-get install chromium")
    found, version = asyncio.run(compare(chromium))
    axe = json.loads((MODULES / "axe-core" / "package.json").read_text(encoding="utf-8"))["version"]
    text = page(found, version, axe)
    _PAGE.write_text(text, encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()
