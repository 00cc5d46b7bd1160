"""A server calls the parts of a model one after the other, and gets what Rasa's own way gets."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from rasa.engine.exceptions import GraphRunError
from rasa.engine.graph import ExecutionContext, GraphSchema, SchemaNode
from rasa.engine.runner.dask import DaskGraphRunner
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.core.slots import BooleanSlot, CategoricalSlot, ListSlot, Slot, TextSlot

from assistant import quick_turns
from assistant.quick_turns import OrderedGraphRunner

_RAN: list[str] = []


class Joined:
    """A part that joins what it needs to its own name."""

    def __init__(self, name: str) -> None:
        self._name = name

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        return {}

    @classmethod
    def create(cls, config: dict[str, Any], execution_context: ExecutionContext, **_: Any) -> Joined:
        return cls(str(execution_context.node_name))

    def join(self, first: str = "", second: str = "") -> str:
        _RAN.append(self._name)
        return f"{self._name}({first}{second})"


def _node(**needs: str) -> SchemaNode:
    return SchemaNode(needs=needs, uses=Joined, constructor_name="create", fn="join", config={}, eager=True)  # type: ignore[arg-type]


_SCHEMA = GraphSchema(
    {
        "last": _node(first="left", second="right"),
        "left": _node(first="root"),
        "right": _node(first="root", second="__given__"),
        "root": _node(first="__given__"),
        "aside": _node(first="root"),
    }
)


def _runner(kind: type[DaskGraphRunner]) -> DaskGraphRunner:
    _RAN.clear()
    storage: ModelStorage = None  # type: ignore[assignment] # no part of the test keeps anything
    return kind.create(_SCHEMA, storage, ExecutionContext(_SCHEMA))


@pytest.mark.parametrize("targets", [["last"], ["left", "aside"], ["root"]])
def test_it_gets_what_dask_gets(targets: list[str]) -> None:
    results = [_runner(kind).run({"__given__": "text"}, targets) for kind in (DaskGraphRunner, OrderedGraphRunner)]
    assert results[0] == results[1] and list(results[1]) == targets


def test_each_part_that_is_needed_runs_once_and_no_other() -> None:
    _runner(OrderedGraphRunner).run({"__given__": "text"}, ["last"])
    assert sorted(_RAN) == ["last", "left", "right", "root"]


def test_an_input_stands_in_for_a_part() -> None:
    runner = _runner(OrderedGraphRunner)
    assert runner.run({"root": "known", "__given__": "text"}, ["left"]) == {"left": "left(known)"}
    assert runner.run({"__given__": "text"}, ["left"]) == {"left": "left(root(text))"}


def test_what_is_neither_a_part_nor_given_is_named() -> None:
    with pytest.raises(GraphRunError, match="__given__"):
        _runner(OrderedGraphRunner).run({}, ["last"])


@pytest.mark.parametrize(
    "slot",
    [
        TextSlot("name", [], initial_value="a", influence_conversation=False),
        BooleanSlot("told", []),
        ListSlot("asides", [], initial_value=["b"]),
        CategoricalSlot("kind", [], values=["x", "y"]),
    ],
)
def test_a_copied_slot_is_the_same_and_stands_alone(slot: Slot) -> None:
    slot.value = slot.initial_value
    twin = quick_turns._copied(slot)

    assert type(twin) is type(slot) and vars(twin) == vars(copy.copy(slot))
    twin.value = ["changed"] if isinstance(slot, ListSlot) else "x"
    assert slot.value == slot.initial_value
