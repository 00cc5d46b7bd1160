"""The alarms and the dashboard name figures that there are, in rules that Prometheus takes; each alarm has its page."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import promql_parser
import pytest
import yaml
from prometheus_client import CollectorRegistry

from assistant import metrics
from assistant.server_metrics import ServerCollector
from bookings.metrics import DeliveryCollector
from tests.conftest import PROJECT_DIR

FOLDER = PROJECT_DIR / "deploy" / "monitoring"
OPERATIONS = (PROJECT_DIR / "docs" / "operations.md").read_text(encoding="utf-8")
DURATION = re.compile(r"\d+(?:ms|[smhdwy])")
NAME = re.compile(r"\b(?:assistant|process)_[a-z_]+|\bup\b")
JOBS = {"assistant-server", "assistant-web", "assistant-delivery"}


def rules() -> list[dict[str, Any]]:
    groups = yaml.safe_load((FOLDER / "alerts.yml").read_text(encoding="utf-8"))["groups"]
    return [rule for group in groups for rule in group["rules"]]


def panels() -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads((FOLDER / "dashboard.json").read_text(encoding="utf-8"))["panels"]
    return found


def expressions() -> list[str]:
    return [rule["expr"] for rule in rules()] + [target["expr"] for panel in panels() for target in panel["targets"]]


@pytest.fixture(scope="module")
def told() -> set[str]:
    """All that the processes can tell Prometheus."""
    servers, deliveries = CollectorRegistry(), CollectorRegistry()
    servers.register(ServerCollector(lambda: None))
    deliveries.register(DeliveryCollector(None, None, None, []))  # type: ignore[arg-type]
    registries = (metrics.SERVER, metrics.DELIVERY, metrics.CONSOLE, servers, deliveries)
    described = {name for registry in registries for found in registry._collector_to_names.values() for name in found}
    of_process = {sample.name for family in metrics.CONSOLE.collect() for sample in family.samples}
    return described | of_process | {"up"}  # which is Prometheus' own: whether it reached the process


def selected(node: Any) -> Iterator[tuple[str, dict[str, str]]]:
    """The figures of an expression, with the labels that are asked for."""
    if isinstance(node, promql_parser.VectorSelector):
        yield node.name, {matcher.name: matcher.value for matcher in node.matchers.matchers}
    for name in ("expr", "lhs", "rhs", "vector_selector"):
        inner = getattr(node, name, None)
        if inner is not None and not isinstance(inner, str):
            yield from selected(inner)
    for argument in getattr(node, "args", None) or []:
        yield from selected(argument)


def test_alarms_are_as_prometheus_wants_them() -> None:
    document = yaml.safe_load((FOLDER / "alerts.yml").read_text(encoding="utf-8"))
    assert set(document) == {"groups"}
    names = [group["name"] for group in document["groups"]]
    assert len(names) == len(set(names))
    assert all(set(group) <= {"name", "interval", "rules"} for group in document["groups"])
    for rule in rules():
        assert set(rule) == {"alert", "expr", "for", "labels", "annotations"}
        assert re.fullmatch(r"[A-Za-z_]\w*", rule["alert"])
        assert DURATION.fullmatch(rule["for"])
        assert rule["labels"]["severity"] in ("critical", "warning")
        assert rule["annotations"]["summary"].endswith(".")
    alarms = [rule["alert"] for rule in rules()]
    assert len(alarms) == len(set(alarms)) > 15


@pytest.mark.parametrize("expression", expressions())
def test_each_expression_can_be_read_and_names_figures_that_there_are(expression: str, told: set[str]) -> None:
    named = dict(selected(promql_parser.parse(expression)))
    assert named and set(named) == set(NAME.findall(re.sub(r'"[^"]*"', "", expression)))
    assert set(named) <= told
    for labels in named.values():
        job = labels.get("job", "assistant-.*")
        assert job in JOBS | {"assistant-.*"}


def test_an_expression_that_cannot_be_read_is_noticed() -> None:
    with pytest.raises(ValueError):
        promql_parser.parse("sum by (channel) (rate(assistant_messages_received_total[5m])")


def test_each_alarm_has_its_section() -> None:
    headings = set(re.findall(r"^### (\w+)$", OPERATIONS, re.MULTILINE))
    alarms = {rule["alert"] for rule in rules()}
    assert headings >= alarms
    assert {heading for heading in headings if heading.startswith("Assistant")} == alarms
    assert all(rule["annotations"]["runbook"] == f"docs/operations.md#{rule['alert'].lower()}" for rule in rules())


def test_each_figure_of_ours_stands_in_the_page_and_is_watched(told: set[str]) -> None:
    ours = {re.sub(r"_(total|bucket|count|sum|created)$", "", name) for name in told if name.startswith("assistant_")}
    in_page = set(re.findall(r"`(assistant_[a-z_]+)`", OPERATIONS))
    assert {re.sub(r"_total$", "", name) for name in in_page} == ours
    shown = " ".join(expressions())
    assert [name for name in sorted(ours) if name not in shown] == []


def test_no_label_can_hold_anything_of_a_visitor() -> None:
    allowed = {"channel", "outcome", "reason", "kind", "target", "area", "status", "model", "fingerprint", "le"}
    allowed |= {"generation", "implementation", "major", "minor", "patchlevel", "version"}  # of Python itself
    for registry in (metrics.SERVER, metrics.DELIVERY, metrics.CONSOLE):
        for collector in set(registry._names_to_collectors.values()):
            assert set(getattr(collector, "_labelnames", ())) <= allowed


def test_the_dashboard_is_one_that_grafana_takes() -> None:
    dashboard = json.loads((FOLDER / "dashboard.json").read_text(encoding="utf-8"))
    assert dashboard["title"] and dashboard["uid"] and dashboard["schemaVersion"] >= 36
    ids = [panel["id"] for panel in panels()]
    assert len(ids) == len(set(ids))
    places = [(panel["gridPos"]["x"], panel["gridPos"]["y"]) for panel in panels()]
    assert len(places) == len(set(places))
    assert all(panel["title"] and panel["targets"] for panel in panels())
