"""The staff's console in a real browser, before a running assistant with made-up conversations."""

from __future__ import annotations

import os
import re
import signal
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser import violations
from tests.conftest import PROJECT_DIR, Assistant, start_assistant
from tests.e2e.webchat import Visitor

PICTURES = PROJECT_DIR / "docs" / "pictures"
PASSWORD = "seven quiet herons by the lake"
LOOKS = {
    "desktop": {},
    "phone": {"width": 360, "height": 740},
    "dark": {"color_scheme": "dark"},
    "forced colours": {"forced_colors": "active"},
}


@pytest.fixture(scope="module")
def clinic(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Assistant]:
    """An assistant with 2,000 made-up conversations, whose first admin has chosen a password."""
    var_dir = tmp_path_factory.mktemp("clinic")
    demo = [sys.executable, "-W", "ignore", "-m", "assistant", "demo"]
    subprocess.run(demo, cwd=PROJECT_DIR, env={**os.environ, "VAR_DIR": str(var_dir)}, check=True, timeout=240)
    running = start_assistant(var_dir)
    yield running
    running.process.send_signal(signal.SIGINT)
    running.process.wait(30)


@pytest.fixture(scope="module")
def admin(clinic: Assistant) -> str:
    """The first admin's password; at first use the one that `make run` printed is changed."""
    (first,) = re.findall(r"admin / (\S+)", "\n".join(clinic.printed))
    return first


@pytest.fixture
def sign_in(new_context: Callable[..., BrowserContext], clinic: Assistant, admin: str) -> Callable[..., Page]:
    def enter(width: int = 1280, height: int = 800, **options: object) -> Page:
        page = new_context(width, height, **options).new_page()
        page.goto(f"{clinic.page}staff")
        for password in (PASSWORD, admin):
            page.get_by_label("Name").fill("admin")
            page.get_by_label("Password").fill(password)
            with page.expect_navigation():
                page.get_by_role("button", name="Sign in").click()
            if not page.get_by_role("button", name="Sign in").count():
                break
        if password == admin:
            expect(page.get_by_role("heading", level=1, name="Your account")).to_be_visible()
            page.get_by_label("Present password").fill(admin)
            for label in ("New password", "New password again"):
                page.get_by_label(label, exact=True).fill(PASSWORD)
            page.get_by_role("button", name="Change password").click()
        expect(page.get_by_role("heading", level=1, name="Today")).to_be_visible()
        return page

    return enter


def pages_of(page: Page) -> list[str]:
    """Every kind of page that staff can open, from where they are."""
    found = [link.get_attribute("href") or "" for link in page.locator("nav a").all()]
    root = found[0]
    page.goto(page.url.partition("/staff")[0] + f"{root}/conversations")
    conversation = page.locator("tbody a").first.get_attribute("href") or ""
    page.goto(page.url.partition("/staff")[0] + f"{root}/bookings")
    booking = page.locator(f'a[href*="{root}/bookings/SR-"]').first.get_attribute("href") or ""
    bare = conversation.partition("?")[0].partition("#")[0]
    return [*found, f"{root}/account", conversation, f"{bare}/verdict?number=1", f"{bare}/print", booking, f"{root}/x"]


@pytest.mark.parametrize("look", LOOKS)
def test_axe_finds_nothing_on_any_page(sign_in: Callable[..., Page], look: str) -> None:
    page = sign_in(**LOOKS[look])
    origin = page.url.partition("/staff")[0]
    found = {}
    for address in pages_of(page):
        page.goto(origin + address)
        found[address] = violations(page)
        wider = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        if wider > 0:
            found[address].append(f"scrolls sideways by {wider} pixels")
    assert {address: wrong for address, wrong in found.items() if wrong} == {}
    assert len(found) > 12


def test_a_crisis_shows_within_two_seconds_and_is_acknowledged_in_two_clicks(
    sign_in: Callable[..., Page], clinic: Assistant
) -> None:
    page = sign_in()
    took = []
    for i in range(3):
        visitor, words = Visitor(clinic.url, clinic.page.rstrip("/")), f"i want to kill myself {i}"
        visitor.say(words)
        seen = time.monotonic()
        entry = page.locator("#queue > li").filter(has_text=words)
        expect(entry).to_be_visible(timeout=5000)
        took.append(time.monotonic() - seen)
        entry.get_by_role("button", name="Acknowledge").click()  # the first click after signing in
        expect(entry).to_contain_text("Acknowledged by Admin")
    middle, most = statistics.median(took), max(took)
    print(f"from the visitor's reply to the staff's eyes: median {middle:.1f} s, most {most:.1f} s")
    assert most <= 2.0


def test_a_conversation_is_found_read_and_reviewed_by_keyboard_alone(sign_in: Callable[..., Page]) -> None:
    page = sign_in()
    page.goto(page.url + "/conversations")
    page.keyboard.press("/")
    page.keyboard.type("side effects")
    page.keyboard.press("Enter")
    expect(page.locator("tbody tr").first).to_be_visible()
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    expect(page.locator("#messages li").first).to_be_visible()
    before = page.url
    page.keyboard.press("r")
    expect(page.get_by_role("button", name="Review again")).to_be_visible()
    page.keyboard.press("n")
    page.wait_for_url(lambda url: url.partition("?")[0] != before.partition("?")[0])


def test_staff_talk_with_a_visitor_and_both_sides_see_it(sign_in: Callable[..., Page], clinic: Assistant) -> None:
    visitor = Visitor(clinic.url, clinic.page.rstrip("/"))
    visitor.say("is it safe")
    page = sign_in()
    page.goto(page.url + "/conversations")
    page.locator("tbody a").first.click()
    page.get_by_role("button", name="Join this chat").click()
    expect(page.locator("#composer")).to_be_visible()
    page.get_by_label("Your message to the visitor").fill("Hello, how can I help?")
    page.get_by_role("button", name="Send").click()
    expect(page.locator("#messages")).to_contain_text("Hello, how can I help?")
    assert [one["text"] for one in visitor.history() if one["from"] == "staff"][-1] == "Hello, how can I help?"
    visitor.send("thank you, a person at last")
    expect(page.locator("#messages")).to_contain_text("a person at last", timeout=5000)
    assert visitor.history()[-1]["from"] == "visitor", "the assistant is quiet"
    page.get_by_role("button", name="Give back").click()
    expect(page.get_by_role("button", name="Join this chat")).to_be_visible()
    assert visitor.say("is it safe")[0]["from"] == "assistant"


def test_the_pictures_of_the_guide_for_staff(sign_in: Callable[..., Page], clinic: Assistant) -> None:
    visitor = Visitor(clinic.url, clinic.page.rstrip("/"))
    for words in ("does it help with ptsd", "can i get high from that", "i dont want to be here anymore"):
        visitor.say(words)
    page = sign_in(1280, 900)
    root = page.url
    for name in ("today", "conversations", "teach", "bookings", "insights"):
        page.goto(root if name == "today" else f"{root}/{name}")
        page.screenshot(path=PICTURES / f"staff-{name}.png")
    page.goto(root + "/conversations")
    page.locator("tbody a").first.click()
    expect(page.locator("#messages li").first).to_be_visible()
    page.screenshot(path=PICTURES / "staff-conversation.png")
    assert all((PICTURES / f"staff-{name}.png").stat().st_size > 20_000 for name in ("today", "conversation", "teach"))
