"""A day with planted names, numbers and addresses on every channel: afterwards none stands anywhere in the clear."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import Assistant, free_port, start_assistant
from tests.e2e.channels import CHANNELS, Texter, start
from tests.e2e.webchat import Visitor
from tests.platforms.api import Platforms, wait_until

NAME, PHONE, EMAIL = "Persephone Quillfeather", "(415) 555-0187", "persephone.quill@example.org"
ADDRESS, CARD, SSN = "4711 Larkspur Lane", "4111 1111 1111 1111", "078-05-1120"
# What is looked for, in any spelling of it: letters and digits only, so that no punctuation hides one.
CANARIES = ["persephone", "quillfeather", "4155550187", "4711larkspur", "4111111111111111", "078051120"]
CANARIES += ["persephonequillexampleorg", "4155550187".translate(str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩"))]
BOOKS_BY_CHAT = ("sms", "twilio_whatsapp", "whatsapp")
KEYS = ("bookings.key", "channels.key", "conversations.key", "webchat.key", "staff.key")


@pytest.fixture(scope="module")
def day(tmp_path_factory: pytest.TempPathFactory, platforms: Platforms) -> Iterator[tuple[Assistant, list[str]]]:
    """An assistant after such a day, and how the platforms know its visitors."""
    folder = tmp_path_factory.mktemp("day")
    running = start(folder, platforms, WEB_PORT=str(free_port()))
    addresses = []
    try:
        _on_the_website(running)
        for platform in CHANNELS.values():
            visitor = Texter(running, platforms, platform)
            addresses.append(visitor.sender)
            _by_messages(visitor)
        running.say("planted", f"hi, I'm {NAME}, {PHONE}")
    finally:
        running.process.terminate()
        running.process.wait(30)
    yield running, addresses


def test_nothing_that_was_planted_stands_in_a_file(day: tuple[Assistant, list[str]]) -> None:
    running, addresses = day
    wanted = CANARIES + [re.sub(r"\W", "", address).lower() for address in addresses]
    files = [path for path in running.var_dir.rglob("*") if path.is_file() and path.name not in KEYS]
    files = [path for path in files if "encoder" not in path.parts]
    assert {path.name for path in files} >= {"conversations.db", "bookings.db"} and any(
        "log" in p.suffix for p in files
    )
    found = [f"{canary} in {path.name}" for path in files for canary in _in_file(path, wanted)]
    assert found == []
    assert not any(canary in _plain("\n".join(running.printed)) for canary in wanted)


def test_nothing_that_was_planted_stands_in_a_table(day: tuple[Assistant, list[str]]) -> None:
    running, addresses = day
    wanted = CANARIES + [re.sub(r"\W", "", address).lower() for address in addresses]
    for name in ("conversations.db", "bookings.db", "staff.db"):
        if not (running.var_dir / name).exists():
            continue
        with sqlite3.connect(running.var_dir / name) as database:
            tables = [row[0] for row in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
            for table in tables:
                rows = _plain(" ".join(str(row) for row in database.execute(f"SELECT * FROM [{table}]")))  # noqa: S608
                assert [canary for canary in wanted if canary in rows] == [], table


def test_the_request_that_was_made_can_still_be_read_by_staff(day: tuple[Assistant, list[str]]) -> None:
    running, _ = day
    names = [request.name for request in running.bookings().list_open()]
    assert names.count(NAME) == 1 + len(BOOKS_BY_CHAT), "the website, and each channel on which the chat may ask"


def test_words_that_wait_on_the_disk_are_encrypted(tmp_path: Path) -> None:
    running = start_assistant(tmp_path / "var", WEBCHAT_ORIGINS="http://localhost")
    try:
        visitor = Visitor(running.url, "http://localhost")
        visitor.say("hello")
        holder = sqlite3.connect(running.var_dir / "conversations.db", isolation_level=None, timeout=30)
        holder.execute("BEGIN IMMEDIATE")
        reply = visitor.send(f"my name is {NAME}, my number is {PHONE}. what are the side effects?")
        assert reply.status_code == 200
        wait_until(lambda: list((running.var_dir / "spool").glob("*.turns")) != [], 20)
        waiting = [path for path in (running.var_dir / "spool").iterdir() if path.is_file()]
        assert [canary for path in waiting for canary in _in_file(path, CANARIES)] == []
        holder.execute("ROLLBACK")
    finally:
        running.process.terminate()
        running.process.wait(30)


def _on_the_website(running: Assistant) -> None:
    visitor = Visitor(running.url, running.page.rstrip("/"))
    reply = visitor.say(f"hello, my name is {NAME}, you can reach me at {PHONE} or {EMAIL}")
    visitor.say("my number again in case: ٤١٥ ٥٥٥ ٠١٨٧, what are the side effects")
    visitor.say(f"I live at {ADDRESS}, is that far? my card is {CARD} and my social {SSN}")
    if reply:
        visitor.post("/feedback", {"message": reply[-1]["id"], "rating": "down", "reason": f"call {PHONE}, {NAME}"})
    _book(lambda text: visitor.texts(text))


def _by_messages(visitor: Texter) -> None:
    visitor.say(f"hi this is {NAME}, {PHONE}, {EMAIL}. what are the side effects?")
    visitor.say(f"i am at {ADDRESS}, card {CARD}, ssn {SSN}")
    if visitor.platform.name in BOOKS_BY_CHAT:
        _book(lambda text: visitor.say(text))


def _book(say) -> None:
    say("I'd like to book a consultation")
    for text in (NAME, PHONE, "thursday mornings", "pain"):
        say(text)
    say("yes")


def _in_file(path: Path, wanted: list[str]) -> list[str]:
    text = _plain(path.read_bytes().decode("utf-8", "ignore"))
    return [canary for canary in wanted if canary in text]


def _plain(text: str) -> str:
    return re.sub(r"[\W_]", "", text).lower()
