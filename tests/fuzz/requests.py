"""A request as it goes over the line, whatever is wrong with it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Request:
    """One request.

    Attributes:
        target: path and query, as bytes: what no client library would send.
    """

    method: str
    target: bytes
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""

    def as_sent(self, host: str) -> bytes:
        """The bytes on the line."""
        lines = [f"{self.method} ".encode() + self.target + b" HTTP/1.1", f"Host: {host}".encode()]
        lines += [f"{name}: ".encode() + encoded(value) for name, value in self.headers.items()]
        if self.body or self.method == "POST":
            lines.append(f"Content-Length: {len(self.body)}".encode())
        return b"\r\n".join(lines) + b"\r\n\r\n" + self.body


def encoded(value: str) -> bytes:
    """A header's value as bytes, whichever characters it holds."""
    return value.encode("utf-8", "surrogatepass").replace(b"\r", b" ").replace(b"\n", b" ")
