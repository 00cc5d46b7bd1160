"""`.env.example` names the variables that the project reads, all of them and no others."""

from __future__ import annotations

import ast
import re
from pathlib import Path

from tests.conftest import PROJECT_DIR

PACKAGES = ("actions", "assistant", "bookings", "console", "knowledge", "migrations")
VARIABLE = re.compile(r"[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+")
# Ours to set for the processes that we start and the libraries that we load, not to be told.
SET_BY_US = {
    *("RASA_TELEMETRY_ENABLED", "TF_CPP_MIN_LOG_LEVEL", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"),
    "SQLALCHEMY_SILENCE_UBER_WARNING",
}


def named_in(path: Path) -> set[str]:
    """Texts that are written like a variable, in a module that has to do with the environment."""
    source = path.read_text(encoding="utf-8")
    if not re.search(r"\benviron\b|\benv\b|\bload_key\b", source):
        return set()
    tree = ast.parse(source)
    keys = {id(key) for node in ast.walk(tree) if isinstance(node, ast.Dict) for key in node.keys}
    texts = (node for node in ast.walk(tree) if isinstance(node, ast.Constant) and id(node) not in keys)
    return {text.value for text in texts if isinstance(text.value, str) and VARIABLE.fullmatch(text.value)}


def read_by_the_project() -> set[str]:
    modules = (path for package in PACKAGES for path in (PROJECT_DIR / package).rglob("*.py"))
    of_files = (
        set(re.findall(r"\$\{([A-Z0-9_]+)\}", (PROJECT_DIR / name).read_text(encoding="utf-8")))
        for name in ("endpoints.yml", "credentials.yml")
    )
    return set().union(*map(named_in, modules), *of_files) - SET_BY_US


def example() -> list[str]:
    return (PROJECT_DIR / ".env.example").read_text(encoding="utf-8").splitlines()


def test_the_example_names_what_is_read_and_nothing_else() -> None:
    named = [line.partition("=")[0] for line in example() if line and not line.startswith("#")]
    assert len(named) == len(set(named))
    assert set(named) == read_by_the_project()


def test_each_variable_has_a_line_that_says_what_it_is_for() -> None:
    lines = example()
    for before, line in zip(lines, lines[1:]):
        if "=" in line and not line.startswith("#"):
            assert before.startswith("# "), line
            assert line.endswith("="), "no value stands in an example: it would be taken over unread"
