"""A server on this machine for one widget: its page, its files, and what it speaks with."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiohttp import web

from benchmarks.widgets.peers import Widget


@asynccontextmanager
async def serving(widget: Widget) -> AsyncIterator[str]:
    """The address of the widget's page, for as long as it is needed."""
    app = web.Application()

    async def page(request: web.Request) -> web.Response:
        html = widget.page.read_text(encoding="utf-8").replace("ORIGIN", f"http://{request.host}")
        return web.Response(text=html, content_type="text/html")

    app.router.add_get("/", page)
    app.router.add_static("/files", widget.package / widget.files)
    widget.speak(app)
    runner = web.AppRunner(app, shutdown_timeout=1)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()
