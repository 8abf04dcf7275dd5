"""An HTTP server that answers as it is told, byte by byte: for answers that no healthy API server gives."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, closing, suppress
from dataclasses import dataclass, field

Answer = Callable[[asyncio.StreamWriter], Awaitable[None]]


@dataclass
class ScriptedServer:
    """Each request gets the next of `answers`; the last one again and again."""

    answers: list[Answer]
    heads: list[str] = field(default_factory=list)
    port: int = 0
    _serving: set[asyncio.Task[None]] = field(default_factory=set)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._serving.add(asyncio.create_task(self._serve(reader, writer)))

    async def close(self) -> None:
        for task in self._serving:
            task.cancel()
        await asyncio.gather(*self._serving, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with closing(writer), suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
                lengths = [line for line in head.lower().split("\r\n") if line.startswith("content-length:")]
                await reader.readexactly(int(lengths[0].partition(":")[2]) if lengths else 0)
                self.heads.append(head)
                await self.answers[min(len(self.heads), len(self.answers)) - 1](writer)
                await writer.drain()


@asynccontextmanager
async def scripted_server(*answers: Answer) -> AsyncIterator[ScriptedServer]:
    scripted = ScriptedServer(list(answers))
    server = await asyncio.start_server(scripted.accept, "127.0.0.1", 0)
    scripted.port = server.sockets[0].getsockname()[1]
    try:
        yield scripted
    finally:
        server.close()
        await scripted.close()


def whole(status: str, body: bytes, *headers: str) -> Answer:
    async def answer(writer: asyncio.StreamWriter) -> None:
        writer.write(_head(status, f"Content-Length: {len(body)}", *headers) + body)

    return answer


def half(status: str, body: bytes) -> Answer:
    """Says twice the length that it sends, and hangs up."""

    async def answer(writer: asyncio.StreamWriter) -> None:
        writer.write(_head(status, f"Content-Length: {2 * len(body)}") + body)
        await writer.drain()
        writer.close()

    return answer


def stream(*chunks: bytes, ends: bool = True) -> Answer:
    """A chunked answer; without an end it falls silent and keeps the connection."""

    async def answer(writer: asyncio.StreamWriter) -> None:
        writer.write(_head("200 OK", "Transfer-Encoding: chunked"))
        for chunk in chunks:
            writer.write(b"%x\r\n%b\r\n" % (len(chunk), chunk))
            await writer.drain()
        if ends:
            writer.write(b"0\r\n\r\n")
        else:
            await asyncio.Event().wait()

    return answer


async def silence(_writer: asyncio.StreamWriter) -> None:
    """No answer at all, on an open connection."""
    await asyncio.Event().wait()


async def hang_up(writer: asyncio.StreamWriter) -> None:
    writer.close()


def _head(status: str, *headers: str) -> bytes:
    return "\r\n".join((f"HTTP/1.1 {status}", "Content-Type: application/json", *headers, "", "")).encode()
