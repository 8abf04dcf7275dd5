"""The OPC UA server of any size."""

from collections.abc import Awaitable, Callable

import pytest
from asyncua.client.client import Client

from brownfield_plant import OpcuaRamp
from brownfield_plant.opcua_ramp import NAMESPACE

pytestmark = pytest.mark.wire


async def test_all_variables_show_the_number_of_the_update() -> None:
    ramp = OpcuaRamp(20, rate=0)
    url = await ramp.start()
    async with Client(url) as client:
        index = await client.get_namespace_index(NAMESPACE)
        nodes = [client.get_node(f"ns={index};s={name}") for name in ramp.names]
        for expected in (1.0, 2.0, 3.0):
            await ramp.update()
            assert await client.read_values(nodes) == [expected] * 20
    assert ramp.journal.functions["ReadRequest"] >= 3
    await ramp.stop()


async def test_it_updates_by_itself_at_its_rate(eventually: Callable[[Callable[[], bool]], Awaitable[None]]) -> None:
    ramp = OpcuaRamp(3, rate=100.0)
    await ramp.start()
    await eventually(lambda: ramp.updates >= 5)
    await ramp.stop()
