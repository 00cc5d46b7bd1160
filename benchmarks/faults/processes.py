"""Faults of the assistant's own processes: killed, rolled, hanging; and messages that come twice or at once.

A visitor who books goes on as a person would, from whatever the assistant last said.
"""

from __future__ import annotations

import asyncio
import base64
import random
import re
import signal
import time
from collections import Counter
from collections.abc import Callable

from assistant.clock import utc_now
from assistant.database import open_database
from benchmarks.faults.table import Row
from benchmarks.faults.visitors import Account, Crowd, Visitor, new_client
from bookings.requests import BookingStore
from bookings.secrets import ContactCipher
from tests.cluster import Cluster, Part

_SENT = re.compile(r"Your reference is (SR-\S+)\.")
_STEPS = ("book a consultation", "Maria", "{contact}", "thursday mornings", "rather not say", "yes")
_ANSWERS = {
    "What name": "Maria",
    "How can the team reach you": "{contact}",
    "Which days": "thursday mornings",
    "What is it about": "rather not say",
    "Is it right": "yes",
    "already": "yes",
}
_READY = 15.0  # seconds that a restart may take
_DRAIN = 15.0


async def rows(cluster: Cluster, scale: float, show: Callable[[Row], None]) -> None:
    """Each fault in turn. `scale` multiplies how often they are tried."""
    tries = max(2, int(20 * scale))
    show(await _kills(cluster, Row("F6", "a server is killed somewhere in a booking"), cluster.servers, tries))
    show(await _kills(cluster, Row("F7", "the action server is killed in a booking"), [cluster.actions], tries))
    show(await _hang(cluster, Row("F5", "the action server hangs, then is gone, then back")))
    show(await _twice(cluster, Row("F8", "each message ten times at once, and after a restart"), tries))
    show(await _at_once(cluster, Row("F9", "fifty messages of one visitor at once"), max(1, int(4 * scale))))
    show(await _roll(cluster, Row("F11", "all servers are rolled under traffic"), max(1, int(2 * scale))))
    show(await _crash(cluster, Row("F16", "a server is killed under traffic"), max(1, int(3 * scale))))


def _bookings(cluster: Cluster) -> BookingStore:
    key = base64.b64decode(cluster.environment["BOOKINGS_KEY"])
    return BookingStore(open_database(cluster.postgres.url), ContactCipher(key), frozenset(), utc_now)


async def _kills(cluster: Cluster, row: Row, victims: list[Part], count: int) -> Row:
    """Book, kill at a random moment, go on as a person would; each visitor must end with one request."""
    dice, told = random.Random(6), {}
    async with new_client(cluster.url, cluster.tls) as client:
        for number in range(max(2, count)):
            visitor, contact = await Visitor.arrive(client), f"maria{row.id.lower()}{number}@example.com"
            victim, step = victims[number % len(victims)], number % len(_STEPS)
            for text in _STEPS[:step]:
                await visitor.ask(text.format(contact=contact))
            saying = asyncio.create_task(visitor.ask(_STEPS[step].format(contact=contact)))
            await asyncio.sleep(dice.uniform(0.0, 0.08))
            await asyncio.to_thread(victim.kill)
            victim.start()
            reply = await saying
            await asyncio.to_thread(victim.wait_ready)
            told[contact] = await _finish(visitor, contact, reply)
            row.account.add(await visitor.settle())
    _check_bookings(cluster, row, told)
    return row


async def _finish(visitor: Visitor, contact: str, reply: str) -> str | None:
    """Answer whatever is asked until a request is confirmed; its reference."""
    for _ in range(14):
        if found := _SENT.search(reply):
            return found[1]
        answer = next((text for asked, text in _ANSWERS.items() if asked in reply), "book a consultation")
        reply = await visitor.ask(answer.format(contact=contact))
    return None


def _check_bookings(cluster: Cluster, row: Row, told: dict[str, str | None]) -> None:
    stored = [view for view in _bookings(cluster).list_open() if view.contact in told]
    references = {view.reference for view in stored}
    doubled = sum(count - 1 for count in Counter(view.contact for view in stored).values())
    row.false_booked += doubled + sum(one is not None and one not in references for one in told.values())
    never = sum(one is None for one in told.values())
    row.notes.append(f"{len(told)} bookings, {len(stored)} stored")
    row.expect(not never, f"{never} visitors were never told of a request")


