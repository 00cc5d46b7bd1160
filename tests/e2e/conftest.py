"""The assistant with all messaging channels on, started once for all tests that write to it."""

from __future__ import annotations

import signal
from collections.abc import Iterator

import pytest

from tests.conftest import Assistant, free_port
from tests.e2e.channels import start
from tests.platforms.api import Platforms


@pytest.fixture(scope="session")
def platforms() -> Iterator[Platforms]:
    """What stands in for the platforms; whatever it was sent was as they document it."""
    standing_in = Platforms()
    standing_in.start()
    yield standing_in
    standing_in.stop()
    assert standing_in.violations == []


@pytest.fixture(scope="session")
def texted(tmp_path_factory: pytest.TempPathFactory, platforms: Platforms) -> Iterator[Assistant]:
    """The assistant."""
    web = str(free_port())
    folder = tmp_path_factory.mktemp("channels")
    running = start(folder, platforms, WEB_PORT=web, PUBLIC_URL=f"http://127.0.0.1:{web}")
    yield running
    running.process.send_signal(signal.SIGINT)
    running.process.wait(30)
