"""Asking a nats-server whether its JetStream works, in one exchange on a connection of its own.

Spoken by hand (NATS client protocol), because a full client would reconnect, wait and keep state where a
supervisor wants yes or no within two seconds. No monitoring port is opened for this: it would know no password.
"""

import asyncio
import json
from contextlib import suppress

_TIMEOUT = 2.0


async def answers(host: str, port: int, *, user: str, password: str) -> bool:
    """Whether the server lets us in and JetStream answers without an error."""
    writer: asyncio.StreamWriter | None = None
    try:
        async with asyncio.timeout(_TIMEOUT):
            reader, writer = await asyncio.open_connection(host, port)
            await reader.readline()  # INFO
            login = {"verbose": False, "pedantic": False, "lang": "python", "version": "0", "protocol": 1}
            hello = json.dumps({**login, "user": user, "pass": password, "headers": True, "no_responders": True})
            writer.write(f"CONNECT {hello}\r\nSUB _INBOX.check 1\r\nPUB $JS.API.INFO _INBOX.check 0\r\n\r\n".encode())
            return await _healthy(reader)
    except (TimeoutError, OSError, ValueError):
        return False
    finally:
        if writer is not None:
            with suppress(OSError):
                writer.close()
                await writer.wait_closed()


async def _healthy(reader: asyncio.StreamReader) -> bool:
    while line := await reader.readline():
        if line.startswith(b"MSG "):
            return "error" not in json.loads(await reader.readline())
        if line.startswith((b"HMSG ", b"-ERR")):  # nobody answers for JetStream; or we are not let in
            return False
    return False
