"""A server says that it is ready when the first visitor's message would be answered like any other."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from assistant.channels.health import model_problem


def app(**ctx: Any) -> Any:
    return SimpleNamespace(ctx=SimpleNamespace(**ctx))


@pytest.mark.parametrize(
    ("ctx", "problem"),
    [
        ({}, "the model is not loaded"),
        ({"agent": SimpleNamespace(is_ready=lambda: False)}, "the model is not loaded"),
        (
            {"agent": SimpleNamespace(is_ready=lambda: True), "chat_service": SimpleNamespace(is_warm=False)},
            "the word lists are being read",
        ),
        ({"agent": SimpleNamespace(is_ready=lambda: True), "chat_service": SimpleNamespace(is_warm=True)}, None),
        ({"agent": SimpleNamespace(is_ready=lambda: True)}, None),  # a server without channels of visitors
    ],
)
def test_it_is_not_ready_before_model_and_word_lists_are_read(ctx: dict[str, Any], problem: str | None) -> None:
    assert model_problem(app(**ctx)) == problem
