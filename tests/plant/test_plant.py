"""The plant as a whole, and the control endpoint over it."""

import asyncio
import http.client
import json
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from brownfield_api.errors import BrownfieldError
from brownfield_plant import Control, ExportConfig, ModbusConfig, ModbusTurbine, Plant, PlantConfig, Records

pytestmark = pytest.mark.wire
Eventually = Callable[[Callable[[], bool]], Awaitable[None]]


def _config(*, listen: str = "127.0.0.1:0", record: str = "R2") -> PlantConfig:
    return PlantConfig(
        name="small",
        devices=(
            ModbusConfig(name="r1", record="R1", address="r1.plant:502"),
            ModbusConfig(name="r2", record=record, address="r2.plant:502", listen=listen),
            ExportConfig(name="meter", folder="meter", half_every=0),
        ),
    )


@pytest.fixture
async def plant(small: Records, tmp_path: Path) -> AsyncIterator[Plant]:
    made = Plant(_config(), small, tmp_path)
    await made.start(play=False)
    yield made
    await made.stop()


def _shown(plant: Plant, name: str) -> list[int]:
    device = plant.devices[name]
    assert isinstance(device, ModbusTurbine)
    return [int(value) for value in device._image.holding.values[:2]]


async def test_names_of_the_resources_lead_to_what_is_really_bound(plant: Plant) -> None:
    addresses = plant.addresses()
    assert set(addresses) == {"r1.plant:502", "r2.plant:502"}
    assert all(host == "127.0.0.1" and port > 0 for host, port in addresses.values())


async def test_all_devices_play_the_same_step(plant: Plant) -> None:
    for _ in range(3):
        await plant.step()
        assert _shown(plant, "r1") == _shown(plant, "r2")
    assert plant.tick is not None
    assert plant.tick.step == 3


async def test_the_first_record_is_there_when_the_plant_has_started(plant: Plant, tmp_path: Path) -> None:
    assert len(list((tmp_path / "meter").iterdir())) == 1


async def test_it_plays_by_itself_at_its_speed(small: Records, tmp_path: Path, eventually: Eventually) -> None:
    plant = Plant(_config(), small, tmp_path, speed=200)
    await plant.start()
    await eventually(lambda: plant.tick is not None and plant.tick.step >= 4)
    await plant.stop()


async def test_a_device_that_cannot_play_leaves_the_others_alone(
    plant: Plant, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    folder = tmp_path / "meter"
    folder.rename(tmp_path / "gone")
    before = _shown(plant, "r1")
    await plant.step()
    await plant.step()
    assert _shown(plant, "r1") != before
    assert [record.message.split(":")[0] for record in caplog.records] == ["meter cannot play its records"]
    (tmp_path / "gone").rename(folder)
    await plant.step()
    text = next(folder.iterdir()).read_text(encoding="latin-1")
    assert [line.rpartition(";")[2] for line in text.splitlines()[1:]] == ["1", "2", "3", "4"]


async def test_a_port_in_use_stops_what_was_already_started(small: Records, tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        plant = Plant(_config(listen=f"127.0.0.1:{taken.getsockname()[1]}"), small, tmp_path)
        with pytest.raises(BrownfieldError, match=r"r2: port .* is in use"):
            await plant.start()
    bound = plant.devices["r1"].bound or ("", 0)
    with pytest.raises(ConnectionError):
        await asyncio.open_connection(*bound)


def test_a_machine_that_the_records_do_not_know_is_refused(small: Records, tmp_path: Path) -> None:
    with pytest.raises(BrownfieldError, match=r"r2: the records know no R7. Use one of R1, R2, meter"):
        Plant(_config(record="R7"), small, tmp_path)


@pytest.fixture
async def control(plant: Plant) -> AsyncIterator[str]:
    endpoint = Control(plant.devices)
    yield await endpoint.start()
    await endpoint.stop()


async def _ask(url: str, *, method: str = "GET", host: str | None = None) -> tuple[int, Any]:
    parts = urlsplit(url)

    def ask() -> tuple[int, Any]:
        connection = http.client.HTTPConnection(parts.netloc, timeout=5)
        try:
            headers = {"Host": host} if host else {}
            connection.request(method, f"{parts.path}?{parts.query}", headers=headers)
            answer = connection.getresponse()
            body = answer.read()
            return answer.status, json.loads(body) if answer.status == 200 else body.decode()
        finally:
            connection.close()

    return await asyncio.to_thread(ask)


async def test_every_device_is_listed_with_place_faults_and_traffic(control: str, plant: Plant) -> None:
    status, devices = await _ask(f"{control}/devices")
    assert status == 200
    assert [device["name"] for device in devices] == ["r1", "r2", "meter"]
    assert devices[0]["traffic"]["requests"] == 0
    assert devices[0]["address"] == "r1.plant:502"


async def test_a_fault_is_one_post_away_and_so_is_its_end(control: str, plant: Plant) -> None:
    status, device = await _ask(f"{control}/devices/r1/bad?tag=P_avg", method="POST")
    assert (status, device["faults"]) == (200, ["bad P_avg"])
    assert plant.devices["r1"].faults.bad == {"P_avg"}
    await _ask(f"{control}/devices/r1/clear", method="POST")
    assert plant.devices["r1"].faults.described() == []


async def test_requests_are_served_with_totals_and_the_recent_ones(control: str, plant: Plant) -> None:
    plant.devices["r1"].journal.request(1, "3", "0", 14)
    status, found = await _ask(f"{control}/devices/r1/requests")
    assert status == 200
    assert found["functions"] == {"3": 1}
    assert found["recent"][0]["quantity"] == 14


@pytest.mark.parametrize(
    ("path", "status", "says"),
    [
        ("r9/away", 404, "there is no device r9; there are r1, r2, meter"),
        ("r1/explode", 422, "kind: Input should be 'away'"),
        ("r1/slow?seconds=soon", 422, "seconds"),
        ("r1/slow", 409, "slow needs a number of seconds"),
        ("r1/bad?tag=Q", 409, "not Q"),
        ("r1/away?colour=red", 422, "colour"),
    ],
)
async def test_a_wrong_order_says_what_is_wrong(control: str, path: str, status: int, says: str) -> None:
    code, body = await _ask(f"{control}/devices/{path}", method="POST")
    assert code == status
    assert says in body


async def test_only_loopback_names_are_answered(control: str) -> None:
    status, _ = await _ask(f"{control}/devices", host="rebound.example")
    assert status == 400


async def test_the_control_endpoint_listens_on_loopback_only(plant: Plant) -> None:
    with pytest.raises(BrownfieldError, match=r"0\.0\.0\.0 is not a loopback address"):
        await Control(plant.devices).start("0.0.0.0")
