"""What the leader keeps of processes it has heard of: nothing once they are gone, everything while they should run."""

import asyncio
from types import SimpleNamespace
from typing import Any, cast

import pytest
from tests.operator.status.known import record

from brownfield_api.health import EXPIRES
from brownfield_operator import leading
from brownfield_operator.controller import Controller
from brownfield_operator.leading import Leading
from brownfield_operator.planner_loop import PlannerLoop
from brownfield_operator.resync import Resync
from brownfield_operator.spine_link import Heard, SpineLink

KEPT, REMOVED = ("adapter", "farm", "kept"), ("adapter", "farm", "removed")


async def test_a_silent_process_is_told_once_and_forgotten_if_nobody_wants_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(leading, "_SPINE_LOOK", 0.01)
    long_ago = asyncio.get_running_loop().time() - EXPIRES - 1.0
    heard = {".".join(key): Heard(record(key[0], key[2]), long_ago) for key in (KEPT, REMOVED)}
    told: list[str] = []
    controller = SimpleNamespace(heard=lambda key, _before, _record: told.append(key))
    parts: dict[str, Any] = {
        "kube": None,
        "settings": None,
        "controller": cast("Controller", controller),
        "planner": cast("PlannerLoop", SimpleNamespace(desired=SimpleNamespace(processes={KEPT: None}))),
        "link": cast("SpineLink", SimpleNamespace(heard=heard, reachable=True)),
        "resync": cast("Resync", None),
        "rules": None,
    }
    task = asyncio.create_task(Leading(**parts)._follow_silence())
    async with asyncio.timeout(5):
        while len(heard) > 1:
            await asyncio.sleep(0.01)
    await asyncio.sleep(0.1)
    task.cancel()
    assert list(heard) == [".".join(KEPT)]
    assert sorted(told) == [".".join(KEPT), ".".join(REMOVED)]
