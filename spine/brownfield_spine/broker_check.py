"""Asking a nats-server whether it is well, in one exchange on a connection of its own.

The server's health report is the only place that tells of a stream which, after a full disk, takes no more
writes until the server is restarted, while everything else answers as ever. It is asked as a user of the
system account and not on the monitoring port, which would know no password. The protocol (NATS client
protocol) is spoken by hand: a full client would reconnect, wait and keep state where a supervisor wants an
answer within two seconds.
"""

import asyncio
import json
from contextlib import suppress

from brownfield_spine.broker_files import Login

_TIMEOUT = 2.0
_ASK = b"SUB _INBOX.check 1\r\nPUB $SYS.REQ.SERVER.PING.HEALTHZ _INBOX.check 0\r\n\r\n"


async def complaint(host: str, port: int, login: Login) -> str:
    """What is wrong with the server, "" if it is well. `login` is the system account's."""
    writer: asyncio.StreamWriter | None = None
    try:
        async with asyncio.timeout(_TIMEOUT):
            reader, writer = await asyncio.open_connection(host, port)
            await reader.readline()  # INFO
            hello = {"verbose": False, "pedantic": False, "lang": "python", "version": "0", "protocol": 1}
            text = json.dumps({**hello, "user": login.user, "pass": login.password})
            writer.write(f"CONNECT {text}\r\n".encode() + _ASK)
            return await _report(reader)
    except TimeoutError:
        return f"no answer within {_TIMEOUT:g} s"
    except (OSError, ValueError) as error:
        return str(error) or type(error).__name__
    finally:
        if writer is not None:
            with suppress(OSError):
                writer.close()
                await writer.wait_closed()


async def _report(reader: asyncio.StreamReader) -> str:
    while line := await reader.readline():
        if line.startswith(b"MSG "):
            health = json.loads(await reader.readline()).get("data", {})
            return "" if health.get("status") == "ok" else str(health.get("error") or health.get("status"))
        if line.startswith(b"-ERR"):
            return line.decode("utf-8", "replace").strip()
    return "it closed the connection"
