"""Looks for keys, tokens and passwords in every file that git tracks.

What only looks like one is listed in `known_secrets.yml`, by the hash of the very words, with the reason; a known one
that is gone is named as well, so that the list stays as short as it can be.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

PROJECT = Path(__file__).resolve().parent.parent
KNOWN = Path(__file__).with_name("known_secrets.yml")
_TOOL = Path(__file__).with_name(".venv") / "bin" / "detect-secrets"
# Hashes of lock files are thousands, and no secrets; pictures hold no text.
_NO_TEXT = (".png", ".lock", "package-lock.json")
_UNSUSPECTED = r'^\s*sentence: "?[0-9a-f]{16}"?$'  # which sentence of the article a fact rests on
_SECONDS = 600


@dataclass(frozen=True, order=True)
class Found:
    """What looks like a secret; `hash` stands for its words, `line` tells where it was just now."""

    file: str
    type: str
    hash: str
    line: int = field(default=0, compare=False)


def main() -> int:
    """Scan what git tracks, print what is new, and judge."""
    try:
        known = read_known(yaml.safe_load(KNOWN.read_text(encoding="utf-8")))
        found = scan(PROJECT, tracked(PROJECT))
    except (OSError, subprocess.SubprocessError, ValueError, KeyError, TypeError) as problem:
        print(f"The scan cannot be done: {type(problem).__name__}: {problem}")
        return 1
    problems = compare(found, known)
    for line in problems:
        print(line)
    print(f"{len(known)} known words that look like secrets, {len(problems)} problems")
    return 1 if problems else 0


def tracked(folder: Path) -> list[str]:
    """The files that git tracks, as paths below the folder. Raises: subprocess.SubprocessError."""
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=folder, capture_output=True, text=True, check=True, timeout=_SECONDS
    )
    return [name for name in listed.stdout.split("\0") if name and (folder / name).is_file()]


def scan(folder: Path, names: Iterable[str]) -> list[Found]:
    """What looks like a secret in these files. Raises: OSError, subprocess.SubprocessError, ValueError."""
    files = [name for name in names if not name.endswith(_NO_TEXT)]
    command = [str(_TOOL), "scan", "--no-verify", "--exclude-lines", _UNSUSPECTED, *files]
    run = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True, timeout=_SECONDS)
    results: Mapping[str, Sequence[Mapping[str, Any]]] = json.loads(run.stdout)["results"]
    return sorted(
        Found(name, str(one["type"]), str(one["hashed_secret"]), int(one["line_number"]))
        for name, some in results.items()
        for one in some
    )


def read_known(data: Sequence[Mapping[str, Any]]) -> set[Found]:
    """What somebody has looked at. Raises: ValueError, KeyError, TypeError if an entry cannot be read."""
    for one in data:
        if len(str(one["reason"]).strip()) < 10:
            raise ValueError(f"{one['file']}: say why {one['type']} is no secret")
    return {Found(one["file"], one["type"], hash) for one in data for hash in one["hashes"]}


def compare(found: Iterable[Found], known: set[Found]) -> list[str]:
    """What is new, and what is known and gone, in a line each."""
    here = sorted(set(found))
    new = [f"{one.file}:{one.line}: {one.type}: take it out, or say in {KNOWN.name} why it is none" for one in here]
    problems = [line for one, line in zip(here, new) if one not in known]
    gone = sorted(known - set(here))
    return problems + [f"{one.file}: {one.type} {one.hash} is gone: take it out of {KNOWN.name}" for one in gone]


if __name__ == "__main__":
    sys.exit(main())
