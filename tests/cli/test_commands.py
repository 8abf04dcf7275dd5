"""The commands as a user types them: real processes, a real simulated plant."""

import asyncio
import json
import os
import re
import signal
import subprocess
import sys
import urllib.request
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from brownfield_cli.demo_command import simulated_plant
from brownfield_cli.example import example_folder
from brownfield_cli.ports import fixed_port
from brownfield_cli.simulate_command import export_volumes
from brownfield_plant.plant import Plant

BROKEN = """
apiVersion: brownfield.dev/v1alpha1
kind: LegacySource
metadata: {name: pump}
spec:
  modbus: {endpoint: "tcp://127.0.0.1:502"}
  intervall: 1s
  tags:
  - {name: pressure, address: "holding:0", type: float32, unit: bar}
---
apiVersion: brownfield.dev/v1alpha1
kind: AssetMapping
metadata: {name: line}
spec:
  classes:
  - {name: Pump, properties: [{name: pressure, tag: presure, unit: bar}]}
  assets:
  - {id: P1, class: Pump, sources: {default: pump}}
"""


def brownfield(*arguments: str, timeout: float = 60) -> subprocess.CompletedProcess[str]:
    """The command's output and exit code."""
    return subprocess.run(
        [sys.executable, "-m", "brownfield_cli", *arguments],
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
        env={"COLUMNS": "240", "PATH": "", "HOME": "/nonexistent"},
    )


async def brownfield_async(*arguments: str) -> subprocess.CompletedProcess[str]:
    """The same while this process goes on playing the plant."""
    return await asyncio.to_thread(brownfield, *arguments)


def scrape(targets: Path) -> str:
    """What all targets of a run export."""
    addresses = [address for group in json.loads(targets.read_text()) for address in group["targets"]]
    answers = [urllib.request.urlopen(f"http://{address}/metrics", timeout=10).read() for address in addresses]
    return b"".join(answers).decode()


def documented_metrics() -> set[str]:
    """The names that docs/metrics.md gives for the processes of the data plane, without their labels."""
    document = (Path(__file__).parents[2] / "docs" / "metrics.md").read_text()
    sections = re.split(r"^## ", document, flags=re.MULTILINE)
    processes = [section for section in sections if section.startswith(("Adapter", "Pipeline", "Twin"))]
    return set(re.findall(r"`(brownfield_\w+)(?:\{\w+\})?`", "".join(processes)))


@pytest.fixture
async def plant(tmp_path: Path) -> AsyncIterator[Plant]:
    async with simulated_plant(example_folder() / "plant", tmp_path / "plant") as (plant, _):
        yield plant


def options(plant: Plant, tmp_path: Path) -> list[str]:
    """What leads `run` and `probe` to the simulated plant."""
    found = ["-f", str(example_folder()), "--state", str(tmp_path / "state")]
    found += [f"--resolve={name}={host}:{port}" for name, (host, port) in plant.addresses().items()]
    exports = export_volumes(plant, tmp_path / "plant" / "exports").items()
    return found + [f"--volume={name}={folder}" for name, folder in exports]


def test_the_example_is_right(tmp_path: Path) -> None:
    done = brownfield("check", "-f", str(example_folder()), "--volume", f"meter-export={tmp_path}")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("ok: ")


def test_everything_wrong_is_said_at_once_with_file_and_field(tmp_path: Path) -> None:
    (tmp_path / "plant.yaml").write_text(BROKEN)
    done = brownfield("check", "-f", str(tmp_path))
    assert done.returncode == 1
    assert f"{tmp_path}/plant.yaml:7 LegacySource/pump spec.intervall" in done.stdout


def test_an_unknown_tag_is_named_with_the_tags_there_are(tmp_path: Path) -> None:
    (tmp_path / "plant.yaml").write_text(BROKEN.replace("intervall", "interval"))
    done = brownfield("check", "-f", str(tmp_path))
    assert done.returncode == 1
    assert "presure" in done.stdout
    assert "pressure" in done.stdout


@pytest.mark.parametrize("text", ["", "{", "- 1\n- 2\n", "kind: Pod\n", "a: &a [*a]\n", "\x00"])
def test_files_that_are_no_resources_never_crash_the_check(tmp_path: Path, text: str) -> None:
    (tmp_path / "any.yaml").write_text(text)
    done = brownfield("check", "-f", str(tmp_path))
    assert "Traceback" not in done.stderr + done.stdout


def test_a_path_that_does_not_exist_is_one_sentence() -> None:
    done = brownfield("run", "-f", "no/such/folder")
    assert done.returncode == 1
    assert done.stderr.startswith("error: no/such/folder: cannot be read")


def test_a_wrong_plan_starts_nothing(tmp_path: Path) -> None:
    (tmp_path / "plant.yaml").write_text(BROKEN)
    done = brownfield("run", "-f", str(tmp_path), "--state", str(tmp_path / "state"))
    assert done.returncode == 1
    assert "nothing was started" in done.stderr
    assert not (tmp_path / "state").exists()


