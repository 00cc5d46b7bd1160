"""What SECURITY.md and the threat model name is there, and what is switched off says why."""

from __future__ import annotations

import re

import pytest
import tomli

from tests.conftest import PROJECT_DIR

PAGES = ("SECURITY.md", "docs/threat-model.md")


@pytest.mark.parametrize("page", PAGES)
def test_every_file_and_target_that_is_named_exists(page: str) -> None:
    text = (PROJECT_DIR / page).read_text(encoding="utf-8")
    files = set(re.findall(r"`((?:tests|security|docs|assistant)/[\w./-]+)`", text))
    assert files and not [name for name in files if not (PROJECT_DIR / name).exists()]
    makefile = (PROJECT_DIR / "Makefile").read_text(encoding="utf-8")
    for target in re.findall(r"`make ([\w-]+)", text):
        assert re.search(rf"^{target}:.*## ", makefile, re.MULTILINE), target
    for link in re.findall(r"\]\(([^)#]+)\)", text):
        assert ((PROJECT_DIR / page).parent / link).exists(), link


def test_every_rule_that_is_switched_off_says_why() -> None:
    lines = (PROJECT_DIR / "pyproject.toml").read_text(encoding="utf-8").splitlines()
    skipped = [line for line in lines if re.match(r'\s+"[BS]\d+",', line)]
    assert skipped and all("#" in line for line in skipped)
    switched_off = tomli.loads("\n".join(lines))["tool"]["ruff"]["lint"]["per-file-ignores"]
    for pattern, rules in switched_off.items():
        assert "S" not in rules, f"{pattern}: name the rules"
        place = next(number for number, line in enumerate(lines) if line.startswith(f'"{pattern}"'))
        assert lines[place - 1].startswith("#"), pattern
