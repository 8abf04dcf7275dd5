"""A real nats-server in operator mode: it knows a root of trust and no user."""

import asyncio
import json
import shutil
import socket
import sysconfig
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from brownfield_api.process import SpineConfig
from brownfield_operator.access.trust import TRUST_CONF, Trust


@dataclass
class TrustedBroker:
    """One server in `directory`, on a port that stays the same."""

    directory: Path
    port: int
    strict: bool = True
    process: asyncio.subprocess.Process | None = field(default=None, repr=False)

    @property
    def servers(self) -> tuple[str, ...]:
        return (f"nats://127.0.0.1:{self.port}",)

    @property
    def accounts(self) -> Path:
        """The folder of the resolver."""
        return self.directory / "accounts"

    def spine_config(self, credentials: Path | str) -> SpineConfig:
        return SpineConfig(servers=self.servers, credentials=str(credentials))

    def trust(self, trust: Trust) -> None:
        """Write what the Secret would mount."""
        text = trust.secret_data(str(self.accounts))[TRUST_CONF]
        (self.directory / TRUST_CONF).write_text(text)

    async def start(self) -> None:
        settings = {
            "server_name": "spine",
            "listen": f"127.0.0.1:{self.port}",
            "jetstream": {"store_dir": str(self.directory / "store"), "max_file_store": 1 << 28, "strict": self.strict},
        }
        body = json.dumps(settings)[1:-1]
        (self.directory / "nats.conf").write_text(f"{body}\ninclude {TRUST_CONF}\n")
        binary = shutil.which("nats-server", path=sysconfig.get_path("scripts")) or "nats-server"
        with (self.directory / "server.log").open("ab") as log:
            self.process = await asyncio.create_subprocess_exec(
                binary, "-c", str(self.directory / "nats.conf"), stdout=log, stderr=log
            )
        async with asyncio.timeout(30):
            while not await self._listens():
                assert self.process.returncode is None, self.log()
                await asyncio.sleep(0.02)

    async def stop(self) -> None:
        if self.process is not None:
            if self.process.returncode is None:
                self.process.terminate()
            await self.process.wait()
            self.process = None

    def log(self) -> str:
        return (self.directory / "server.log").read_text()

    def violations(self) -> list[str]:
        """The lines in which the server refused something."""
        return [line for line in self.log().splitlines() if "Violation" in line]

    async def _listens(self) -> bool:
        with suppress(OSError):
            _, writer = await asyncio.open_connection("127.0.0.1", self.port)
            writer.close()
            await writer.wait_closed()
            return True
        return False


@asynccontextmanager
async def trusted_broker(directory: Path, trust: Trust, *, strict: bool = True) -> AsyncIterator[TrustedBroker]:
    """A running server that trusts `trust`, gone afterwards."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        broker = TrustedBroker(directory, int(probe.getsockname()[1]), strict)
    await asyncio.to_thread(directory.mkdir)
    broker.trust(trust)
    await broker.start()
    try:
        yield broker
    finally:
        await broker.stop()
