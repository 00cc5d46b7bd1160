"""Faults that a test of the suite brings about by itself: the row says whether those tests pass."""

from __future__ import annotations

import re
import subprocess
import sys

from assistant.settings import PROJECT_DIR
from benchmarks.faults.table import Row

# What is broken, and the tests that break it.
_TESTED = {
    "F4": ("two servers race for a conversation, 1,000 times", ["tests/assistant/test_locks.py"]),
    "F10": (
        "the mail server is away; the worker that sends is killed",
        ["tests/bookings/test_deliver_process.py", "tests/bookings/test_outbox.py"],
    ),
    "F12": (
        "the clock goes back an hour; summer time; leap day",
        [
            "tests/assistant/test_store.py::test_a_clock_that_goes_back_loses_and_moves_nothing",
            "tests/bookings/test_times.py",
        ],
    ),
    "F13": (
        "a row of a conversation cannot be read",
        ["tests/assistant/test_store.py::test_an_unreadable_row_ends_nothing_and_the_conversation_goes_on"],
    ),
    "F14": (
        "the model is missing, damaged or a stranger's",
        ["tests/assistant/test_live_model.py", "tests/assistant/test_model_manifest.py"],
    ),
    "F17": (
        "a machine is lost, its backup is restored",
        ["tests/e2e/test_operations.py::test_a_machine_is_lost_and_everything_comes_back"],
    ),
    "F18": (
        "platforms are away, slow, or say 429",
        ["tests/e2e/test_channel_faults.py"],
    ),
}


def rows() -> list[Row]:
    """One row for each."""
    return [_run(id, title, tests) for id, (title, tests) in _TESTED.items()]


def _run(id: str, title: str, tests: list[str]) -> Row:
    row = Row(id, title)
    present = [test for test in tests if (PROJECT_DIR / test.partition("::")[0]).exists()]
    row.expect(present == tests, f"no such test: {sorted(set(tests) - set(present))}")
    command = [sys.executable, "-W", "ignore", "-m", "pytest", "-p", "no:cacheprovider", "-o", "addopts=", *present]
    told = subprocess.run(command, cwd=PROJECT_DIR, capture_output=True, text=True)
    summary = re.findall(r"\d+ (?:passed|failed|error|skipped)[^=]*", told.stdout)
    row.notes.append(f"{summary[-1].strip() if summary else 'no summary'} ({', '.join(present)})")
    row.expect(told.returncode == 0, "a test fails")
    return row
