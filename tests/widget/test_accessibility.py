"""No state of the chat shuts anybody out: axe, the keyboard alone, what a screen reader hears, Lighthouse."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser import CHROMIUM, violations, visit
from tests.conftest import PROJECT_DIR, Assistant
from tests.widget.chat import Chat

LIGHTHOUSE = PROJECT_DIR / "tests" / "widget" / "node_modules" / "lighthouse" / "cli" / "index.js"
WAITING = """() => { const original = window.fetch;
  window.fetch = (...all) => String(all[0]).endsWith('/messages') ? new Promise(() => {}) : original(...all); }"""


def closed(chat: Chat) -> None:
    chat.page.keyboard.press("Escape")


def opened(chat: Chat) -> None:
    """The greeting with its questions."""


def typing(chat: Chat) -> None:
    chat.page.add_init_script(f"({WAITING})()")
    chat.page.reload()
    chat.open()
    chat.say("hello", replies=None)
    expect(chat.panel.locator(".typing")).to_be_visible()


def buttons(chat: Chat) -> None:
    chat.say("What are the side effects?")


def rating(chat: Chat) -> None:
    chat.say("What are the side effects?")
    chat.last.get_by_role("button", name="This did not help").click()


def crisis(chat: Chat) -> None:
    chat.say("i want to kill myself")


def offline(chat: Chat) -> None:
    chat.page.context.set_offline(True)
    chat.say("are you there", replies=None)
    expect(chat.panel.locator(".banner")).to_contain_text("No connection")


def booking(chat: Chat) -> None:
    chat.say("book a consultation", replies=2)


def menu(chat: Chat) -> None:
    chat.panel.locator(".menu-box > button").click()


def question(chat: Chat) -> None:
    chat.choose("Delete my chat")


STATES = (closed, opened, typing, buttons, rating, crisis, offline, booking, menu, question)
LOOKS = {
    "desktop": {},
    "phone": {"width": 360, "height": 740, "has_touch": True},
    "dark": {"color_scheme": "dark"},
    "forced colours": {"forced_colors": "active"},
}


@pytest.mark.parametrize("look", LOOKS)
@pytest.mark.parametrize("state", STATES, ids=lambda state: state.__name__)
def test_axe_finds_nothing(open_chat: Callable[..., Chat], state: Callable[[Chat], None], look: str) -> None:
    chat = open_chat(bypass_csp=False, **LOOKS[look])
    state(chat)
    assert violations(chat.page) == []


@pytest.mark.parametrize("address", ["", "contact"])
def test_axe_finds_nothing_on_the_pages(
    new_context: Callable[..., BrowserContext], assistant: Assistant, address: str
) -> None:
    assert violations(visit(new_context(), assistant.page + address)) == []


def test_a_booking_by_keyboard_alone(open_chat: Callable[..., Chat]) -> None:
    chat = open_chat(is_open=False)
    keyboard = chat.page.keyboard
    for _ in range(12):
        keyboard.press("Tab")
        if focused(chat.page).startswith("Open chat"):
            break
    keyboard.press("Enter")
    expect(chat.field).to_be_focused()
    for text in ("book a consultation", "Maria", "415 555 0134", "Thursday mornings"):
        count = chat.replies.count()
        keyboard.type(text)
        keyboard.press("Enter")
        expect(chat.replies).not_to_have_count(count)
    for title in ("Rather not say", "Yes, send it"):
        expect(chat.panel.get_by_role("button", name=title)).to_be_visible()
        for _ in range(20):
            keyboard.press("Shift+Tab")
            if focused(chat.page) == title:
                break
        keyboard.press("Enter")
        expect(chat.panel.get_by_role("button", name=title)).to_have_count(0)
    expect(chat.last).to_contain_text("SR-")
    keyboard.press("Escape")
    expect(chat.panel).to_be_hidden()
    expect(chat.bubble).to_be_focused()


def test_a_phone_keeps_the_focus_within_the_chat(open_chat: Callable[..., Chat]) -> None:
    chat = open_chat(360, 740)
    inside = set()
    for _ in range(25):
        chat.page.keyboard.press("Tab")
        inside.add(chat.page.evaluate("document.activeElement.tagName"))
    assert inside <= {"CLINIC-CHAT", "BODY"}  # BODY: the browser's own bar


def test_each_finished_reply_is_spoken_once_and_nothing_else_is(chat: Chat) -> None:
    chat.say("What are the side effects?")
    chat.page.reload()
    chat.page.evaluate(
        """() => { window.spoken = []; const root = document.querySelector('clinic-chat').root;
        new MutationObserver((changes) => { for (const change of changes) for (const node of change.addedNodes) {
          const live = change.target.getAttribute?.('aria-live');
          if (live === 'polite' || live === 'assertive') window.spoken.push([live, node.textContent]); }
        }).observe(root, {subtree: true, childList: true}); }"""
    )
    chat.open()
    expect(chat.own).to_have_count(1)
    chat.say("Is it safe?")
    chat.say("i want to kill myself")
    spoken = chat.page.evaluate("window.spoken")
    assert [live for live, _ in spoken] == ["polite", "assertive"]
    assert [text for _, text in spoken] == chat.texts_of_replies()[-2:]


@pytest.mark.parametrize(("width", "height"), [(320, 480), (320, 256), (360, 740), (1280, 800), (3840, 2160)])
def test_everything_fits_without_scrolling_sideways(open_chat: Callable[..., Chat], width: int, height: int) -> None:
    chat = open_chat(width, height)
    chat.say("What are the side effects?")
    chat.say("averyveryverylongwordwithoutaspace" * 20)
    overflow = chat.page.evaluate(
        """() => { const root = document.querySelector('clinic-chat').root; const dialog = root.querySelector('dialog');
        return [document.documentElement, dialog, root.querySelector('.scroller')].map(
          (one) => one.scrollWidth - one.clientWidth); }"""
    )
    assert max(overflow) <= 0
    box = chat.field.bounding_box()
    assert box and box["y"] + box["height"] <= height


@pytest.mark.parametrize("form_factor", ["desktop", "mobile"])
def test_lighthouse_gives_full_marks(assistant: Assistant, form_factor: str) -> None:
    command = [
        *(
            "node",
            str(LIGHTHOUSE),
            assistant.page,
            "--output=json",
            "--quiet",
            "--only-categories=accessibility,best-practices",
        ),
        *(["--preset=desktop"] if form_factor == "desktop" else []),
        "--chrome-flags=--headless=new --no-sandbox",
    ]
    environment = {**os.environ, "CHROME_PATH": str(CHROMIUM)}
    run = subprocess.run(command, capture_output=True, text=True, env=environment, timeout=180)
    assert run.returncode == 0, run.stderr[-2000:]
    report = json.loads(run.stdout)
    short = [name for name, one in report["audits"].items() if one["score"] is not None and one["score"] < 1]
    marks = {name: category["score"] for name, category in report["categories"].items()}
    print(f"lighthouse {form_factor}: {marks}")
    assert marks == {"accessibility": 1, "best-practices": 1}, short


def focused(page: Page) -> str:
    """What a screen reader says of the element that has the focus."""
    return page.evaluate(
        """() => { let one = document.activeElement;
        while (one.shadowRoot?.activeElement) one = one.shadowRoot.activeElement;
        return one.getAttribute('aria-label') || one.textContent; }"""
    )
