"""The file of a backup: a compressed archive that only its owner reads, with a checksum of all that it holds.

Its contents list is sealed with a key of the installation. So damage is told from exchange, and nobody without the key
makes a file that `restore` takes. The keys themselves are never in it.
"""

from __future__ import annotations

import gzip
import hashlib
import hmac
import io
import json
import os
import re
import tarfile
import zlib
from collections.abc import Iterable
from pathlib import Path
from types import TracebackType
from typing import IO, Any

FORMAT = 1
_CONTENTS, _SEAL = "contents.json", "seal"
_NAME = re.compile(r"(?:[a-z]+/)?[A-Za-z0-9][\w.-]{0,200}")
_BLOCK = 1 << 20
_MOST_CONTENTS = 16 << 20  # bytes


class BadBackup(ValueError):
    """The file is no backup, or not as it was written; the text says what is wrong with it."""


class Writer:
    """Writes a backup; it is under its name only once it is whole.

    Args:
        seal_key: seals the contents list.
    """

    def __init__(self, path: Path, seal_key: bytes) -> None:
        self._path, self._key = path, seal_key
        self._draft = path.with_name(f".{path.name}.{os.getpid()}")
        self._file = os.fdopen(os.open(self._draft, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb")
        self._tar = tarfile.open(fileobj=self._file, mode="w:gz", compresslevel=1)
        self._members: dict[str, dict[str, Any]] = {}

    def add(self, name: str, path: Path) -> None:
        """Add a file as it is now; what is appended to it meanwhile is left out. Raises: OSError."""
        with path.open("rb") as file:
            size = os.fstat(file.fileno()).st_size
            self._add(name, _Digesting(file), size)

    def finish(self, about: dict[str, Any]) -> None:
        """Write the contents list, and bring the file to the disk under its name.

        Args:
            about: what is told of the backup itself.
        """
        contents = json.dumps({**about, "format": FORMAT, "members": self._members}, sort_keys=True).encode()
        self._write(_CONTENTS, io.BytesIO(contents), len(contents))
        seal = _seal(self._key, contents).encode()
        self._write(_SEAL, io.BytesIO(seal), len(seal))
        self._tar.close()
        self._file.flush()
        os.fsync(self._file.fileno())
        self._file.close()
        os.replace(self._draft, self._path)

    def _add(self, name: str, file: _Digesting, size: int) -> None:
        self._write(name, file, size)
        self._members[name] = {"sha256": file.sha256.hexdigest(), "size": size}

    def _write(self, name: str, file: Any, size: int) -> None:
        entry = tarfile.TarInfo(name)
        entry.size, entry.mode = size, 0o600
        self._tar.addfile(entry, file)

    def __enter__(self) -> Writer:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, places: TracebackType | None
    ) -> None:
        if error is not None:
            self._file.close()
            self._draft.unlink(missing_ok=True)


class _Digesting:
    """A file whose SHA-256 is known once it has been read."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self.sha256 = hashlib.sha256()

    def read(self, size: int = -1) -> bytes:
        block = self._file.read(size)
        self.sha256.update(block)
        return block


def unpack(path: Path, folder: Path) -> dict[str, Any]:
    """Take a backup apart, into a folder that only its owner enters; what it tells of itself.

    The seal is not looked at yet: see `check_seal`. Raises: BadBackup, OSError.
    """
    found: dict[str, str] = {}
    try:
        with gzip.open(path) as stream, tarfile.open(fileobj=stream, mode="r:") as tar:
            for entry in tar:
                if not entry.isfile() or not _NAME.fullmatch(entry.name) or entry.name in found:
                    raise BadBackup("it holds something that no backup has")
                found[entry.name] = _extract(tar, entry, folder / entry.name)
            while stream.read(_BLOCK):  # to the checksum at its end
                pass
    except (tarfile.TarError, zlib.error, EOFError, ValueError, OSError) as error:
        if isinstance(error, (BadBackup, FileNotFoundError, PermissionError)):
            raise
        raise BadBackup("it cannot be read to its end") from None
    return _contents(folder, found)


def check_seal(folder: Path, seal_key: bytes) -> None:
    """Make sure that an unpacked backup is of this installation. Raises: BadBackup."""
    seal = (folder / _SEAL).read_text(encoding="ascii", errors="replace")
    if not hmac.compare_digest(seal, _seal(seal_key, (folder / _CONTENTS).read_bytes())):
        raise BadBackup("its seal is broken: it was changed, or is of another installation")


def _extract(tar: tarfile.TarFile, entry: tarfile.TarInfo, target: Path) -> str:
    target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    source, sha256 = tar.extractfile(entry), hashlib.sha256()
    with open(os.open(target, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb") as file:
        while source is not None and (block := source.read(_BLOCK)):
            sha256.update(block)
            file.write(block)
    return sha256.hexdigest()


def _contents(folder: Path, found: dict[str, str]) -> dict[str, Any]:
    if not {_CONTENTS, _SEAL} <= set(found) or (folder / _CONTENTS).stat().st_size > _MOST_CONTENTS:
        raise BadBackup("its contents list is missing")
    try:
        about: dict[str, Any] = json.loads((folder / _CONTENTS).read_bytes())
        members = {name: member["sha256"] for name, member in about["members"].items()}
        written = int(about["format"])
    except (ValueError, KeyError, TypeError, AttributeError):
        raise BadBackup("its contents list cannot be read") from None
    if written > FORMAT:
        raise BadBackup("it was written by a later version")
    _compare(members, {name: sha256 for name, sha256 in found.items() if name not in (_CONTENTS, _SEAL)})
    return about


def _compare(expected: dict[str, str], found: dict[str, str]) -> None:
    wrong: Iterable[str] = sorted(
        name for name in expected.keys() | found.keys() if expected.get(name) != found.get(name)
    )
    if wrong:
        raise BadBackup(f"it is damaged: {', '.join(wrong)}")


def _seal(key: bytes, contents: bytes) -> str:
    return hmac.new(key, contents, hashlib.sha256).hexdigest()
