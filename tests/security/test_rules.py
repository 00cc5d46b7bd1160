"""Our own semgrep rules: each flags what it is for and lets pass what is right, in `security/rules/*.py`."""

from __future__ import annotations

import json
import re
import subprocess

import pytest
import yaml

from security.__main__ import SEMGREP
from tests.conftest import PROJECT_DIR

RULES = PROJECT_DIR / "security" / "rules"
Places = set[tuple[str, int, str]]  # file, line, rule


@pytest.fixture(scope="module")
def flagged() -> Places:
    command = [*(word for word in SEMGREP if word != "--error"), "--json", "--no-git-ignore", "security/rules"]
    run = subprocess.run(command, cwd=PROJECT_DIR, capture_output=True, text=True, check=True, timeout=280)
    told = json.loads(run.stdout)
    assert told["errors"] == []
    return {(one["path"], one["start"]["line"], one["check_id"].rpartition(".")[2]) for one in told["results"]}


def marked(word: str) -> Places:
    """The lines below a comment that says which rules they are about."""
    found = set()
    for path in RULES.glob("*.py"):
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            if mark := re.fullmatch(rf"\s*# {word}: (.+)", line):
                found |= {(f"security/rules/{path.name}", number + 1, rule.strip()) for rule in mark[1].split(",")}
    return found


def test_each_rule_flags_what_it_is_for_and_nothing_else(flagged: Places) -> None:
    assert flagged == marked("ruleid")


def test_each_rule_has_a_line_that_it_flags_and_one_that_it_lets_pass() -> None:
    rules = {rule["id"] for path in RULES.glob("*.yml") for rule in yaml.safe_load(path.read_text())["rules"]}
    for word in ("ruleid", "ok"):
        assert {rule for _, _, rule in marked(word)} == rules


def test_no_exception_is_without_its_reason() -> None:
    listed = subprocess.run(["git", "ls-files", "-z", "*.py"], cwd=PROJECT_DIR, capture_output=True, check=True)
    for name in listed.stdout.decode().split("\0"):
        if name and not name.startswith(("security/rules/", "tests/security/")):
            for line in (PROJECT_DIR / name).read_text(encoding="utf-8").splitlines():
                if "nosemgrep" in line:
                    assert re.search(r"# nosemgrep: [a-z-]+ - \w+ \w+", line), f"{name}: {line}"
                assert not re.search(r"#\s*(noqa|nosec)\s*$", line), f"{name}: name the rule: {line}"