def test_firewall_rows_name_who_connects_to_whom(tmp_path: Path) -> None:
    done = brownfield("render", "firewall", "-f", str(example_folder()), "--volume", f"meter-export={tmp_path}")
    assert done.returncode == 0
    assert "adapter/r80711-plant-502,r80711.plant:502" in done.stdout


@pytest.mark.wire
async def test_a_probe_shows_blocks_bytes_and_readings(plant: Plant, tmp_path: Path) -> None:
    done = await brownfield_async("probe", "r80711", *options(plant, tmp_path))
    assert done.returncode == 0, done.stderr
    for expected in ("connected in", "P_avg", "ABCD", "CDAB", "holding"):
        assert expected in done.stdout
    assert set(plant.devices["r80711"].journal.traffic().functions) <= {"1", "2", "3", "4"}


@pytest.mark.wire
async def test_a_probe_of_a_dead_device_says_so_and_fails(plant: Plant, tmp_path: Path) -> None:
    await plant.devices["r80711"].stop()
    done = await brownfield_async("probe", "r80711", *options(plant, tmp_path))
    assert done.returncode == 1
    assert "no connection" in done.stdout
    assert "Traceback" not in done.stderr


@pytest.mark.wire
async def test_a_probe_of_an_unknown_source_names_the_known_ones(plant: Plant, tmp_path: Path) -> None:
    done = await brownfield_async("probe", "r99999", *options(plant, tmp_path))
    assert done.returncode == 1
    assert "farm-meter, r80711" in done.stderr


@pytest.mark.chain
@pytest.mark.timeout(240)
async def test_a_run_reports_what_it_did_and_a_second_one_goes_on_without_loss(plant: Plant, tmp_path: Path) -> None:
    report_path = tmp_path / "report.json"
    given = [*options(plant, tmp_path), "--listen", fixed_port("127.0.0.1:0"), "--report", str(report_path)]
    for _ in range(2):
        running = asyncio.create_task(brownfield_async("run", *given, "--duration", "20s"))
        await asyncio.sleep(9)  # in the middle of the run
        scraped = await asyncio.to_thread(scrape, tmp_path / "state" / "metrics-targets.json")
        watched = await brownfield_async("watch", "r80711", "--state", str(tmp_path / "state"), "--duration", "2s")
        refused = await brownfield_async("run", *given)
        done = await running
        assert done.returncode == 0, done.stderr
        assert "P_avg" in watched.stdout
        assert "Good" in watched.stdout
        assert refused.returncode == 1
        assert {name for name in documented_metrics() if name not in scraped} == set()
        report = json.loads(report_path.read_text())
        samples = report["samples"]
        assert samples["read"] == samples["published"] > 100
        assert samples["delivered"] > 100
        assert (samples["lost"], samples["duplicated"], samples["reordered"], samples["dropped"]) == (0, 0, 0, 0)
        assert {source["state"] for source in report["sources"].values()} == {"Connected"}
        assert report["twins"]["wind-farm"] == {"assets": 4, "fresh": 4, "stale": 0}
        assert {process["restarts"] for process in report["processes"].values()} == {0}
        assert 0 < report["latency"]["twin"]["p50"] <= report["latency"]["twin"]["max"]
    assert not list((tmp_path / "state").rglob("*.fenced"))


def test_a_report_without_a_place_is_refused_before_anything_starts(tmp_path: Path) -> None:
    report = str(tmp_path / "missing" / "report.json")
    volume = f"meter-export={tmp_path}"
    done = brownfield("run", "-f", str(example_folder()), "--volume", volume, "--report", report)
    assert done.returncode == 1
    assert "its folder does not exist" in done.stderr


def test_a_state_folder_that_is_a_file_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "state").write_text("")
    volume = f"meter-export={tmp_path}"
    done = brownfield("run", "-f", str(example_folder()), "--volume", volume, "--state", str(tmp_path / "state"))
    assert done.returncode == 1
    assert done.stderr.startswith("error: state folder")
    assert "Traceback" not in done.stderr


@pytest.mark.chain
@pytest.mark.timeout(120)
async def test_one_ctrl_c_in_a_terminal_stops_in_order_without_restarts(plant: Plant, tmp_path: Path) -> None:
    report = tmp_path / "report.json"
    given = [*options(plant, tmp_path), "--listen", fixed_port("127.0.0.1:0"), "--report", str(report)]
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "brownfield_cli", "run", *given,
        stderr=asyncio.subprocess.PIPE, start_new_session=True,
    )  # fmt: skip
    assert process.stderr is not None
    async with asyncio.timeout(60):
        while b"of 4 assets fresh" not in (line := await process.stderr.readline()) or b"4 of 4" not in line:
            assert line, "it ended by itself"
    os.killpg(process.pid, signal.SIGINT)  # what a terminal does: everybody in the group is told
    rest = (await process.stderr.read()).decode()
    assert await process.wait() == 0
    assert "Stopped." in rest
    assert "started again" not in rest
    assert {item["restarts"] for item in json.loads(report.read_text())["processes"].values()} == {0}
