"""Sends raw requests over connections that stay open, and reads what comes back, however it ends."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from tests.fuzz.requests import Request

SECONDS = 30.0  # within which a server answers, however busy


@dataclass(frozen=True)
class Reply:
    """What came back; status 0: the connection was closed without a word."""

    status: int
    head: bytes
    body: bytes


class Line:
    """One connection to a server, opened anew whenever the server has closed it."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._reader: asyncio.StreamReader | None = None
        self._writer: asyncio.StreamWriter | None = None

    async def ask(self, request: Request) -> Reply:
        """The reply to a request.

        Raises: TimeoutError if there is none in time; ConnectionRefusedError if nobody listens.
        """
        for _ in range(2):
            is_fresh = self._writer is None
            if is_fresh:
                self._reader, self._writer = await asyncio.open_connection("127.0.0.1", self._port, limit=2**22)
            try:
                reply = await asyncio.wait_for(self._exchange(request), SECONDS)
            except (ConnectionError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, ValueError):
                reply = Reply(0, b"", b"")
            except asyncio.TimeoutError:
                self.close()
                raise TimeoutError from None
            if reply.status == 0 or b"connection: close" in reply.head.lower() or b"event-stream" in reply.head:
                self.close()
            if reply.status or is_fresh:
                return reply
        return reply

    async def _exchange(self, request: Request) -> Reply:
        reader, writer = self._reader, self._writer
        assert reader and writer
        writer.write(request.as_sent(f"127.0.0.1:{self._port}"))
        await writer.drain()
        head = await reader.readuntil(b"\r\n\r\n")
        status = int(head.split(b" ", 2)[1])
        fields = dict(
            (name.strip().lower(), value.strip())
            for name, _, value in (line.partition(b":") for line in head.split(b"\r\n")[1:])
        )
        if request.method == "HEAD" or status in (204, 304) or b"event-stream" in fields.get(b"content-type", b""):
            return Reply(status, head, b"")
        if b"content-length" in fields:
            return Reply(status, head, await reader.readexactly(int(fields[b"content-length"])))
        if fields.get(b"transfer-encoding") == b"chunked":
            return Reply(status, head, await _chunks(reader))
        return Reply(status, head + b"connection: close", await reader.read())

    def close(self) -> None:
        """Hang up."""
        if self._writer:
            self._writer.close()
        self._reader = self._writer = None


async def _chunks(reader: asyncio.StreamReader) -> bytes:
    body = b""
    while size := int((await reader.readuntil(b"\r\n")).split(b";")[0], 16):
        body += (await reader.readexactly(size + 2))[:-2]
    await reader.readuntil(b"\r\n")
    return body
