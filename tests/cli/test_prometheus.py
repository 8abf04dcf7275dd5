"""`brownfield demo --prometheus` with the real one: it scrapes everything, knows the rules, and ends with the demo."""

import asyncio
import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from tests.cli.prometheus_demo import DEMO, running_demo, until

from brownfield_cli.supervisor import ProcessSpec, SupervisedProcess

KINDS = {"adapter", "pipeline", "twin", "levels"}


def test_without_prometheus_on_the_path_the_demo_says_what_to_install_and_starts_nothing(tmp_path: Path) -> None:
    command = [*DEMO, "--prometheus", "--state", str(tmp_path / "state")]
    environment = {"PATH": "", "HOME": "/nonexistent"}
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False, env=environment)
    assert done.returncode == 1
    assert "there is no prometheus on the PATH" in done.stderr
    assert "apt install prometheus" in done.stderr
    assert not (tmp_path / "state").exists()


@pytest.mark.prometheus
@pytest.mark.chain
@pytest.mark.timeout(240)
async def test_it_scrapes_every_process_and_the_ledger_and_evaluates_the_rules(tmp_path: Path) -> None:
    async with running_demo(tmp_path / "state") as demo:

        def all_up(found: Any) -> bool:
            targets = found["activeTargets"] if found else []
            kinds = {target["labels"]["kind"] for target in targets}
            return kinds >= KINDS and {target["health"] for target in targets} == {"up"}

        await until(lambda: demo.ask("targets"), all_up)
        rules = await until(
            lambda: demo.ask("rules"),
            lambda found: found and {rule["health"] for group in found["groups"] for rule in group["rules"]} == {"ok"},
        )
        written = yaml.safe_load((demo.state / "prometheus/brownfield-rules.yaml").read_text())
        assert {group["name"]: len(group["rules"]) for group in rules["groups"]} == {
            group["name"]: len(group["rules"]) for group in written["groups"]
        }
        assert {group["interval"] for group in rules["groups"]} <= {5, 20}
        assert "brownfield-burn-28d" in {group["name"] for group in rules["groups"]}
        query = 'brownfield_objective_ratio{source="r80711",sli="uptime"}'
        found = await until(lambda: demo.ask("query", query=query), lambda found: found and found["result"])
        [series] = found["result"]
        assert series["value"][1] == "0.995"
        assert (series["metric"]["namespace"], series["metric"]["window"]) == ("default", "28d")
        demo.process.send_signal(signal.SIGTERM)
        assert await asyncio.wait_for(demo.process.wait(), 90) == 0
        assert await demo.ask("query", query="up") is None, "it ended with the demo"
        assert (demo.state / "prometheus/data").is_dir()


@pytest.mark.prometheus
@pytest.mark.chain
@pytest.mark.timeout(120)
async def test_a_demo_that_is_killed_takes_it_along(tmp_path: Path) -> None:
    async with running_demo(tmp_path / "state") as demo:
        await until(lambda: demo.ask("query", query="up"), bool)
        demo.process.kill()
        await until(lambda: demo.ask("query", query="up"), lambda found: found is None, seconds=20.0)


STUBBORN = """
import os, signal, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
print(os.getpid(), flush=True)
time.sleep(600)
"""


def leashed(tmp_path: Path, *command: str) -> tuple[SupervisedProcess, list[str]]:
    path = tmp_path / "command.json"
    path.write_text(json.dumps(command))
    lines: list[str] = []
    spec = ProcessSpec("program", "brownfield_cli.leashed", path, tmp_path / "program.log")
    return SupervisedProcess(spec, lambda _, line: lines.append(line)), lines


async def test_a_program_that_ends_is_started_again_and_its_words_are_kept(tmp_path: Path) -> None:
    process, lines = leashed(tmp_path, sys.executable, "-c", "print('gone', flush=True)")
    process.start()

    async def said() -> list[str]:
        return lines

    await until(said, lambda found: found.count("gone") == 2)
    await process.stop()
    assert any("it ended with code 0" in line for line in lines)
    assert "gone" in (tmp_path / "program.log").read_text()


async def test_a_program_that_ignores_the_request_to_end_is_killed(tmp_path: Path) -> None:
    process, lines = leashed(tmp_path, sys.executable, "-c", STUBBORN)
    process.start()

    async def said() -> list[str]:
        return lines

    await until(said, bool)
    await process.stop()
    with pytest.raises(ProcessLookupError):
        os.kill(int(lines[0]), 0)
