"""Compares `uv.lock` with the advisories that are known to the project, without a network.

A finding passes only with a waiver that says why it cannot be reached here, and until when somebody has decided so.
What is out of date fails as loudly as a finding: a gate that passes because nobody has looked is none.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import yaml
from packaging.specifiers import SpecifierSet

from assistant.clock import utc_now
from security.lock import Package, normalized, read_lock

ADVISORIES = Path(__file__).with_name("advisories.yml")
WAIVERS = Path(__file__).with_name("waivers.yml")
WARN_AFTER, FAIL_AFTER = timedelta(days=180), timedelta(days=365)  # since somebody last looked for new advisories
LONGEST_WAIVER = timedelta(days=366)


@dataclass(frozen=True)
class Advisory:
    """A known weakness of a package."""

    id: str
    package: str
    affected: SpecifierSet
    summary: str


@dataclass(frozen=True)
class Waiver:
    """The decision that an advisory does no harm here."""

    id: str
    package: str
    reason: str
    decided: date
    expires: date


@dataclass(frozen=True)
class Result:
    """What was found; a problem fails the gate."""

    problems: tuple[str, ...]
    warnings: tuple[str, ...]
    findings: int


def main() -> int:
    """Compare, print, and judge."""
    try:
        as_of, advisories = read_advisories(yaml.safe_load(ADVISORIES.read_text(encoding="utf-8")))
        waivers = read_waivers(yaml.safe_load(WAIVERS.read_text(encoding="utf-8")))
        packages = read_lock()
    except (OSError, ValueError, KeyError, TypeError) as problem:
        print(f"The audit cannot be done: {type(problem).__name__}: {problem}")
        return 1
    result = audit(packages, advisories, waivers, as_of, utc_now().date())
    for line in (*result.warnings, *result.problems):
        print(line)
    waived = f"{result.findings} findings, {len(waivers)} waivers"
    print(f"{len(packages)} packages, {len(advisories)} advisories as of {as_of}: {waived}")
    return 1 if result.problems else 0


def read_advisories(data: Mapping[str, Any]) -> tuple[date, list[Advisory]]:
    """The snapshot's date, and what it holds. Raises: ValueError, KeyError, TypeError if it cannot be read."""
    found = [
        Advisory(id, normalized(one["package"]), SpecifierSet(one["affected"]), one["summary"])
        for one in data["advisories"]
        for id in one["ids"]
    ]
    if not found or len({(one.id, one.package) for one in found}) != len(found):
        raise ValueError("the snapshot is empty, or names an advisory twice")
    return _date(data["as_of"]), found


def read_waivers(data: Sequence[Mapping[str, Any]]) -> list[Waiver]:
    """All waivers. Raises: ValueError, KeyError, TypeError if one cannot be read or says no reason."""
    waivers = []
    for one, id in ((entry, id) for entry in data for id in entry["ids"]):
        package, reason = normalized(one["package"]), " ".join(one["reason"].split())
        waiver = Waiver(id, package, reason, _date(one["decided"]), _date(one["expires"]))
        if len(waiver.reason) < 40:
            raise ValueError(f"{waiver.id}: the reason must say why it cannot be reached here")
        if not timedelta() < waiver.expires - waiver.decided <= LONGEST_WAIVER:
            raise ValueError(f"{waiver.id}: a waiver holds for a year at most")
        waivers.append(waiver)
    return waivers


def audit(
    packages: Sequence[Package], advisories: Sequence[Advisory], waivers: Sequence[Waiver], as_of: date, today: date
) -> Result:
    """Compare what is pinned with what is known."""
    versions = {normalized(one.name): one.version for one in packages}
    findings = {
        (one.id, one.package): one
        for one in advisories
        if one.package in versions and one.affected.contains(versions[one.package], prereleases=True)
    }
    waived = {(one.id, one.package): one for one in waivers}
    problems = [
        f"{key[1]} {versions[key[1]]}: {key[0]}: {finding.summary}. No waiver."
        for key, finding in findings.items()
        if key not in waived
    ]
    problems += [
        f"{waiver.package}: the waiver of {waiver.id} has expired on {waiver.expires}: decide again."
        for waiver in waivers
        if waiver.expires < today
    ]
    problems += [
        f"{waiver.package}: the waiver of {waiver.id} is for nothing that was found: take it out."
        for key, waiver in waived.items()
        if key not in findings
    ]
    warnings = []
    age = today - as_of
    if age > FAIL_AFTER:
        problems.append(f"The advisories are of {as_of}, {age.days} days ago: look for new ones.")
    elif age > WARN_AFTER:
        warnings.append(f"Warning: the advisories are of {as_of}, {age.days} days ago: look for new ones.")
    if as_of > today:
        problems.append(f"The advisories are of {as_of}, which is to come.")
    return Result(tuple(problems), tuple(warnings), len(findings))


def _date(value: object) -> date:
    if not isinstance(value, date):
        raise ValueError(f"{value!r} is no date")
    return value


if __name__ == "__main__":
    sys.exit(main())
