"""The certificate that a person has to put on the server's trust list is told once."""

from collections.abc import Callable

import pytest
import structlog

from brownfield_adapters.driver import Driver
from brownfield_api.tables import Tag
from brownfield_plant import OpcuaConfig, OpcuaTurbine

pytestmark = pytest.mark.wire


async def test_the_thumbprint_is_logged_once_however_often_we_connect(driver_of: Callable[..., Driver]) -> None:
    device = OpcuaTurbine(OpcuaConfig(name="r1", record="R1", address="r1.plant:4840"))
    await device.start()
    tags = {"state": Tag(name="state", address="i=2259")}
    driver = driver_of(device.host.url, tags=tags, policy="Basic256Sha256", security="Sign")
    try:
        with structlog.testing.capture_logs() as logged:
            await driver.connect()
            await driver.connect()
    finally:
        await driver.close()
        await device.stop()
    thumbprints = [entry["thumbprint"] for entry in logged if "thumbprint" in entry]
    assert [len(text) for text in thumbprints] == [40]
