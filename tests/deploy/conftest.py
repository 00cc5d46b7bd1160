"""A running nginx, before two assistants and the web pages."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from .proxy import Proxy, Upstream, programs


@pytest.fixture(scope="module")
def upstreams() -> Iterator[tuple[Upstream, Upstream, Upstream]]:
    """Two assistants and the web pages."""
    started = Upstream("one"), Upstream("two"), Upstream("web")
    for upstream in started:
        upstream.start()
    yield started
    for upstream in started:
        upstream.kill()


@pytest.fixture(
    scope="module", params=programs(), ids=lambda path: "system" if path.endswith("bin/nginx") else "newest"
)
def proxy(
    request: pytest.FixtureRequest,
    tmp_path_factory: pytest.TempPathFactory,
    upstreams: tuple[Upstream, Upstream, Upstream],
) -> Iterator[Proxy]:
    """nginx as it is deployed, once of the system's version and once of a recent one."""
    *servers, web = upstreams
    running = Proxy(request.param, tmp_path_factory.mktemp("nginx"), servers, web)
    running.start()
    yield running
    running.stop()
