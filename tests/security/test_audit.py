"""The audit of what is pinned: nothing that is known passes without a reason, and nothing that is out of date."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
import yaml

from security import audit
from security.lock import LOCK, Package, read_lock

TODAY = date(2026, 12, 1)
ADVISORY = {"package": "some_package", "ids": ["CVE-1"], "affected": "<2.0", "summary": "it breaks"}
WAIVER = {
    "package": "some-package",
    "ids": ["CVE-1"],
    "reason": "The function that it is about is called by nobody here.",
    "decided": date(2026, 11, 1),
    "expires": date(2027, 5, 1),
}


def result(version: str, waivers: list[dict[str, Any]], as_of: date = date(2026, 11, 1)) -> audit.Result:
    known = audit.read_advisories({"as_of": as_of, "advisories": [ADVISORY]})
    packages = [Package("some-package", version, (), (), True)]
    return audit.audit(packages, known[1], audit.read_waivers(waivers), known[0], TODAY)


def test_a_weak_package_without_a_waiver_fails() -> None:
    (problem,) = result("1.9", []).problems
    assert "CVE-1" in problem and "some-package 1.9" in problem


def test_a_waiver_lets_it_pass_until_it_expires() -> None:
    assert result("1.9", [WAIVER]).problems == ()
    assert "expired" in result("1.9", [{**WAIVER, "expires": TODAY - timedelta(days=1)}]).problems[0]


def test_a_waiver_for_what_is_mended_has_to_go() -> None:
    assert result("2.0", []).problems == ()
    assert "take it out" in result("2.0", [WAIVER]).problems[0]


@pytest.mark.parametrize("version", ["1.9.post1", "1.10rc1", "0.1"])
def test_odd_versions_are_compared_as_versions(version: str) -> None:
    assert result(version, []).problems


def test_old_advisories_warn_and_then_fail() -> None:
    warned = result("2.0", [], TODAY - timedelta(days=181))
    assert warned.problems == () and "181 days" in warned.warnings[0]
    assert "366 days" in result("2.0", [], TODAY - timedelta(days=366)).problems[0]
    assert result("2.0", [], TODAY + timedelta(days=1)).problems


@pytest.mark.parametrize(
    "change",
    [
        {"reason": "not reachable"},
        {"expires": date(2028, 1, 1)},
        {"expires": date(2026, 10, 1)},
        {"expires": "soon"},
        {"decided": None},
    ],
    ids=str,
)
def test_a_waiver_says_why_and_for_how_long(change: dict[str, Any]) -> None:
    with pytest.raises(ValueError):
        audit.read_waivers([{**WAIVER, **change}])


def test_an_empty_snapshot_is_no_snapshot() -> None:
    with pytest.raises(ValueError):
        audit.read_advisories({"as_of": TODAY, "advisories": []})


def test_what_is_pinned_now_passes(capsys: pytest.CaptureFixture[str]) -> None:
    assert audit.main() == 0, capsys.readouterr().out


def test_the_audit_would_find_an_old_release(tmp_path) -> None:
    old = LOCK.read_text().replace('name = "rasa"\nversion = "3.6.21"', 'name = "rasa"\nversion = "3.6.20"')
    (tmp_path / "uv.lock").write_text(old)
    as_of, known = audit.read_advisories(yaml.safe_load(audit.ADVISORIES.read_text()))
    problems = audit.audit(read_lock(tmp_path / "uv.lock"), known, [], as_of, as_of).problems
    assert any("rasa 3.6.20: CVE-2024-49375" in problem for problem in problems)
