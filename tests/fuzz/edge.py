"""Bad input over the line: the real servers, as `make run` starts them, with all channels on.

A server must live, never answer 5xx, never show a traceback or what it is built on, and not grow.
"""

from __future__ import annotations

import asyncio
import base64
import re
import signal
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import psutil

from assistant.clock import utc_now
from assistant.database import open_database
from bookings.links import LINK_LABEL, PAGE_LABEL, sign_link, sign_page
from bookings.models import Kind
from console.staff.sessions import Sessions
from tests.bookings.conftest import a_request
from tests.conftest import Assistant
from tests.e2e.channels import start
from tests.e2e.webchat import Visitor
from tests.fuzz.inputs import Inputs
from tests.fuzz.line import Line
from tests.fuzz.surfaces import ACTIONS, SERVER, WEB, Keys, Surface, surfaces
from tests.platforms.api import Platforms

LEAKS = re.compile(
    rb"Traceback|Hello from Rasa|\bSanic\b|site-packages|File \"/|SQLAlchemy|psycopg|\b3\.6\.2\d\b|21\.12\.\d"
)
_LINES = 6  # connections at once
_NAMES = {SERVER: "rasa", WEB: "console", ACTIONS: "actions"}


@dataclass
class Report:
    """What a run saw."""

    inputs: int = 0
    seconds: float = 0.0
    statuses: Counter[int] = field(default_factory=Counter)
    by_surface: Counter[str] = field(default_factory=Counter)
    errors: list[str] = field(default_factory=list)  # 5xx, leaks, no answer
    memory: list[dict[str, float]] = field(default_factory=list)  # resident, in MB: once warm, halfway, at the end
    is_alive: bool = True

    @property
    def server_errors(self) -> int:
        return sum(count for status, count in self.statuses.items() if status >= 500)


@contextmanager
def running(folder: Path) -> Iterator[tuple[Assistant, Platforms]]:
    """The servers, and what stands in for the platforms."""
    platforms = Platforms()
    platforms.start()
    assistant = start(folder, platforms, WEBCHAT_MESSAGES_PER_MINUTE="60")
    try:
        yield assistant, platforms
    finally:
        assistant.process.send_signal(signal.SIGINT)
        assistant.process.wait(60)
        platforms.stop()


def run(assistant: Assistant, count: int, seed: str) -> Report:
    """Send bad input, and report what came of it."""
    report, keys = Report(), keys_of(assistant)
    before = processes(assistant)
    ports = ports_of(assistant)
    for part, name in ((count // 10, "warm"), (count // 2, "half"), (count, "end")):
        asyncio.run(_send(ports, surfaces(keys), part - report.inputs, f"{seed} {name}", report))
        report.memory.append(memory(assistant))
        keys = keys_of(assistant)
    report.is_alive = processes(assistant) == before and _answers(assistant)
    return report


def keys_of(assistant: Assistant) -> Keys:
    """What a visitor with a request and a signed-in member of staff hold."""
    store, now = assistant.bookings(), utc_now()
    reference = store.submit(a_request(key=f"fuzz-{time.time()}")).reference
    booking = sign_link(reference, store.cipher.derive(LINK_LABEL), now)
    page = sign_page("webchat:0", Kind.CONSULTATION, "fuzz", store.cipher.derive(PAGE_LABEL), now)
    web = f"http://localhost:{assistant.web_port}"
    pages = {}
    for path in (f"/booking/{booking}", f"/book/{page}"):
        shown = httpx.get(f"http://127.0.0.1:{assistant.web_port}{path}", timeout=30)
        found = re.search(r'name="code" value="([^"]*)"', shown.text)
        assert found, shown.status_code
        pages[path] = found[1]
    key = base64.b64decode((assistant.var_dir / "staff.key").read_bytes().split()[0])
    sessions = Sessions(open_database(f"sqlite:///{assistant.var_dir / 'staff.db'}"), key, time.time)
    staff = sessions.begin("admin")
    signed_in = sessions.read(staff)
    assert signed_in
    visitor = Visitor(assistant.url, web)
    return Keys(assistant.url, web, web, visitor.token, pages, staff, signed_in.csrf)


async def _send(ports: dict[str, int], kinds: list[Surface], count: int, seed: str, report: Report) -> None:
    began = time.monotonic()
    left = iter(range(count))
    await asyncio.gather(*(_one_line(ports, kinds, left, f"{seed} {number}", report) for number in range(_LINES)))
    report.seconds += time.monotonic() - began


async def _one_line(
    ports: dict[str, int], kinds: list[Surface], left: Iterator[int], seed: str, report: Report
) -> None:
    lines, inputs = {where: Line(port) for where, port in ports.items()}, Inputs(seed)
    shares = [one.share for one in kinds]
    for _ in left:
        kind = inputs.random.choices(kinds, shares)[0]
        request = kind.make(inputs)
        report.inputs += 1
        report.by_surface[kind.name] += 1
        try:
            reply = await lines[kind.where].ask(request)
        except (TimeoutError, OSError) as error:
            report.statuses[0] += 1
            report.errors.append(f"{kind.name}: {type(error).__name__}: {request!r}")
            continue
        report.statuses[reply.status] += 1
        if reply.status >= 500 or (leak := LEAKS.search(reply.head + reply.body)):
            what = reply.body[:200] if reply.status >= 500 else leak and leak[0]
            report.errors.append(f"{kind.name}: {reply.status}: {what!r}: {request!r}"[:3000])
    for line in lines.values():
        line.close()


def processes(assistant: Assistant) -> dict[str, int]:
    """The servers' process ids, by name."""
    return {name: found[0].pid for name in _NAMES.values() if (found := assistant.processes(name))}


def memory(assistant: Assistant) -> dict[str, float]:
    """The servers' resident memory in MB, by name."""
    return {name: round(psutil.Process(pid).memory_info().rss / 2**20, 1) for name, pid in processes(assistant).items()}


def ports_of(assistant: Assistant) -> dict[str, int]:
    """Where each server listens."""
    words = assistant.processes("actions")[0].cmdline()
    actions = int(words[words.index("--port") + 1])
    return {SERVER: assistant.port, WEB: assistant.web_port, ACTIONS: actions}


def _answers(assistant: Assistant) -> bool:
    """Whether a visitor is answered as before."""
    return "nausea" in assistant.texts("after-all-that", "What are the side effects?")
