"""What `uv.lock` pins: every package that is installed, and what needs it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import tomli

LOCK = Path(__file__).resolve().parent.parent / "uv.lock"


@dataclass(frozen=True)
class Package:
    """One pinned package.

    Attributes:
        hashes: SHA-256 of each file that may be installed.
        needs: names of the packages that it needs.
        is_shipped: it is installed where visitors are answered; otherwise developers and CI alone have it.
    """

    name: str
    version: str
    hashes: tuple[str, ...]
    needs: tuple[str, ...]
    is_shipped: bool

    @property
    def purl(self) -> str:
        """Its package URL."""
        return f"pkg:pypi/{self.name}@{self.version}"


def read_lock(path: Path = LOCK) -> list[Package]:
    """All packages but the project itself, by name. Raises: ValueError if the file is no lock of uv."""
    entries: list[dict[str, Any]] = tomli.loads(path.read_text(encoding="utf-8")).get("package", [])
    roots = [entry for entry in entries if _is_project(entry)]
    if len(roots) != 1:
        raise ValueError(f"{path} does not name one project.")
    known = {str(entry["name"]): entry for entry in entries}
    shipped = _reached(known, _needs(roots[0]))
    return [
        Package(name, str(entry["version"]), _hashes(entry), _needs(entry), name in shipped)
        for name, entry in sorted(known.items())
        if not _is_project(entry)
    ]


def normalized(name: str) -> str:
    """A package's name as the index writes it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def _is_project(entry: Mapping[str, Any]) -> bool:
    return bool({"virtual", "editable"} & set(entry.get("source", {})))


def _needs(entry: Mapping[str, Any]) -> tuple[str, ...]:
    extras = [one for some in entry.get("optional-dependencies", {}).values() for one in some]
    return tuple(sorted({str(one["name"]) for one in [*entry.get("dependencies", []), *extras]}))


def _hashes(entry: Mapping[str, Any]) -> tuple[str, ...]:
    files = [*entry.get("wheels", []), *([entry["sdist"]] if "sdist" in entry else [])]
    return tuple(str(one["hash"]).partition(":")[2] for one in files if str(one.get("hash", "")).startswith("sha256:"))


def _reached(known: Mapping[str, Mapping[str, Any]], names: tuple[str, ...]) -> set[str]:
    reached: set[str] = set()
    waiting = list(names)
    while waiting:
        name = waiting.pop()
        if name not in reached:
            reached.add(name)
            waiting += _needs(known[name])
    return reached
