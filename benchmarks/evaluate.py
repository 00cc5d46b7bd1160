"""`make evaluate`: how many held-out messages the trained assistant understands, with every confusion."""

from __future__ import annotations

import argparse
import asyncio
import logging
import sys

import structlog
from rasa.core.agent import Agent
from rasa.utils.endpoints import EndpointConfig

from assistant.training import train
from benchmarks.dialogues import answer_compounds, answer_dialogues, dialogue_goals, print_misses
from benchmarks.goals import Goal, print_goals
from benchmarks.questions import read_compounds, read_dialogues, read_questions
from benchmarks.single import parse_all, print_confusions, print_reliability, single_goals, with_typos
from benchmarks.speed import speed_goals


def load_agent() -> Agent:
    """The trained assistant with an empty memory store."""
    # Rasa configures its logging only in its command line; without it, every message would be printed.
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    return Agent.load(str(train()), generator=EndpointConfig(type="assistant.answers.ClinicAnswers"))


async def evaluate(*, print_details: bool) -> list[Goal]:
    """Answer every held-out message and return the goals."""
    agent = load_agent()
    questions = read_questions()
    outcomes = await parse_all(agent, questions)
    asked = [question for question in questions if question.kind in {"covered", "not_covered"}]
    mistyped = await parse_all(agent, with_typos(asked))
    compounds = await answer_compounds(agent, read_compounds())
    dialogues = await answer_dialogues(agent, read_dialogues())
    if print_details:
        print_confusions(outcomes)
        print_misses(compounds, "Several questions in one message")
        print_misses(dialogues, "Follow-ups")
        print_reliability(outcomes)
        print(f"\n{len(questions)} messages, {len(compounds)} with several questions, {len(dialogues)} dialogues;")
        print("none of the questions is in data/nlu.yml (tests/data/test_training_data.py checks it)")
    return single_goals(outcomes, mistyped) + dialogue_goals(compounds, dialogues)


async def _speed() -> list[Goal]:
    """The figures that depend on the machine: printed, and no reason to fail."""
    asked = [question.text for question in read_questions() if question.kind in {"covered", "not_covered"}]
    compounds = [compound.text for compound in read_compounds() if len(compound.intents) > 1]
    return await speed_goals(load_agent(), asked, compounds)


def main() -> None:
    """Print the report; exit with 1 if `--strict` and a goal is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--strict", action="store_true", help="fail when a goal is missed")
    arguments = parser.parse_args()
    goals = asyncio.run(evaluate(print_details=True))
    print_goals(goals)
    print_goals(asyncio.run(_speed()))
    if arguments.strict and not all(goal.met for goal in goals):
        sys.exit(1)


if __name__ == "__main__":
    main()
