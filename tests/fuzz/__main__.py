"""`make fuzz`: bad input, a tenth of it over the line to the real servers, the rest straight to what reads it.

Ends with 1 if a server died, answered 5xx, showed what it is built on or grew, or if a reader raised anything but a
refusal.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from pathlib import Path

import psutil

from tests.fuzz import edge, parsers

_GROWTH = 1.05  # times the memory halfway through: by then caches are full


def main() -> int:
    """Run, print, judge."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--inputs", type=int, default=1_000_000, help="in all")
    parser.add_argument("--line", type=int, default=0, help="of these over the line; without it a tenth")
    parser.add_argument("--seed", default="1", help="the same seed makes the same inputs")
    given = parser.parse_args()
    line = given.line or given.inputs // 10
    is_good = _print_edge(line, given.seed)
    return 0 if _print_parsers(given.inputs - line, given.seed) and is_good else 1


def _print_edge(count: int, seed: str) -> bool:
    with tempfile.TemporaryDirectory() as folder, edge.running(Path(folder)) as (assistant, _):
        report = edge.run(assistant, count, seed)
    print(f"Over the line: {report.inputs:,} inputs in {report.seconds:.0f} s, {report.inputs / report.seconds:.0f}/s")
    print("  by surface: " + ", ".join(f"{name} {count:,}" for name, count in sorted(report.by_surface.items())))
    print(
        "  answers: "
        + ", ".join(f"{status or 'closed'} {count:,}" for status, count in sorted(report.statuses.items()))
    )
    print(f"  5xx: {report.server_errors}   leaks, 5xx and no answer: {len(report.errors)}")
    print(f"  servers: {'alive, the same processes, answering' if report.is_alive else 'DIED'}")
    warm, half, end = report.memory
    grown = [name for name, size in end.items() if size > half.get(name, size) * _GROWTH]
    for name, size in end.items():
        print(
            f"  resident memory of {name}: warm {warm.get(name)} MB, halfway {half.get(name)} MB, at the end {size} MB"
        )
    _print_some(report.errors)
    return report.is_alive and not report.errors and not grown


def _print_parsers(count: int, seed: str) -> bool:
    memory = psutil.Process(os.getpid()).memory_info
    outcome = parsers.run(count // 2, seed)
    before = memory().rss / 2**20
    outcome.add(parsers.run(count - count // 2, f"{seed} second half"))
    after = memory().rss / 2**20
    speed = outcome.inputs / outcome.seconds
    print(f"To the readers: {outcome.inputs:,} inputs in {outcome.seconds:.0f} s, {speed:.0f}/s")
    print(f"  read {sum(outcome.read.values()):,}, refused {sum(outcome.refused.values()):,}")
    print(f"  errors: {len(outcome.errors)}   slowest: {outcome.slowest * 1000:.0f} ms")
    print(f"  resident memory: halfway {before:.1f} MB, at the end {after:.1f} MB")
    _print_some(outcome.errors)
    return not outcome.errors and after <= before * _GROWTH


def _print_some(errors: list[str]) -> None:
    for error in errors[:20]:
        print(f"  {error[:600]}")


if __name__ == "__main__":
    sys.exit(main())
