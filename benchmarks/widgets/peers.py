"""The widgets that are measured: where their files are, how to use them, what they speak."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from aiohttp import web

from assistant.settings import PROJECT_DIR
from benchmarks.widgets import speech

FOLDER = Path(__file__).parent
MODULES = FOLDER / "node_modules"


@dataclass(frozen=True)
class Widget:
    """A chat widget. The selectors are those of its own markup, inside its shadow tree if it has one."""

    name: str  # also of its page
    about: str
    package: Path
    files: str  # what a page loads, in the package
    speak: Callable[[web.Application], None]
    launcher: str | None  # None: it is part of the page, and always open
    field: str
    replies: str

    @property
    def version(self) -> str:
        """The version that is installed."""
        version: str = json.loads((self.package / "package.json").read_text(encoding="utf-8"))["version"]
        return version

    @property
    def page(self) -> Path:
        """The page that it is measured on, set up as its own manual begins."""
        return FOLDER / "pages" / f"{self.name}.html"


OURS = Widget(
    name="clinic-chat",
    about="ours",
    package=PROJECT_DIR / "widget",
    files="dist",
    speak=speech.webchat,
    launcher=".bubble",
    field=".composer textarea",
    replies=".items > .assistant .bubble-text",
)
WIDGETS = [
    OURS,
    Widget(
        name="rasa-webchat",
        about="of botfront, for Rasa",
        package=MODULES / "rasa-webchat",
        files="lib",
        speak=speech.socketio_of_rasa,
        launcher=".rw-launcher",
        field=".rw-new-message",
        replies=".rw-response .rw-message-text",
    ),
    Widget(
        name="open-chat-studio-widget",
        about="for Open Chat Studio",
        package=MODULES / "open-chat-studio-widget",
        files="dist/open-chat-studio-widget",
        speak=speech.open_chat_studio,
        launcher="button.chat-btn-text, button.chat-btn-icon",
        field="#ocs-chat-window textarea",
        replies=".message-bubble-assistant .chat-markdown",
    ),
    Widget(
        name="deep-chat",
        about="for any server",
        package=MODULES / "deep-chat",
        files="dist",
        speak=speech.deep_chat,
        launcher=None,
        field="#text-input",
        replies=".ai-message-text",
    ),
]
