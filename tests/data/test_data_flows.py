"""Where anything is sent to is listed, with the agreement that it needs."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest

from assistant import egress
from tests.conftest import PROJECT_DIR, load_yaml

FLOWS = load_yaml("docs/data-flows.yml")
# Named in the code and never sent to: a vocabulary, a page that visitors open themselves, examples.
NAMES_ONLY = {"hl7.org", "terminology.hl7.org", "988lifeline.org", "www.clinic.example", ""}


def addresses() -> Iterator[tuple[str, str]]:
    """Hosts of addresses in the code, docstrings left out, with the file."""
    for folder in ("assistant", "bookings", "console", "actions", "publishing"):
        for path in (PROJECT_DIR / folder).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Constant) and isinstance(node.value, str):
                    if node.value.startswith(("https://", "http://")) and " " not in node.value:
                        yield urlsplit(node.value).hostname or "", path.name


def test_every_host_in_the_code_is_listed() -> None:
    listed = {flow["host"] for flow in FLOWS if "host" in flow}
    found = dict(addresses())
    assert set(found) - NAMES_ONLY - {"127.0.0.1", "localhost"} == listed, found


def test_every_flow_says_what_and_under_which_agreement() -> None:
    for flow in FLOWS:
        assert flow["what"] and flow["agreement"]
        assert ("host" in flow) != ("setting" in flow)
        if "setting" in flow:
            assert f"{flow['setting']}=" in (PROJECT_DIR / ".env.example").read_text(encoding="utf-8")


@pytest.mark.parametrize("value", ["", "true", "1", "no"])
def test_a_server_with_telemetry_does_not_start(value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RASA_TELEMETRY_ENABLED", value)
    with pytest.raises(egress.WouldLeak, match="RASA_TELEMETRY_ENABLED"):
        egress.refuse_leaks()


def test_a_server_with_debug_logs_does_not_start(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level("DEBUG", logger="rasa"), pytest.raises(egress.WouldLeak, match="debug"):
        egress.refuse_leaks()
