"""A router between client and API server that forgets connections: open on both ends, nothing passes any more."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing, suppress


class StallingProxy:
    """Forwards bytes; `stall` cuts what is open now without telling anybody. New connections pass."""

    def __init__(self, port: int) -> None:
        self._to = port
        self._passing = asyncio.Event()
        self._passing.set()
        self._serving: set[asyncio.Task[None]] = set()
        self.connections = 0

    def stall(self) -> None:
        self._passing.clear()
        self._passing = asyncio.Event()
        self._passing.set()

    def accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self._serving.add(asyncio.create_task(self._serve(reader, writer, self._passing)))

    async def close(self) -> None:
        for task in self._serving:
            task.cancel()
        await asyncio.gather(*self._serving, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, passing: asyncio.Event) -> None:
        with closing(writer):
            there, back = await asyncio.open_connection("127.0.0.1", self._to)
            with closing(back):
                await asyncio.gather(_pump(reader, back, passing), _pump(there, writer, passing))


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, passing: asyncio.Event) -> None:
    with suppress(ConnectionError):
        while data := await reader.read(65536):
            await passing.wait()  # for ever, once stalled
            writer.write(data)
            await writer.drain()


@asynccontextmanager
async def stalling_proxy(port: int) -> AsyncIterator[tuple[StallingProxy, int]]:
    proxy = StallingProxy(port)
    server = await asyncio.start_server(proxy.accept, "127.0.0.1", 0)
    try:
        yield proxy, server.sockets[0].getsockname()[1]
    finally:
        server.close()
        await proxy.close()
