"""A line that breaks again and again: every message is answered, none twice, in order."""

from __future__ import annotations

import random
import signal
import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, expect

from tests.browser import visit
from tests.conftest import free_port, start_assistant
from tests.widget.chat import Chat

MESSAGES, CUTS = 200, 50


class Line:
    """Carries bytes between the browser and the assistant, until it is cut.

    Attributes:
        page: the address of the page that uses it.
    """

    def __init__(self, to: int) -> None:
        self.port = free_port()
        self.cuts = 0
        self.page = ""
        self._to = to
        self._open: set[socket.socket] = set()
        self._listener = socket.create_server(("127.0.0.1", self.port))
        threading.Thread(target=self._accept, daemon=True).start()

    def cut(self) -> None:
        """End every connection at once, wherever it is."""
        self.cuts += 1
        for end in list(self._open):
            self._close(end)

    def close(self) -> None:
        self._listener.close()
        self.cut()

    def _accept(self) -> None:
        while True:
            try:
                near, _ = self._listener.accept()
                far = socket.create_connection(("127.0.0.1", self._to))
            except OSError:
                return
            self._open |= {near, far}
            for source, target in ((near, far), (far, near)):
                threading.Thread(target=self._carry, args=(source, target), daemon=True).start()

    def _carry(self, source: socket.socket, target: socket.socket) -> None:
        try:
            while data := source.recv(65536):
                target.sendall(data)
        except OSError:
            pass
        for end in (source, target):
            self._close(end)

    def _close(self, end: socket.socket) -> None:
        self._open.discard(end)
        try:
            end.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        end.close()


@pytest.fixture
def line(tmp_path: Path) -> Iterator[Line]:
    """To an assistant whose page has the chat talk over this line."""
    port = free_port()
    line = Line(port)
    assistant = start_assistant(tmp_path / "var", RASA_PORT=str(port), ASSISTANT_URL=f"http://localhost:{line.port}")
    line.page = assistant.page
    yield line
    line.close()
    assistant.process.send_signal(signal.SIGINT)
    assistant.process.wait(30)


@pytest.mark.timeout(280)
def test_two_hundred_messages_over_fifty_broken_lines(new_context: Callable[..., BrowserContext], line: Line) -> None:
    page = visit(new_context(), line.page)
    chat = Chat(page)
    chat.open()
    wanted = [f"hello number {i}" for i in range(MESSAGES)]
    chance = random.Random(7)
    moments = sorted(chance.sample(range(MESSAGES), CUTS))
    for i, text in enumerate(wanted):
        chat.say(text, replies=None)
        if i in moments:
            page.wait_for_timeout(chance.randrange(60))
            line.cut()
    expect(chat.own).to_have_count(MESSAGES)
    expect(chat.panel.locator(".items > .visitor:is(.waiting,.sending,.failed)")).to_have_count(0, timeout=200_000)
    said = chat.page.evaluate(
        """() => [...document.querySelector('clinic-chat').root.querySelectorAll('.items > .message')].slice(1).map(
        (one) => [one.classList[1], one.querySelector('.bubble-text').textContent])"""
    )
    assert [text for who, text in said if who == "visitor"] == wanted
    assert all(later == "assistant" for (who, _), (later, _) in zip(said, said[1:]) if who == "visitor")
    assert said[-1][0] == "assistant" and line.cuts == CUTS
    print(f"{MESSAGES} messages, {line.cuts} times without a line: each answered, none twice, in order")
