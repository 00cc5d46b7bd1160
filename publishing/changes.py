"""Turns lessons into a change of the project's files, also as a patch that `git apply` takes."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from publishing.files import TRAINING_DATA, ProjectFiles
from publishing.lessons import Accepted, Examiner, Lesson


@dataclass(frozen=True)
class Change:
    """What lessons change in a project folder.

    Attributes:
        files: the new text of each file that changes, by its path from the project's folder.
        patch: the same as a unified diff.
    """

    accepted: Accepted
    files: dict[str, str]
    patch: str

    @property
    def is_empty(self) -> bool:
        """Whether nothing changes."""
        return not self.files

    def apply(self, root: Path) -> None:
        """Write the files into a copy of the project."""
        for name, text in self.files.items():
            (root / name).write_bytes(text.encode("utf-8"))


def make_change(root: Path, lessons: Iterable[Lesson]) -> Change:
    """What lessons change in the project at `root`; texts that would spoil it are left out and named.

    Raises: FileUnexpected.
    """
    project = ProjectFiles(root)
    examiner = Examiner(project.examples, project.held_out, project.list_of)
    for lesson in lessons:
        examiner.examine(lesson)
    accepted = examiner.accepted
    files = project.with_questions(accepted.questions)
    if accepted.examples:
        files[TRAINING_DATA] = project.with_examples(accepted.examples)
    patch = "".join(_diff(name, project.read(name), files[name]) for name in sorted(files))
    return Change(accepted, files, patch)


def _diff(name: str, before: str, after: str) -> str:
    return f"diff --git a/{name} b/{name}\n" + "".join(_lines(name, before, after))


def _lines(name: str, before: str, after: str) -> Iterator[str]:
    # Not `splitlines`: to git, only a line feed ends a line.
    old, new = (text.replace("\n", "\n\0").split("\0") for text in (before, after))
    for line in difflib.unified_diff([x for x in old if x], [x for x in new if x], f"a/{name}", f"b/{name}"):
        yield line if line.endswith("\n") else line + "\n\\ No newline at end of file\n"
