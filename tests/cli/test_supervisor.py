"""The supervisor keeps real processes running."""

import asyncio
import os
import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from brownfield_cli.supervisor import ProcessSpec, SupervisedProcess


async def until(condition: Callable[[], bool], seconds: float = 20.0) -> None:
    async with asyncio.timeout(seconds):
        while not condition():
            await asyncio.sleep(0.02)


def sleeper(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, body: str) -> ProcessSpec:
    (tmp_path / "sleeper_under_test.py").write_text(body)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    return ProcessSpec("sleeper", "sleeper_under_test", tmp_path / "config.json", tmp_path / "sleeper.log")


async def test_a_killed_process_is_started_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    spec = sleeper(tmp_path, monkeypatch, "import sys, time\nprint('up', sys.argv[1], flush=True)\ntime.sleep(600)\n")
    lines: list[str] = []
    process = SupervisedProcess(spec, lambda _, line: lines.append(line))
    process.start()
    await until(lambda: len(lines) == 1)
    assert process.pid is not None
    os.kill(process.pid, signal.SIGKILL)
    await until(lambda: len(lines) == 2)
    assert lines == [f"up {spec.config_path}"] * 2
    assert process.restarts == 1
    await process.stop()
    assert process.pid is None
    assert spec.log_path.read_text().splitlines() == lines


async def test_an_overlong_line_does_not_end_the_process_or_its_log(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    body = "import time\nprint('x' * 3_000_000, flush=True)\nprint('after', flush=True)\ntime.sleep(600)\n"
    lines: list[str] = []
    process = SupervisedProcess(sleeper(tmp_path, monkeypatch, body), lambda _, line: lines.append(line))
    process.start()
    await until(lambda: bool(lines) and lines[-1] == "after")
    assert process.restarts == 0
    await process.stop()


async def test_a_log_file_that_cannot_be_written_costs_lines_and_not_the_process(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spec = sleeper(tmp_path, monkeypatch, "import time\nprint('up', flush=True)\ntime.sleep(600)\n")
    spec.log_path.mkdir()  # a folder where the file should be: opening it fails, as on a broken disk
    lines: list[str] = []
    process = SupervisedProcess(spec, lambda _, line: lines.append(line))
    process.start()
    await until(lambda: lines == ["up"])
    assert process.pid is not None
    os.kill(process.pid, signal.SIGKILL)
    await until(lambda: lines == ["up", "up"])
    await process.stop()


async def test_an_interrupt_of_the_terminal_reaches_only_the_supervisor(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines: list[str] = []
    process = SupervisedProcess(
        sleeper(tmp_path, monkeypatch, "import time\nprint('up', flush=True)\ntime.sleep(600)\n"),
        lambda _, line: lines.append(line),
    )
    process.start()
    await until(lambda: lines == ["up"])
    assert process.pid is not None
    assert os.getpgid(process.pid) != os.getpgid(0)
    await process.stop()
