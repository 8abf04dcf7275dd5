"""`python -m brownfield_plant`, as a process."""

import asyncio
import os
import signal
import sys
from pathlib import Path

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


async def _start(example: Path, exports: Path) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "brownfield_plant", "--example", str(example), "--export-dir", str(exports)),
        *("--control", "127.0.0.1:0", "--speed", "50"),
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


@pytest.mark.parametrize("wrong", [["--speed", "0"], ["--control", "nowhere"], ["--speed", "fast"]])
def test_wrong_arguments_are_a_usage_error(wrong: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        arguments(["--example", "x", *wrong])
    assert ended.value.code == 2
    assert wrong[0] in capsys.readouterr().err