async def _hang(cluster: Cluster, row: Row) -> Row:
    told = {}
    async with new_client(cluster.url, cluster.tls) as client:
        for fault in (signal.SIGSTOP, signal.SIGKILL):
            visitor, contact = await Visitor.arrive(client), f"mariaf5{fault}@example.com"
            for text in _STEPS[:-1]:
                await visitor.say(text.format(contact=contact))
            cluster.actions.send(fault)
            began = time.monotonic()
            reply = await visitor.say("yes")
            took = time.monotonic() - began
            row.notes.append(f"told after {took:.1f} s")
            row.expect(not _SENT.search(reply), "it was called sent")
            row.expect("reference" not in reply.lower(), "a reference was told")
            if fault == signal.SIGSTOP:
                cluster.actions.send(signal.SIGCONT)
            else:
                cluster.actions.wait()
                cluster.actions.start()
                row.recovery_s = await asyncio.to_thread(cluster.actions.wait_ready)
            told[contact] = await _finish(visitor, contact, await visitor.ask("yes"))
            row.account.add(await visitor.settle())
    _check_bookings(cluster, row, told)
    return row


async def _twice(cluster: Cluster, row: Row, count: int) -> Row:
    """The same request ten times at once, then again after every server was started anew."""
    async with new_client(cluster.url, cluster.tls) as client:
        visitor = await Visitor.arrive(client)
        bodies = [visitor.new_body(f"is it safe? {number}") for number in range(count)]
        for body in bodies:
            await asyncio.gather(*(visitor.deliver(body) for _ in range(10)))
        for server in cluster.servers:
            await asyncio.to_thread(server.stop)
            server.start()
            await asyncio.to_thread(server.wait_ready)
        for body in bodies:
            await visitor.deliver(body)
        row.account.add(await visitor.settle())
    return row


async def _at_once(cluster: Cluster, row: Row, count: int) -> Row:
    async with new_client(cluster.url, cluster.tls) as client:
        for _ in range(count):
            visitor = await Visitor.arrive(client)
            await asyncio.gather(*(visitor.say("is it safe?") for _ in range(50)))
            row.account.add(await visitor.settle())
            numbers = [message["id"] for message in await visitor.history()]
            row.expect(numbers == list(range(1, len(numbers) + 1)), "messages are not numbered without gaps")
    row.notes.append(f"{row.account.refused} times told to come back")
    return row


async def _roll(cluster: Cluster, row: Row, rounds: int) -> Row:
    drained, ready = [], []
    async with Crowd(cluster, 10, pause=0.4) as crowd:
        await asyncio.sleep(3)
        for _ in range(rounds):
            for server in cluster.servers:
                drained.append(await asyncio.to_thread(server.stop))
                server.start()
                ready.append(await asyncio.to_thread(server.wait_ready))
                await asyncio.sleep(4)  # nginx tries it again
    row.account, row.recovery_s = crowd.account, max(ready)
    row.notes.append(f"drained in {max(drained):.1f} s, {_again(crowd.account)}")
    row.expect(max(drained) <= _DRAIN, "drained too slowly")
    row.expect(not crowd.account.failed, "a request failed")
    return row


async def _crash(cluster: Cluster, row: Row, count: int) -> Row:
    ready, silent = [], []
    async with Crowd(cluster, 10, pause=0.4) as crowd:
        await asyncio.sleep(3)
        for number in range(count):
            server, began = cluster.servers[number % len(cluster.servers)], time.monotonic()
            await asyncio.to_thread(server.kill)
            server.start()
            ready.append(await asyncio.to_thread(server.wait_ready))
            silent.append(crowd.longest_silence(began))
            await asyncio.sleep(4)
    row.account, row.recovery_s = crowd.account, max(ready)
    row.notes.append(
        f"longest time without any answer {max(silent):.1f} s, {crowd.account.refused} requests sent again"
    )
    row.expect(max(ready) <= _READY, f"a restart took {max(ready):.0f} s")
    return row


def _again(account: Account) -> str:
    reasons = ", ".join(f"{count} × {reason}" for reason, count in account.failed.items())
    return f"{account.refused} times told to come back, failed requests: {reasons or 'none'}"
