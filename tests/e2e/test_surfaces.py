"""Every surface of the running servers, tried by schemathesis: no server error, nothing told of the inside.

The website's chat has a description of its own, which `test_webchat.py` holds it to.
"""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable
from typing import Any

import pytest

from tests.conftest import PROJECT_DIR, Assistant
from tests.fuzz import edge
from tests.fuzz.surfaces import Keys
from tests.openapi import surfaces

TOOL = PROJECT_DIR / "tests" / "openapi" / ".venv" / "bin" / "st"
Described = Callable[[Keys], dict[str, Any]]
SURFACES: dict[str, tuple[str, Described]] = {
    "server": ("server", lambda keys: surfaces.server()),
    "actions": ("actions", lambda keys: surfaces.actions()),
    "visitor's pages": ("web", lambda keys: surfaces.pages(dict(keys.pages))),
    "console, signed out": ("web", lambda keys: surfaces.console("")),
    "console, signed in": ("web", lambda keys: surfaces.console(keys.csrf)),
}


@pytest.mark.parametrize("surface", SURFACES)
def test_no_surface_fails_or_tells_of_the_inside(texted: Assistant, surface: str) -> None:
    where, described = SURFACES[surface]
    keys, ports = edge.keys_of(texted), edge.ports_of(texted)
    path = texted.var_dir / "surface.json"
    path.write_text(json.dumps(described(keys)))
    headers = [f"Origin: {keys.web}"] + (
        [f"Cookie: __Host-staff={keys.staff}"] if surface.endswith("signed in") else []
    )
    command = [
        *(str(TOOL), "run", str(path), "--url", f"http://127.0.0.1:{ports[where]}"),
        *("--checks", "not_a_server_error,nothing_is_told_of_the_inside", "--phases", "examples,fuzzing"),
        *("--max-examples", "12", "--seed", "1", "--request-timeout", "20", "--no-color"),
        *(word for header in headers for word in ("--header", header)),
    ]
    environment = {**os.environ, "SCHEMATHESIS_HOOKS": "hooks", "PYTHONPATH": str(PROJECT_DIR / "tests" / "openapi")}
    run = subprocess.run(command, capture_output=True, text=True, cwd=texted.var_dir, env=environment, timeout=280)
    assert run.returncode == 0, run.stdout[-5000:] + run.stderr[-1000:]
    assert edge.processes(texted).keys() == {"rasa", "console", "actions"}


def test_what_is_told_of_the_inside_would_be_seen(texted: Assistant) -> None:
    assert edge.LEAKS.search(b"Hello from Rasa: 3.6.21") and edge.LEAKS.search(b"Traceback (most recent call last)")
    assert not edge.LEAKS.search(b"Our staff will call you back.")
