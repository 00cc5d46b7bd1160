"""Bad input in small: a few thousand of what `make fuzz` sends a million of, and what it has once found."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.channels import meta
from tests.conftest import PROJECT_DIR, Assistant
from tests.fuzz import edge, parsers, surfaces
from tests.fuzz.inputs import Inputs
from tests.fuzz.line import Line, Reply
from tests.fuzz.requests import Request
from tests.platforms.inbound import Slack, Whatsapp

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4),
    max_leaves=12,
)
# The names that our readers look for, so that the values below them are read.
NAMES = st.sampled_from(
    ["id", "text", "payload", "message", "rating", "reason", "sender", "entry", "changes", "value", "messages", "event"]
)


@pytest.fixture(scope="module")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Assistant]:
    with edge.running(tmp_path_factory.mktemp("fuzz")) as (assistant, _):
        yield assistant


@pytest.fixture(autouse=True)
def as_in_the_server(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ASSISTANT_URL", parsers.SERVER)


def ask(port: int, request: Request) -> Reply:
    async def one() -> Reply:
        line = Line(port)
        try:
            return await line.ask(request)
        finally:
            line.close()

    return asyncio.run(one())


def test_the_servers_live_and_answer_without_a_server_error(servers: Assistant) -> None:
    report = edge.run(servers, 1500, "smoke")
    assert report.errors == [] and report.server_errors == 0
    assert report.is_alive and report.inputs == 1500
    assert report.statuses[200] and report.statuses[400] and report.statuses[403]


def test_what_reads_requests_reads_or_refuses_them() -> None:
    outcome = parsers.run(4000, "smoke")
    assert outcome.errors == []
    assert outcome.slowest < 3
    for reader in parsers.readers():
        assert outcome.read[reader.name] and outcome.refused[reader.name], reader.name


def test_guided_inputs_are_read_or_refused() -> None:
    # By way of `timeout`, which forks: the largest memory of a process outlives `exec`, and ours is not the fuzzer's.
    fuzzer = ["timeout", "120", sys.executable, "-W", "ignore", "-m", "tests.fuzz.guided"]
    command = [*fuzzer, "-runs=3000", "-seed=1", "-verbosity=0"]
    run = subprocess.run(command, cwd=PROJECT_DIR, capture_output=True, text=True, timeout=120)
    assert run.returncode == 0, run.stderr[-3000:]


@settings(max_examples=150, deadline=None)
@given(st.dictionaries(NAMES, JSON, max_size=5) | JSON, st.integers(0, 10**6))
def test_any_json_is_read_or_refused(body: Any, seed: int) -> None:
    content = json.dumps(body).encode()
    for reader in parsers.readers():
        made = reader.make(Inputs(str(seed)))
        headers = surfaces.resigned(reader.name, parsers.SERVER, made.headers, content)
        parsers.try_one(reader, Request(made.method, made.target, headers, content))


def test_the_harness_would_see_a_crash(monkeypatch: pytest.MonkeyPatch) -> None:
    def crash(*_: object) -> None:
        raise UnicodeError

    monkeypatch.setattr(meta, "read_json", crash)
    assert parsers.run(1500, "smoke").errors


@pytest.mark.parametrize("path", ["/webhooks/webchat/history", "/webhooks/webchat/events"])
def test_a_token_that_is_no_text_is_refused(servers: Assistant, path: str) -> None:
    headers = {"Authorization": "Bearer a\udcb6.b.c"}
    assert ask(servers.port, Request("GET", path.encode(), headers)).status == 401


@pytest.mark.parametrize("path", ["/", "/x", "/model", "/webhooks/rest/x"])
@pytest.mark.parametrize("accept", ["é", "999", "%s%n", "a" * 4000, "*/*", "text/html"])
def test_an_error_has_our_words_whatever_form_is_asked_for(servers: Assistant, path: str, accept: str) -> None:
    reply = ask(servers.port, Request("GET", path.encode(), {"Accept": accept}))
    assert reply.status == 404 and set(json.loads(reply.body)) == {"error"}
    assert not edge.LEAKS.search(reply.head + reply.body)


def test_a_sender_that_no_platform_has_is_left_out(servers: Assistant) -> None:
    whatsapp, slack = Whatsapp(servers.url), Slack(servers.url)
    whole = json.loads(slack.text(slack.new_sender(), "hello").body)
    for signed in (
        whatsapp.text("1415\ud800609", "hello"),
        whatsapp.value(statuses=[{"id": "a\ud800", "status": "read"}, {"id": "a\0b", "status": "read"}]),
        slack.signed({**whole, "team_id": "\ud800"}),
    ):
        assert ask(servers.port, Request("POST", signed.path.encode(), signed.headers, signed.body)).status == 200


@pytest.mark.parametrize("moment", ["9" * 300, "9" * 5000, "٣", "-1", ""])
def test_a_moment_that_is_none_is_refused(servers: Assistant, moment: str) -> None:
    signed = Slack(servers.url).text("D1", "hello")
    headers = {**signed.headers, "X-Slack-Request-Timestamp": moment}
    assert ask(servers.port, Request("POST", signed.path.encode(), headers, signed.body)).status == 403


def test_an_action_servers_token_that_is_no_text_is_refused(servers: Assistant) -> None:
    words = servers.processes("actions")[0].cmdline()
    request = Request("POST", b"/webhook", {"X-Actions-Token": "a\udcb6"}, b"{}")
    assert ask(int(words[words.index("--port") + 1]), request).status == 401
