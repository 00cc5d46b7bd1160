"""`make security`: all gates that read the code and the lock files, in turn; 1 if one of them fails."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from security import audit, secrets_scan

_TOOLS = Path(__file__).with_name(".venv") / "bin"
_PROJECT = Path(__file__).resolve().parent.parent
CODE = (
    "actions",
    "assistant",
    "benchmarks",
    "bookings",
    "console",
    "knowledge",
    "migrations",
    "publishing",
    "security",
)
BANDIT = [
    str(_TOOLS / "bandit"),
    "--quiet",
    "--configfile",
    "pyproject.toml",
    "--exclude",
    "security/rules,security/.venv",
]
SEMGREP = [
    *(str(_TOOLS / "semgrep"), "scan", "--quiet", "--error", "--metrics", "off", "--disable-version-check"),
    *("--jobs", "1", "--config", "security/rules"),
]
_SECONDS = 900


def main() -> int:
    """Run the gates, and say which of them failed."""
    gates: dict[str, Callable[[], bool]] = {
        "bandit": lambda: _runs([*BANDIT, "--recursive", *CODE]),
        "semgrep": lambda: _runs([*SEMGREP, "--exclude", "security/rules", *CODE]),
        "secrets": lambda: secrets_scan.main() == 0,
        "advisories": lambda: audit.main() == 0,
    }
    failed = []
    for name, passes in gates.items():
        print(f"{name}:", flush=True)
        if not passes():
            failed.append(name)
    print(f"Failed: {', '.join(failed)}." if failed else "All gates passed.")
    return 1 if failed else 0


def _runs(command: list[str]) -> bool:
    return subprocess.run(command, cwd=_PROJECT, timeout=_SECONDS, check=False).returncode == 0


if __name__ == "__main__":
    sys.exit(main())
