"""Bad input by a seed: the same seed makes the same inputs, so that what was found can be found again."""

from __future__ import annotations

import json
import random
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote_from_bytes

TEXTS = [
    *(
        "",
        " ",
        "\x00",
        "a\x00b",
        "\ud800",
        "\udfff\ud800",
        "\u202e\u200b",
        "\ufeff",
        "\ufffd",
        "\x7f\x1b[31m",
        "\r\n\r\n",
    ),
    *("/restart", "/book_consultation{}", '/inform{"name":"x"}', "{name}", "{0[", "{{7*7}}", "%s%n", "${HOME}"),
    *("'; DROP TABLE events; --", "<img src=x onerror=alert(1)>", "../../etc/passwd", "%00", "%ud800", "=cmd()"),
    *("i want to kill myself", "hello", "😀" * 50, "é" * 300, "a" * 2001, "9" * 5000, "SR-Y732-R73G", "webchat:0"),
    *("1e999", "-1", "2147483648", "9" * 40, "٣", "²", "0x10", "NaN", "true", "null", "2026-02-30", "thursday " * 90),
]
_VALUES: list[Any] = [
    *(None, True, False, 0, -1, 1, 2**31, 2**63, -(2**63), 10**30, 1.5, 1e308, float("nan"), float("inf")),
    *([], {}, [[]], [None], {"": None}, [{}], {"a": {"a": {"a": []}}}, [1, "a", None, {}], "x" * 3000),
]
_DEEP = [b"[" * 5000, b'{"a":' * 3000, b"[" * 400 + b"]" * 400, b'{"a":[' * 200 + b"]}" * 200]
_WHOLE = [
    b"",
    b"null",
    b"[]",
    b"{}",
    b'"x"',
    b"0",
    b"-",
    b"\xff\xfe{\x00}\x00",
    b"\x1f\x8b\x08\x00",
    b"9" * 5000,
    *_DEEP,
]
_HEADERS = [
    "",
    " ",
    "\x80\xff",
    "é",
    "a" * 4000,
    "-1",
    "0",
    "bearer",
    "Bearer ",
    "Basic Og==",
    "null",
    "*/*",
    "%00",
    "…",
]


class Inputs:
    """A source of bad input."""

    def __init__(self, seed: str) -> None:
        self.random = random.Random(seed)

    def one_in(self, count: int) -> bool:
        return self.random.randrange(count) == 0

    def text(self) -> str:
        """A text that somebody may send to do harm, or by mistake."""
        if self.one_in(4):
            signs = (chr(self.random.randrange(0x110000)) for _ in range(self.random.randrange(1, 40)))
            return "".join(signs)
        text = self.random.choice(TEXTS)
        return text + self.random.choice(TEXTS) if self.one_in(6) else text

    def value(self) -> Any:
        """A value of JSON."""
        return self.text() if self.one_in(2) else self.random.choice(_VALUES)

    def header(self) -> str:
        """What may stand behind the name of a header: no end of the line, which would be another header."""
        text = self.text() if self.one_in(2) else self.random.choice(_HEADERS)
        return text.replace("\r", " ").replace("\n", " ")

    def changed(self, value: Any) -> Any:
        """A value of JSON with something in it replaced, dropped, doubled or put elsewhere."""
        if isinstance(value, Mapping) and value and not self.one_in(8):
            copy: dict[str, Any] = dict(value)
            name = self.random.choice(list(copy))
            what = self.random.randrange(8)
            if what == 0:
                del copy[name]
            elif what == 1:
                copy[self.text()] = copy.pop(name)
            elif what == 2:
                copy[name] = [copy[name]] * 2
            else:
                copy[name] = self.changed(copy[name])
            return copy
        if isinstance(value, list) and value and not self.one_in(6):
            place = self.random.randrange(len(value))
            return [*value[:place], self.changed(value[place]), *value[place + self.random.randrange(2) :]]
        return self.value()

    def bytes(self, whole: bytes) -> bytes:
        """Bytes with some of them flipped, cut off, doubled or put in."""
        data = bytearray(whole)
        for _ in range(self.random.randrange(1, 4)):
            place = self.random.randrange(len(data) + 1)
            what = self.random.randrange(5)
            if what == 0 and place < len(data):
                data[place] ^= 1 << self.random.randrange(8)
            elif what == 1:
                del data[place : place + self.random.randrange(1, 30)]
            elif what == 2:
                data[place:place] = self.random.randbytes(self.random.randrange(1, 8))
            elif what == 3:
                data[place:place] = data[max(0, place - 20) : place]
            else:
                data[place:place] = self.random.choice(
                    [b"\x00", b"\\ud800", b"\\u0000", b"%", b"%ff", b"&&", b'"', b"{", b"\xed\xa0\x80"]
                )
        return bytes(data)

    def json(self, seed: Any) -> bytes:
        """A body that was, or still is, JSON."""
        what = self.random.randrange(10)
        if what == 0:
            return self.random.choice(_WHOLE)
        value = seed
        for _ in range(self.random.randrange(1, 4)):
            value = self.changed(value)
        body = json.dumps(value, ensure_ascii=self.one_in(2)).encode("utf-8", "surrogatepass")
        return self.bytes(body) if what < 4 else body

    def form(self, seed: Mapping[str, str]) -> bytes:
        """A body that was, or still is, a form."""
        fields = list(seed.items())
        for _ in range(self.random.randrange(1, 3)):
            what = self.random.randrange(4)
            place = self.random.randrange(len(fields)) if fields else 0
            if what == 0 and fields:
                del fields[place]
            elif what == 1 and fields:
                fields.append(fields[place])
            elif fields:
                fields[place] = (fields[place][0], self.text())
        quoted = (
            quote_from_bytes(name.encode("utf-8", "surrogatepass"))
            + "="
            + quote_from_bytes(text.encode("utf-8", "surrogatepass"))
            for name, text in fields
        )
        body = "&".join(quoted).encode()
        return self.bytes(body) if self.one_in(4) else body
