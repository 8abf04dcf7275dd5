"""An OPC UA server of any size for benches and loss proofs: N variables that all count.

Variable `V00000` and its kin (Double, namespace `urn:brownfield:ramp`) show the number of the update, so each
one is a contiguous sequence by itself; their source time stamp is the time of the update.
"""

import asyncio
import time
from datetime import UTC, datetime

from asyncua import ua

from brownfield_plant.faults import Faults
from brownfield_plant.journal import Journal
from brownfield_plant.opcua_host import OpcuaHost
from brownfield_plant.opcua_recording import RecordingServer, Watch
from brownfield_plant.opcua_values import data_value, node_id

NAMESPACE = "urn:brownfield:ramp"

FOLDER = 200
"""Variables in one folder: asyncua compares every new child with all its siblings, so that one folder of 5,000
takes 8 s to fill."""


class OpcuaRamp:
    """`variables` nodes, all written `rate` times a second while it runs; `rate` 0 leaves it to `update`."""

    def __init__(self, variables: int, rate: float = 1.0, *, listen: tuple[str, int] = ("127.0.0.1", 0)) -> None:
        self.journal = Journal(time.monotonic)
        self.updates = 0
        self._variables, self._rate = variables, rate
        self._nodes: list[ua.NodeId] = []
        self._task: asyncio.Task[None] | None = None
        watch = Watch(self.journal, Faults, frozenset, details=False)
        self.host = OpcuaHost("ramp", listen, path="/ramp", namespace=NAMESPACE, furnish=self._furnish, watch=watch)

    @property
    def names(self) -> list[str]:
        """The string identifiers of the nodes."""
        return [f"V{number:05d}" for number in range(self._variables)]

    async def start(self) -> str:
        """Answer; returns the endpoint's URL. Raises `BrownfieldError` if the port cannot be had."""
        await self.host.start()
        if self._rate > 0:
            self._task = asyncio.create_task(self._run())
        return self.host.url

    async def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            self._task = None
        await self.host.stop()

    async def update(self) -> None:
        """Write the next number into every variable."""
        if self.host.server is None:
            return
        self.updates += 1
        now = datetime.now(UTC)
        value = data_value(float(self.updates), ua.VariantType.Double, now)
        for node in self._nodes:
            await self.host.server.write_attribute_value(node, value)

    async def _run(self) -> None:
        loop = asyncio.get_running_loop()
        due = loop.time()
        while True:
            await self.update()
            due = max(due + 1.0 / self._rate, loop.time())
            await asyncio.sleep(due - loop.time())

    async def _furnish(self, server: RecordingServer, namespace: int) -> None:
        self._nodes = [node_id(name, namespace) for name in self.names]
        objects = server.get_objects_node()
        for start in range(0, self._variables, FOLDER):
            name = f"Ramp{start // FOLDER:03d}"
            folder = await objects.add_folder(node_id(name, namespace), f"{namespace}:{name}")
            for node, variable in zip(self._nodes[start:], self.names[start : start + FOLDER], strict=False):
                await folder.add_variable(node, f"{namespace}:{variable}", 0.0)
