"""`make evaluate`: how many held-out messages the trained assistant understands, with every confusion."""

from __future__ import annotations

import argparse
import asyncio
import json
import logging
import sys
from collections.abc import Callable
from pathlib import Path

import structlog
from rasa.core.agent import Agent
from rasa.utils.endpoints import EndpointConfig

from assistant.training import train
from benchmarks.answered import Answered, as_json
from benchmarks.dialogues import answer_compounds, answer_dialogues, print_misses
from benchmarks.goals import Goal, print_goals
from benchmarks.questions import read_compounds, read_dialogues, read_questions
from benchmarks.single import parse_all, print_confusions, print_reliability, with_typos
from benchmarks.speed import speed_goals

# The parts of an evaluation, each as long as its questions.
PARTS = ("single questions", "with typos", "several questions", "follow-ups")


def load_agent(model: Path | None = None) -> Agent:
    """The trained assistant, or another model of this project, with an empty memory store."""
    # Rasa configures its logging only in its command line; without it, every message would be printed.
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    return Agent.load(str(model or train()), generator=EndpointConfig(type="assistant.answers.ClinicAnswers"))


async def answer_all(agent: Agent, done: Callable[[str], None] = lambda _: None) -> Answered:
    """Answer every held-out message.

    Args:
        done: told the name of each part that is done, of `PARTS`.
    """
    questions = read_questions()
    asked = [question for question in questions if question.kind in {"covered", "not_covered"}]
    singles = await parse_all(agent, questions)
    done(PARTS[0])
    mistyped = await parse_all(agent, with_typos(asked))
    done(PARTS[1])
    compounds = await answer_compounds(agent, read_compounds())
    done(PARTS[2])
    dialogues = await answer_dialogues(agent, read_dialogues())
    done(PARTS[3])
    return Answered(singles, mistyped, compounds, dialogues)


async def evaluate(*, print_details: bool) -> list[Goal]:
    """Answer every held-out message and return the goals."""
    answered = await answer_all(load_agent())
    if print_details:
        _print_details(answered)
    return answered.goals


def _print_details(answered: Answered) -> None:
    singles, compounds, dialogues = answered.singles, answered.compounds, answered.dialogues
    print_confusions(singles)
    print_misses(compounds, "Several questions in one message")
    print_misses(dialogues, "Follow-ups")
    print_reliability(singles)
    print(f"\n{len(singles)} messages, {len(compounds)} with several questions, {len(dialogues)} dialogues;")
    print("none of the questions is in data/nlu.yml (tests/data/test_training_data.py checks it)")


async def _speed(model: Path | None) -> list[Goal]:
    """The figures that depend on the machine: printed, and no reason to fail."""
    asked = [question.text for question in read_questions() if question.kind in {"covered", "not_covered"}]
    compounds = [compound.text for compound in read_compounds() if len(compound.intents) > 1]
    return await speed_goals(load_agent(model), asked, compounds)


def _report(model: Path | None) -> list[Goal]:
    answered = asyncio.run(answer_all(load_agent(model)))
    _print_details(answered)
    print_goals(answered.goals)
    print_goals(asyncio.run(_speed(model)))
    return answered.goals


def main() -> None:
    """Print the report; exit with 1 if `--strict` and a goal is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--strict", action="store_true", help="fail when a goal is missed")
    parser.add_argument("--model", type=Path, help="a model file of this project; else the trained one")
    parser.add_argument("--json", type=Path, help="write what became of each question there; print the parts done only")
    arguments = parser.parse_args()
    if arguments.json:
        answered = asyncio.run(answer_all(load_agent(arguments.model), lambda part: print(part, flush=True)))
        arguments.json.write_text(json.dumps(as_json(answered)), encoding="utf-8")
        goals = answered.goals
    else:
        goals = _report(arguments.model)
    if arguments.strict and not all(goal.met for goal in goals):
        sys.exit(1)


if __name__ == "__main__":
    main()
