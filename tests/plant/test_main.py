"""`python -m brownfield_plant`, as a process."""

import asyncio
import http.client
import json
import os
import signal
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from brownfield_plant.__main__ import arguments

pytestmark = pytest.mark.wire


def _example(folder: Path, example: Path, listen: str) -> Path:
    plant = yaml.safe_load((example / "plant.yaml").read_text(encoding="utf-8"))
    plant["devices"] = [device for device in plant["devices"] if device["kind"] != "opcua"]
    for device in plant["devices"]:
        if "listen" in device:
            device["listen"] = listen
    (folder / "plant.yaml").write_text(yaml.safe_dump(plant), encoding="utf-8")
    (folder / "records").symlink_to(example / "records")
    return folder


async def _start(example: Path, exports: Path, *more: str, control: str = "127.0.0.1:0") -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "brownfield_plant", "--example", str(example), "--export-dir", str(exports)),
        *("--control", control, "--speed", "50", *more),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    )


async def test_it_prints_a_line_per_device_and_ends_cleanly_on_a_signal(tmp_path: Path, example: Path) -> None:
    process = await _start(_example(tmp_path, example, "127.0.0.1:0"), tmp_path / "exports")
    assert process.stdout is not None
    lines = [(await asyncio.wait_for(process.stdout.readline(), 20)).decode() for _ in range(4)]
    assert [line.split()[0] for line in lines] == ["r80711", "r80721", "farm-meter", "control"]
    assert "tcp://127.0.0.1:" in lines[0]
    process.send_signal(signal.SIGTERM)
    _, errors = await asyncio.wait_for(process.communicate(), 20)
    assert (process.returncode, errors) == (0, b"")
    (written,) = (tmp_path / "exports" / "meter-export").iterdir()
    assert written.read_bytes().endswith(b"\r\n")


async def test_a_port_in_use_is_one_clear_line_and_status_one(tmp_path: Path, example: Path) -> None:
    server = await asyncio.start_server(lambda _reader, writer: writer.close(), "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    process = await _start(_example(tmp_path, example, f"127.0.0.1:{port}"), tmp_path / "exports")
    _, errors = await asyncio.wait_for(process.communicate(), 20)
    server.close()
    await server.wait_closed()
    assert process.returncode == 1
    assert errors.decode().startswith(f"r80711: port {port} on 127.0.0.1 is in use. Stop what holds it")
    assert errors.count(b"\n") == 1


async def test_a_pod_of_its_own_plays_one_device_that_others_can_reach(tmp_path: Path, example: Path) -> None:
    process = await _start(
        _example(tmp_path, example, "127.0.0.1:0"),
        tmp_path / "exports",
        *("--device", "r80721", "--bind", "127.0.0.2", "--control-beyond-loopback"),
        control="0.0.0.0:0",
    )
    assert process.stdout is not None
    device, control = [(await asyncio.wait_for(process.stdout.readline(), 20)).decode() for _ in range(2)]
    assert device.startswith("r80721 ")
    assert "tcp://127.0.0.2:" in device
    port = int(control.rpartition(":")[2].removesuffix("/devices\n"))
    (listed,) = await asyncio.to_thread(_devices, port)
    assert (listed["name"], listed["address"]) == ("r80721", "r80721.plant:502")
    process.send_signal(signal.SIGTERM)
    _, errors = await asyncio.wait_for(process.communicate(), 20)
    assert (process.returncode, errors) == (0, b"")
    assert not (tmp_path / "exports").exists()


def _devices(port: int) -> list[dict[str, Any]]:
    """What the control endpoint lists for somebody who knows it by another name than loopback's."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", "/devices", headers={"Host": "r80721.plant"})
        return list(json.loads(connection.getresponse().read()))
    finally:
        connection.close()


@pytest.mark.parametrize(
    ("more", "control", "says"),
    [
        (["--device", "r80799"], "127.0.0.1:0", "there is no device r80799. Use r80711, r80721, farm-meter"),
        ([], "0.0.0.0:0", "0.0.0.0 is not a loopback address. Use 127.0.0.1:PORT"),
    ],
)
async def test_what_it_cannot_play_is_one_line_and_status_one(
    tmp_path: Path, example: Path, more: list[str], control: str, says: str
) -> None:
    process = await _start(_example(tmp_path, example, "127.0.0.1:0"), tmp_path / "exports", *more, control=control)
    _, errors = await asyncio.wait_for(process.communicate(), 20)
    assert process.returncode == 1
    assert says in errors.decode()
    assert errors.count(b"\n") == 1


@pytest.mark.parametrize("wrong", [["--speed", "0"], ["--control", "nowhere"], ["--speed", "fast"]])
def test_wrong_arguments_are_a_usage_error(wrong: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        arguments(["--example", "x", *wrong])
    assert ended.value.code == 2
    assert wrong[0] in capsys.readouterr().err
