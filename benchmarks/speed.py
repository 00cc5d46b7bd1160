"""How long the NLU takes for one message, on one core."""

from __future__ import annotations

import statistics
import time

from rasa.core.agent import Agent
from threadpoolctl import threadpool_limits

from assistant.nlu.clauses import cut
from benchmarks.goals import Goal

_SAMPLE = 60  # messages of each kind
_BAD_INPUT = ["?" * 200 + " x" * 900, "is it safe. " * 50, "a" * 2000, "and the of it " * 140]


async def speed_goals(agent: Agent, questions: list[str], compounds: list[str]) -> list[Goal]:
    """Measure the CPU time of reading plain questions, messages with several, and the longest bad input."""
    plain = [text for text in questions if not cut(text)][:_SAMPLE]
    with threadpool_limits(1):
        await _milliseconds(agent, plain[:10])
        one = statistics.median(await _milliseconds(agent, plain))
        several = statistics.median(await _milliseconds(agent, compounds[:_SAMPLE]))
        worst = max(await _milliseconds(agent, _BAD_INPUT))
    return [
        Goal("NLU of one plain question, median, one core", one, 10, False, "ms"),
        Goal("NLU of a message with several, median, one core", several, 25, False, "ms"),
        Goal("longest bad input, times a plain question", worst / one, 5, False, ""),
    ]


async def _milliseconds(agent: Agent, texts: list[str]) -> list[float]:
    measured = []
    for text in texts:
        start = time.process_time()
        await agent.parse_message(text)
        measured.append((time.process_time() - start) * 1000)
    return measured
