"""`make bench-channels`: how soon messages of each platform are acknowledged and answered at 20 a second, and what
becomes of replies while the platforms are down for ten minutes.

The whole assistant runs; one local server stands in for the platforms and checks what it is sent.
"""

from __future__ import annotations

import argparse
import signal
import statistics
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.conftest import Assistant
from tests.e2e.channels import CHANNELS, Texter, post, start
from tests.platforms.api import Platforms, doubled, wait_until

BOUND_MS = 200.0  # of an acknowledgement's p95
RATE = 20.0  # messages a second
_FIRST_SECONDS = 5.0
_QUESTIONS = ("what are the side effects", "what is a session like", "is it safe", "how long does a session take")
_SAID = ("what is a session like", "what are the side effects", "how long does a session take", "is it safe", "hello")


def main() -> int:
    """Measure, print, and say with 1 that a bound was missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=20.0, help="of messages on each channel (%(default)s)")
    parser.add_argument("--down", type=float, default=600.0, help="seconds without the platforms (%(default)s)")
    arguments = parser.parse_args()
    platforms = Platforms()
    platforms.start()
    with tempfile.TemporaryDirectory() as folder:
        assistant = start(Path(folder), platforms)
        try:
            print(f"{RATE:.0f} messages a second, each of another visitor; milliseconds")
            print(f"{'channel':<17} {'acknowledged p50':>17} {'p95':>6} {'longest':>8} {'answered p50':>13} {'p95':>6}")
            _rate(assistant, platforms, "sms", _FIRST_SECONDS, "just started")  # its caches are empty: no bound
            is_quick = [_rate(assistant, platforms, name, arguments.seconds, name) for name in CHANNELS]
            is_whole = _outage(assistant, platforms, arguments.down)
        finally:
            assistant.process.send_signal(signal.SIGINT)
            assistant.process.wait(60)
            platforms.stop()
    for violation in platforms.violations:
        print(f"refused by the platform: {violation}")
    return 0 if all(is_quick) and is_whole and not platforms.violations else 1


def _rate(assistant: Assistant, platforms: Platforms, name: str, seconds: float, title: str) -> bool:
    """Send messages at the rate, not waiting for answers; whether they are acknowledged in time."""
    visitors = [Texter(assistant, platforms, CHANNELS[name]) for _ in range(int(seconds * RATE))]
    signed = [one.platform.text(one.sender, _QUESTIONS[i % len(_QUESTIONS)]) for i, one in enumerate(visitors)]
    began = time.monotonic() + 0.2
    sent_at: dict[str, float] = {}

    def send(place: int) -> float:
        time.sleep(max(0.0, began + place / RATE - time.monotonic()))
        at = sent_at[visitors[place].address] = time.monotonic()
        assert post(assistant, signed[place]).status_code == 200
        return (time.monotonic() - at) * 1000

    with ThreadPoolExecutor(20) as pool:
        took = sorted(pool.map(send, range(len(visitors))))
    wait_until(lambda: all(visitor.heard for visitor in visitors), 120)
    answered = sorted((platforms.last(one.address).at - sent_at[one.address]) * 1000 for one in visitors if one.heard)
    p95 = took[int(len(took) * 0.95)]
    print(
        f"{title:<17} {statistics.median(took):>17.0f} {p95:>6.0f} {took[-1]:>8.0f} "
        f"{statistics.median(answered):>13.0f} {answered[int(len(answered) * 0.95)]:>6.0f}"
        + ("" if len(answered) == len(visitors) else f"   {len(visitors) - len(answered)} without an answer"),
        flush=True,
    )
    return p95 <= BOUND_MS and len(answered) == len(visitors)


def _outage(assistant: Assistant, platforms: Platforms, seconds: float) -> bool:
    """Take the platforms away for a while in which visitors write; whether each reply arrives once and in order."""
    visitors = [Texter(assistant, platforms, platform) for platform in CHANNELS.values()]
    platforms.stop()
    for place, text in enumerate(_SAID):
        for visitor in visitors:
            visitor.write(text)
        time.sleep(seconds / len(_SAID) if place else 0)
    time.sleep(seconds / len(_SAID))
    platforms.start()
    began = time.monotonic()
    wait_until(lambda: all(len(visitor.heard) >= len(_SAID) for visitor in visitors), 180)
    took = time.monotonic() - began
    time.sleep(5)
    wanted = [_first_words(assistant, platforms, text) for text in _SAID]
    print(
        f"\nplatforms away for {seconds:.0f} s, {len(_SAID)} messages on each channel; all delivered {took:.0f} s later"
    )
    is_whole = True
    for visitor in visitors:
        heard = visitor.heard
        good = len(heard) == len(_SAID) and not doubled(heard) and _is_ordered(heard, wanted)
        is_whole = is_whole and good
        print(f"{visitor.platform.name:<17} {len(heard)} replies, {'once each, in order' if good else 'WRONG'}")
    return is_whole


def _first_words(assistant: Assistant, platforms: Platforms, text: str) -> str:
    """How the answer to a text begins."""
    return Texter(assistant, platforms, CHANNELS["sms"]).say(text)[:30]


def _is_ordered(heard: list[str], wanted: list[str]) -> bool:
    return all(one.startswith(first) for one, first in zip(heard, wanted))


if __name__ == "__main__":
    sys.exit(main())
