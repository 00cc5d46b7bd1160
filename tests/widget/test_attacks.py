"""Hostile words, hostile pages and broken files: shown as text or refused, and nobody else is ever asked."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Callable
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import BrowserContext, Page, Route, expect

from assistant import tokens
from assistant.channels.webchat_requests import SESSION_LIFETIME
from assistant.clock import utc_now
from assistant.conversations.turns import Turn, write_turn
from assistant.database import open_database, writing
from tests.conftest import PROJECT_DIR, Assistant
from tests.widget.chat import Chat

PAYLOADS = (Path(__file__).parent / "xss.txt").read_text(encoding="utf-8").splitlines()
DIST = PROJECT_DIR / "widget" / "dist"
WATCH = """window.violations = [];
document.addEventListener('securitypolicyviolation', (event) => window.violations.push(event.violatedDirective));"""


class Watched:
    """A page whose dialogs, requests, errors and broken rules are written down."""

    def __init__(self, context: BrowserContext) -> None:
        self.page = context.new_page()
        self.page.add_init_script(WATCH)
        self.dialogs: list[str] = []
        self.requested: list[str] = []
        self.errors: list[str] = []
        self.page.on("dialog", lambda dialog: (self.dialogs.append(dialog.message), dialog.dismiss()))
        self.page.on("request", lambda request: self.requested.append(request.url))
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))

    def violations(self) -> list[str]:
        return self.page.evaluate("window.violations")

    def hosts(self) -> set[str]:
        return {urlsplit(url).netloc for url in self.requested if urlsplit(url).scheme.startswith("http")}


@pytest.fixture
def watched(new_context: Callable[..., BrowserContext]) -> Watched:
    return Watched(new_context())


def conversation_of(page: Page, assistant: Assistant) -> str:
    stored = page.evaluate("localStorage.getItem(Object.keys(localStorage)[0])")
    key = base64.b64decode((assistant.var_dir / "webchat.key").read_bytes())
    return "webchat:" + tokens.read(json.loads(stored)["token"], key, "webchat-session", utc_now(), SESSION_LIFETIME)


def bot_says(assistant: Assistant, conversation: str, texts: list[str]) -> None:
    """Have the assistant's messages stored, as another process would."""
    engine = open_database(f"sqlite:///{assistant.var_dir / 'conversations.db'}")
    events = [
        {
            "event": "bot",
            "timestamp": time.time(),
            "text": text,
            "data": {"buttons": [{"title": text, "payload": "/greet"}]},
            "metadata": {"utter_action": "utter_ask_safety", "metadata": {"facts": ["x"], "section": text[:100]}},
        }
        for text in texts
    ]
    with writing(engine) as session:
        write_turn(session, Turn(conversation, events, None))
    engine.dispose()


def test_there_are_sixty_payloads() -> None:
    assert len(set(PAYLOADS)) >= 60


def test_hostile_words_of_either_side_are_text(watched: Watched, assistant: Assistant) -> None:
    watched.page.goto(assistant.page)
    chat = Chat(watched.page)
    chat.open()
    chat.say("hello")
    before = chat.items.count()
    bot_says(assistant, conversation_of(watched.page, assistant), PAYLOADS)
    expect(chat.items).to_have_count(before + len(PAYLOADS), timeout=15_000)
    for payload in PAYLOADS[:12]:
        chat.say(payload, replies=None)
        expect(chat.own.last).to_contain_text(payload.strip().lstrip("/"), use_inner_text=True)
    watched.page.evaluate(
        "document.querySelector('clinic-chat').root.querySelectorAll('.message a').forEach((a) => a.focus())"
    )
    links = watched.page.evaluate(
        "[...document.querySelector('clinic-chat').root.querySelectorAll('.message a')].map((a) => a.protocol)"
    )
    assert set(links) <= {"https:", "tel:", "sms:", "mailto:"}
    scripts = watched.page.evaluate(
        """document.querySelector('clinic-chat').root.querySelectorAll(
        '.items :is(script,img,iframe,object,embed,style,link,svg [onload])').length"""
    )
    assert scripts == 0
    assert (watched.dialogs, watched.errors, watched.violations()) == ([], [], [])
    assert watched.hosts() == {urlsplit(assistant.page).netloc, f"localhost:{assistant.port}"}


