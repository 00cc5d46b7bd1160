"""The page that shows the chat as a clinic's website would, a page without it, and the widget's files."""

from __future__ import annotations

import gzip
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import structlog
from sanic import Sanic
from sanic.exceptions import NotFound
from sanic.request import Request
from sanic.response import HTTPResponse, raw

from assistant.settings import PROJECT_DIR
from bookings.settings import is_safe_url
from console.pages import Pages

logger = structlog.get_logger()

WIDGET = PROJECT_DIR / "widget" / "dist"
_LAUNCHER = "widget.js"  # keeps its name; the files that it loads have their hash in theirs
_HERE = ("localhost", "127.0.0.1")


class ChatSettingsError(ValueError):
    """Variables of the environment that are wrong: all of them, named."""


@dataclass(frozen=True)
class ChatSettings:
    """Where the visitors' browsers find the assistant.

    Attributes:
        url: its public address; empty: `port` of the machine that the page came from.
    """

    url: str = ""
    port: int = 5005

    @classmethod
    def from_env(cls, env: Mapping[str, str]) -> ChatSettings:
        """Read ASSISTANT_URL and RASA_PORT. Raises: ChatSettingsError."""
        url, port = env.get("ASSISTANT_URL", "").rstrip("/"), env.get("RASA_PORT") or "5005"
        problems = []
        if url and not is_safe_url(url):
            problems.append("ASSISTANT_URL must start with https:// (http:// on this machine only) and hold no query")
        if not (port.isascii() and port.isdigit() and 0 < int(port) < 65536):
            problems.append("RASA_PORT must be a port number")
        if problems:
            raise ChatSettingsError("; ".join(problems))
        return cls(url, int(port))

    def address(self, host: str) -> str:
        """The assistant's address for a page that was asked for at a host."""
        name = host.partition(":")[0]
        return self.url or f"http://{name if name in _HERE else _HERE[0]}:{self.port}"


class ChatPages:
    """`/`, `/contact`, and the files of the widget.

    Args:
        widget: the folder that the widget's build has written.
    """

    def __init__(self, pages: Pages, settings: ChatSettings, widget: Path = WIDGET) -> None:
        self._pages = pages
        self._settings = settings
        self._files = _read(widget)

    def add_to(self, app: Sanic) -> None:
        """Serve them in an app."""
        app.add_route(self.show, "/", methods=["GET"])
        app.add_route(self.contact, "/contact", methods=["GET"])
        app.add_route(self.file, "/<name:[A-Za-z0-9.]+[.]js>", methods=["GET"])

    async def show(self, request: Request) -> HTTPResponse:
        """A page of the clinic with the chat on it."""
        address = self._settings.address(request.host)
        parts = urlsplit(address)
        page = self._pages.page("chat.html", assistant=address)
        page.headers["Content-Security-Policy"] = (
            f"default-src 'self'; connect-src 'self' {parts.scheme}://{parts.netloc}; object-src 'none'; "
            "base-uri 'none'; form-action 'self'; frame-ancestors 'none'; require-trusted-types-for 'script'; "
            "trusted-types 'none'"
        )
        return page

    async def contact(self, request: Request) -> HTTPResponse:
        """How to reach the clinic, for those whose browser runs no scripts."""
        return self._pages.page("contact.html")

    async def file(self, request: Request, name: str) -> HTTPResponse:
        """A file of the widget, for pages of any origin."""
        file = self._files.get(name)
        if file is None:
            raise NotFound("there is no such file")
        headers = {
            "Access-Control-Allow-Origin": "*",
            "Cache-Control": "no-cache" if name == _LAUNCHER else "max-age=31536000, immutable",
            "ETag": file.tag,
            "Vary": "Accept-Encoding",
        }
        if request.headers.get("if-none-match") == file.tag:
            return raw(b"", status=304, headers=headers)
        content, kind = file.plain, "text/javascript; charset=utf-8"
        if "gzip" in request.headers.get("accept-encoding", ""):
            content, headers["Content-Encoding"] = file.zipped, "gzip"
        return raw(content, content_type=kind, headers=headers)


@dataclass(frozen=True)
class _File:
    plain: bytes
    zipped: bytes
    tag: str


def _read(folder: Path) -> dict[str, _File]:
    try:
        names = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    except FileNotFoundError:
        logger.error("console.widget.missing", needed="make setup")
        return {}
    files = {}
    for name in names:
        plain = (folder / name).read_bytes()
        files[name] = _File(plain, gzip.compress(plain, 9), f'"{hashlib.sha256(plain).hexdigest()[:32]}"')
    return files
