"""Bookings while a process is killed or hangs: no request is lost, doubled or falsely confirmed."""

from __future__ import annotations

import random
import signal
import threading
import time
from collections.abc import Iterator
from uuid import uuid4

import httpx
import psutil
import pytest

from ..conftest import Assistant, start_assistant
from .test_booking import SENT, stored_of

KILLS = 20
STEPS = ["book a consultation", "Maria", "maria@example.com", "thursday mornings", "rather not say", "yes"]


@pytest.fixture(scope="module")
def assistant(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Assistant]:
    running = start_assistant(tmp_path_factory.mktemp("var"))
    yield running
    running.process.send_signal(signal.SIGINT)
    running.process.wait(30)


def wait_until_up(assistant: Assistant) -> None:
    """Wait until both servers run again and the server is ready."""
    for _ in range(600):
        try:
            ready = httpx.get(f"{assistant.url}/readyz", timeout=5).status_code == 200
        except httpx.TransportError:
            ready = False
        if ready and assistant.processes("actions") and actions_answer(assistant):
            return
        time.sleep(0.1)
    raise AssertionError("not up again after a minute")


def actions_answer(assistant: Assistant) -> bool:
    port = next(p.cmdline()[-1] for p in assistant.processes("actions"))
    try:
        return httpx.get(f"http://127.0.0.1:{port}/health", timeout=2).status_code == 200
    except httpx.TransportError:
        return False


def say(assistant: Assistant, visitor: str, text: str) -> str:
    """What the visitor reads; nothing when the server is away."""
    try:
        reply = assistant.post({"sender": visitor, "message": text})
    except httpx.TransportError:
        return ""
    return "\n".join(part["text"] for part in reply.json()) if reply.status_code == 200 else ""


def finish(assistant: Assistant, visitor: str) -> str:
    """Go on as a person would, from whatever the assistant last said, until it confirms; return the reference."""
    answers = {
        "What name": "Maria",
        "How can the team reach you": "maria@example.com",
        "Which days": "thursday mornings",
        "What is it about": "rather not say",
        "Is it right": "yes",
        "try again": "/book_consultation",
    }
    reply = say(assistant, visitor, "book a consultation")
    for _ in range(12):
        sent = SENT.search(reply)
        if sent:
            return sent[1]
        text = next((answer for asked, answer in answers.items() if asked in reply), "book a consultation")
        reply = say(assistant, visitor, text)
    raise AssertionError(f"never confirmed, last: {reply}")


@pytest.mark.timeout(900)
def test_a_killed_process_leaves_none_or_one_request_and_the_next_message_tells_the_truth(
    assistant: Assistant,
) -> None:
    dice = random.Random(4)
    for number in range(KILLS):
        victim, step = ("actions", "rasa")[number % 2], number % len(STEPS)
        visitor, confirmed = uuid4().hex, set()
        for text in STEPS[:step]:
            confirmed |= set(SENT.findall(say(assistant, visitor, text)))
        (process,) = assistant.processes(victim)
        kill_later(process, dice.uniform(0.0, 0.06))
        confirmed |= set(SENT.findall(say(assistant, visitor, STEPS[step])))
        process.wait(10)
        wait_until_up(assistant)
        before = {request.reference for request in stored_of(assistant, visitor)}
        assert len(before) <= 1, f"kill {number} of {victim} at step {step}"
        assert confirmed <= before
        if step == len(STEPS) - 1 and not confirmed:
            reference = again_after_the_last_step(assistant, visitor)
        elif confirmed:
            continue
        else:
            reference = finish(assistant, visitor)
        stored = {request.reference for request in stored_of(assistant, visitor)}
        assert stored == {reference}, f"kill {number} of {victim} at step {step}"


def again_after_the_last_step(assistant: Assistant, visitor: str) -> str:
    """The visitor answers "yes" again, as they were not told whether it was sent."""
    reply = say(assistant, visitor, "yes")
    sent = SENT.search(reply)
    return sent[1] if sent else finish(assistant, visitor)


def kill_later(process: psutil.Process, seconds: float) -> None:
    threading.Timer(seconds, process.kill).start()


def test_an_action_server_that_hangs_is_admitted_within_seconds_and_the_form_goes_on(assistant: Assistant) -> None:
    wait_until_up(assistant)
    visitor = uuid4().hex
    say(assistant, visitor, "book a consultation")
    say(assistant, visitor, "Maria")
    (process,) = assistant.processes("actions")
    process.suspend()
    try:
        start = time.monotonic()
        reply = say(assistant, visitor, "maria@example.com")
        assert time.monotonic() - start < 6
        assert "nothing has been sent" in reply
        answer = say(assistant, visitor, "what are the side effects")
        assert "nausea" in answer and "nothing has been sent" in answer
        assert "988" in say(assistant, visitor, "i want to kill myself")
    finally:
        process.resume()
    assert "Which days" in say(assistant, visitor, "maria@example.com")
    say(assistant, visitor, "thursday mornings")
    say(assistant, visitor, "rather not say")
    assert SENT.search(say(assistant, visitor, "yes"))
    assert len(stored_of(assistant, visitor)) == 1


def test_a_request_that_could_not_be_sent_is_sent_once_on_the_next_try(assistant: Assistant) -> None:
    wait_until_up(assistant)
    visitor = uuid4().hex
    for text in STEPS[:-1]:
        say(assistant, visitor, text)
    (process,) = assistant.processes("actions")
    process.kill()
    reply = say(assistant, visitor, "yes")
    assert "reference" not in reply.lower()
    assert "988" in reply
    wait_until_up(assistant)
    assert len(stored_of(assistant, visitor)) == 0
    finish(assistant, visitor)
    assert len(stored_of(assistant, visitor)) == 1