def test_nothing_is_asked_of_other_hosts_and_no_cookie_is_set(watched: Watched, assistant: Assistant) -> None:
    watched.page.goto(assistant.page)
    watched.page.wait_for_timeout(500)
    loaded = [urlsplit(url).path for url in watched.requested]
    assert [path for path in loaded if path.endswith(".js")] == ["/widget.js"], "the rest waits until it is opened"
    chat = Chat(watched.page)
    chat.open()
    chat.say("What are the side effects?")
    assert watched.hosts() == {urlsplit(assistant.page).netloc, f"localhost:{assistant.port}"}
    assert watched.page.context.cookies() == []
    assert watched.page.evaluate("document.cookie") == ""
    assert (watched.errors, watched.violations()) == ([], [])


def embed(page: Page, address: str, script: str) -> None:
    """A page of somebody else's at an address, with files of ours."""

    def answer(route: Route) -> None:
        name = urlsplit(route.request.url).path.rpartition("/")[2]
        if (DIST / name).is_file():
            route.fulfill(
                path=DIST / name, content_type="text/javascript", headers={"Access-Control-Allow-Origin": "*"}
            )
        elif urlsplit(route.request.url).path == "/page":
            html = f"<!doctype html><html lang=en><title>Page</title><body><h1>Page</h1>{script}</body></html>"
            route.fulfill(body=html, content_type="text/html")
        else:
            route.fallback()

    page.route(f"{address}/**", answer)
    page.goto(f"{address}/page")


def test_it_works_under_the_strictest_policy(watched: Watched, assistant: Assistant) -> None:
    reply = watched.page.goto(assistant.page)
    assert reply is not None
    policy = [rule.strip() for rule in reply.headers["content-security-policy"].split(";")]
    assert {"default-src 'self'", "require-trusted-types-for 'script'", "trusted-types 'none'"} <= set(policy)
    assert f"connect-src 'self' http://localhost:{assistant.port}" in policy
    chat = Chat(watched.page)
    chat.open()
    chat.say("What are the side effects?")
    chat.choose("Download transcript")
    assert (watched.errors, watched.violations()) == ([], [])


def test_a_page_that_is_not_listed_cannot_chat(watched: Watched, assistant: Assistant, tmp_path: Path) -> None:
    for name in (*json.loads((DIST / "manifest.json").read_text(encoding="utf-8")),):
        (tmp_path / name).write_bytes((DIST / name).read_bytes())
    script = f'<script type="module" src="/widget.js" data-server="http://localhost:{assistant.port}"></script>'
    (tmp_path / "index.html").write_text(f"<!doctype html><title>Page</title><body>{script}", encoding="utf-8")
    handler = partial(SimpleHTTPRequestHandler, directory=str(tmp_path))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as site:
        Thread(target=site.serve_forever, daemon=True).start()
        watched.page.goto(f"http://localhost:{site.server_port}/")
        chat = Chat(watched.page)
        chat.open()
        chat.say("hello", replies=None)
        expect(chat.own.last).to_contain_text("Waiting for a connection")
        expect(chat.panel.locator(".safety")).to_contain_text("988")
        site.shutdown()


def test_the_hash_that_the_build_prints_lets_it_load_and_another_does_not(
    watched: Watched, assistant: Assistant
) -> None:
    address = f"http://localhost:{assistant.web_port}"
    good = json.loads((DIST / "manifest.json").read_text(encoding="utf-8"))["widget.js"]["integrity"]
    line = '<script type="module" src="/widget.js" integrity="{}" crossorigin></script>'
    embed(watched.page, address, line.format(good))
    expect(Chat(watched.page).bubble).to_be_visible()
    embed(watched.page, address, line.format("sha384-" + "A" * 64))
    expect(Chat(watched.page).bubble).to_have_count(0)


def test_a_panel_that_was_changed_on_its_way_is_not_run(watched: Watched, assistant: Assistant) -> None:
    def change(route: Route) -> None:
        route.fulfill(body="window.changed = true; export const createPanel = 0;", content_type="text/javascript")

    watched.page.route("**/panel.*.js", change)
    watched.page.goto(assistant.page)
    chat = Chat(watched.page)
    chat.bubble.click()
    expect(watched.page.locator("clinic-chat .failed")).to_contain_text("911")
    assert watched.page.evaluate("window.changed") is None


def test_hostile_storage_does_not_break_the_chat(watched: Watched, assistant: Assistant) -> None:
    for value in (
        "{",
        "[]",
        '{"messages": 7}',
        '{"messages": [], "pending": [], "token": "x", "expiresAt": 99999999999}',
    ):
        watched.page.goto(assistant.page)
        watched.page.evaluate(
            "([key, value]) => localStorage.setItem(key, value)",
            [f"clinic-chat:http://localhost:{assistant.port}", value],
        )
        watched.page.reload()
        chat = Chat(watched.page)
        chat.open()
        chat.say("hello")
    assert watched.errors == []
