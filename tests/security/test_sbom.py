"""The bill of materials: valid as CycloneDX, complete, and the same for the same lock files."""

from __future__ import annotations

import json
import subprocess

from security.lock import LOCK, read_lock
from security.sbom import bill_of_materials
from tests.conftest import PROJECT_DIR

TOOLS = PROJECT_DIR / "security" / ".venv" / "bin" / "python"
VALIDATE = """
import sys
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
wrong = JsonStrictValidator(SchemaVersion.V1_6).validate_str(sys.stdin.read())
sys.exit(str(wrong)[:2000] if wrong else 0)
"""


def validate(bill: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run([TOOLS, "-c", VALIDATE], input=json.dumps(bill), capture_output=True, text=True, timeout=120)


def test_it_is_valid_cyclonedx() -> None:
    run = validate(bill_of_materials())
    assert run.returncode == 0, run.stderr


def test_the_validator_would_find_a_mistake() -> None:
    bill = bill_of_materials()
    bill["components"][0]["type"] = "thing"
    assert validate(bill).returncode != 0


def test_every_pinned_package_is_in_it_with_its_hashes() -> None:
    bill = bill_of_materials()
    components = {one["purl"]: one for one in bill["components"]}
    assert len(components) == len(bill["components"])
    for package in read_lock():
        assert [one["content"] for one in components[package.purl]["hashes"]] == list(package.hashes) != []
    assert components["pkg:pypi/rasa@3.6.21"]["scope"] == "required"
    assert components[next(purl for purl in components if "/pytest@" in purl)]["scope"] == "excluded"
    assert sum(purl.startswith("pkg:npm/") for purl in components) > 300


def test_every_need_is_a_component() -> None:
    bill = bill_of_materials()
    known = {one["bom-ref"] for one in bill["components"]} | {"soft-reboot-assistant"}
    for one in bill["dependencies"]:
        assert {one["ref"], *one["dependsOn"]} <= known


def test_the_same_lock_files_give_the_same_bill() -> None:
    assert bill_of_materials() == bill_of_materials()
    assert LOCK.exists()
