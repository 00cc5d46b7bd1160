"""Submits a request in a process that dies at a given point. Reads one order a line, prints how each one ended.

Orders: `statement N KEY` dies before the N-th statement, the commit counted too; `after MS KEY` is killed from outside
so many milliseconds after its first request, while it submits KEY-0, KEY-1, …
"""

from __future__ import annotations

import os
import signal
import sys
import time
from itertools import count

import sqlalchemy as sa

from assistant.database import open_database
from bookings.models import Target
from bookings.requests import BookingStore
from bookings.secrets import ContactCipher
from tests.bookings.conftest import NOW, a_request


def die_at_statement(engine: sa.engine.Engine, number: int) -> None:
    seen = count(1)

    def look(*_: object) -> None:
        if next(seen) == number:
            os.kill(os.getpid(), signal.SIGKILL)

    sa.event.listen(engine, "before_cursor_execute", look)
    sa.event.listen(engine, "commit", look)


def main(url: str) -> None:
    for line in sys.stdin:
        how, number, key = line.split()
        started, tell = os.pipe()
        child = os.fork()
        if child == 0:
            engine = open_database(url)
            store = BookingStore(engine, ContactCipher(b"k" * 32), frozenset(Target), lambda: NOW)
            if how == "statement":
                die_at_statement(engine, int(number))
                store.submit(a_request(key, slot_id=1))
            else:
                for index in count():
                    store.submit(a_request(f"{key}-{index}"))
                    os.write(tell, b".")
            os._exit(0)
        if how == "after":
            os.read(started, 1)
            time.sleep(int(number) / 1000)
            os.kill(child, signal.SIGKILL)
        print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)


if __name__ == "__main__":
    main(sys.argv[1])
