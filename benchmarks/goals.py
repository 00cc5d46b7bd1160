"""A figure and the bound that it must keep."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Goal:
    """A figure that must reach a bound (`at_least`) or must not pass it."""

    name: str
    value: float
    bound: float
    at_least: bool = True
    unit: str = "%"

    @property
    def met(self) -> bool:
        """Whether the bound is kept."""
        return self.value >= self.bound if self.at_least else self.value <= self.bound


def share(flags: Iterable[bool]) -> float:
    """The share of true flags, in percent."""
    counted = list(flags)
    return 100 * sum(counted) / len(counted) if counted else 0.0


def print_goals(goals: list[Goal]) -> None:
    """Print the table of goals."""
    print(f"\n{'goal':50} {'bound':>10} {'measured':>11}")
    for goal in goals:
        sign = "≥" if goal.at_least else "≤"
        short = "" if goal.met else "  short"
        print(f"{goal.name:50} {sign} {goal.bound:5.1f} {goal.unit:2} {goal.value:8.1f} {goal.unit:2}{short}")
