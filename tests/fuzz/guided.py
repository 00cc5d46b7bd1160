"""Inputs that are guided by the lines that they reach: libFuzzer, by atheris, on what reads requests.

    python -m tests.fuzz.guided -runs=200000 -seed=1

It ends with a message and code other than 0 at the first input that a reader does not read or refuse.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path

import atheris

with atheris.instrument_imports(
    include=["assistant.channels", "assistant.tokens", "assistant.conversations.addresses", "console.form_codes"],
    exclude=["assistant.channels.service"],
    enable_loader_override=False,
):
    from tests.fuzz import parsers

from tests.fuzz.inputs import Inputs
from tests.fuzz.requests import Request
from tests.fuzz.surfaces import resigned


def one_input(data: bytes) -> None:
    """Read a request whose body and target are the fuzzer's: the first byte chooses the reader, the second a header."""
    if len(data) < 2:
        return
    readers = parsers.readers()
    reader = readers[data[0] % len(readers)]
    seed = reader.make(Inputs(str(data[1])))
    parsers.try_one(reader, _filled(seed, reader.name, data[2:]))


def _filled(seed: Request, name: str, data: bytes) -> Request:
    if seed.method == "GET":
        path = seed.target.partition(b"?")[0]
        return Request("GET", path + b"?" + data, {**seed.headers, "Last-Event-ID": data.decode("latin-1") or "-"})
    return Request(seed.method, seed.target, resigned(name, parsers.SERVER, seed.headers, data), data)


def _seeds() -> Iterable[bytes]:
    """Good bodies, from which the fuzzer starts."""
    for place, reader in enumerate(parsers.readers()):
        for number in range(8):
            yield bytes([place, number]) + reader.make(Inputs(str(number))).body


def main(arguments: list[str]) -> None:
    """Hand over to libFuzzer, which ends the process."""
    parsers.prepare()
    folder = Path(tempfile.mkdtemp(prefix="fuzz-"))
    for number, seed in enumerate(_seeds()):
        (folder / str(number)).write_bytes(seed)
    atheris.Setup([arguments[0], "-max_len=2000", "-timeout=20", *arguments[1:], str(folder)], one_input)
    atheris.Fuzz()


if __name__ == "__main__":
    main(sys.argv)
