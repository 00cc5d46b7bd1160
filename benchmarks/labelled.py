"""Pipelines trained on labelled texts of any source, and what they make of others."""

from __future__ import annotations

import asyncio
import random
import subprocess
import sys
import time
from collections import defaultdict
from pathlib import Path

import yaml
from rasa.core.agent import Agent

from assistant.settings import PROJECT_DIR, var_dir
from assistant.training import quiet_environment
from benchmarks.single import REFUSED

Rows = list[tuple[str, str]]  # text, label


def read_rows(agent: Agent, rows: Rows) -> list[tuple[str, str, float]]:
    """Each row's label, the likeliest intent, and its confidence before any threshold."""

    async def read() -> list[tuple[str, str, float]]:
        found = []
        for text, label in rows:
            parsed = await agent.parse_message(text)
            likely = next(entry for entry in parsed["intent_ranking"] if entry["name"] not in REFUSED)
            found.append((label, likely["name"], likely["confidence"]))
        return found

    return asyncio.run(read())


def train_agent(rows: Rows, name: str, config: Path = PROJECT_DIR / "config.yml") -> Agent:
    """Train a pipeline on labelled texts, in a folder of that name."""
    folder = var_dir() / "benchmark-nlu" / name
    folder.mkdir(parents=True, exist_ok=True)
    examples = defaultdict(list)
    for text, label in rows:
        examples[label].append(" ".join(text.split()).lstrip("/").translate(_NO_BRACKETS))
    nlu = [{"intent": label, "examples": "".join(f"- {text}\n" for text in texts)} for label, texts in examples.items()]
    data = folder / "nlu.yml"
    data.write_text(yaml.safe_dump({"version": "3.1", "nlu": nlu}, allow_unicode=True, width=10_000), encoding="utf-8")
    command = [sys.executable, "-m", "rasa", "train", "nlu", "--config", str(config)]
    command += ["--nlu", str(data), "--out", str(folder), "--fixed-model-name", "model"]
    start = time.perf_counter()
    result = subprocess.run(command, cwd=PROJECT_DIR, env=quiet_environment(), capture_output=True, text=True)
    if result.returncode:
        sys.exit(f"training on {name} failed:\n{result.stderr[-2000:]}")
    print(f"  trained {name}: {len(rows)} examples, {len(examples)} intents, {time.perf_counter() - start:.0f} s")
    return Agent.load(str(folder / "model.tar.gz"))


_NO_BRACKETS = str.maketrans({"[": "(", "]": ")", "{": "(", "}": ")"})  # Rasa would read them as entities


def few(rows: Rows, seed: int) -> Rows:
    """Ten examples of each intent, drawn as for the published few-shot figures that we compare with."""
    drawn = random.Random(seed).sample(rows, len(rows))
    taken: dict[str, Rows] = defaultdict(list)
    for text, label in drawn:
        if len(taken[label]) < 10:
            taken[label].append((text, label))
    return [row for label in sorted(taken) for row in taken[label]]
