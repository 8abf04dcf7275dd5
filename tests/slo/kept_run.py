"""`brownfield run` in a process of its own, which tests stop in order, kill, or rob of one of its processes."""

import asyncio
import contextlib
import signal
import sys
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import psutil


@dataclass(slots=True)
class KeptRun:
    """A run that is up."""

    process: asyncio.subprocess.Process
    log: Path

    def child(self, name: str) -> psutil.Process:
        """The process whose configuration's name begins so."""
        for child in psutil.Process(self.process.pid).children(recursive=True):
            with contextlib.suppress(psutil.NoSuchProcess):
                if any(f"/configs/{name}" in word for word in child.cmdline()):
                    return child
        raise AssertionError(f"{name} is not up; the run says:\n{self.log.read_text()[-4000:]}")

    async def stop(self) -> None:
        """As Ctrl-C does, in order."""
        self.process.send_signal(signal.SIGINT)
        assert await asyncio.wait_for(self.process.wait(), 90) == 0, self.log.read_text()[-4000:]

    async def kill(self) -> None:
        """SIGKILL; returns when everything that it had started is gone, too."""
        children = psutil.Process(self.process.pid).children(recursive=True)
        self.process.kill()
        await self.process.wait()
        await asyncio.to_thread(psutil.wait_procs, children, timeout=30)


@contextlib.asynccontextmanager
async def kept_run(resources: Path, state: Path, addresses: Mapping[str, tuple[str, int]]) -> AsyncIterator[KeptRun]:
    """A run of `resources` in the folder `state`, found at `addresses`; what is still up at the end is killed."""
    options = [f"--resolve={name}={host}:{port}" for name, (host, port) in addresses.items()]
    log = state.with_suffix(".log")
    with log.open("ab") as output:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "brownfield_cli", "run", "-f", str(resources), *options,
            "--state", str(state), "--listen", "127.0.0.1:0",
            stdout=output, stderr=output,
        )  # fmt: skip
    run = KeptRun(process, log)
    try:
        yield run
    finally:
        if process.returncode is None:
            for child in psutil.Process(process.pid).children(recursive=True):
                child.kill()  # also one that is stopped
            await run.kill()
