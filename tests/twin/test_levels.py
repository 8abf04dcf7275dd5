"""What was promised, as the ledger tells: of each source, of the twin itself, and how old that is."""

import json
import time
from typing import Any

import pytest
from websockets.asyncio.client import connect

from brownfield_api.health import HealthRecord, LevelHealth
from brownfield_api.subjects import health_key
from brownfield_spine.health import HealthPublisher
from brownfield_twin.sources import SourceBoard

SECOND = 1_000_000_000
NOW = 1_700_000_000 * SECOND


def level(kind: str, name: str, sli: str, *, budget: float = 0.5) -> LevelHealth:
    return LevelHealth(kind=kind, name=name, sli=sli, objective=0.99, window="28d", ratio=0.995, budget=budget)


def told(*levels: LevelHealth, at: int = NOW, namespace: str = "default", name: str = "0") -> HealthRecord:
    return HealthRecord(
        kind="levels", namespace=namespace, name=name, instance="1", time=at, started=at, metrics="", levels=levels
    )


@pytest.fixture
def board(farm: Any) -> SourceBoard:
    return SourceBoard(farm.twin().config)


def budgets(board: SourceBoard, now: int = NOW) -> dict[str, list[float]]:
    return {source.name: [item.budget for item in source.levels] for source in board.views(now)}


def test_each_source_has_its_own_promises_and_one_without_any_has_none(board: SourceBoard) -> None:
    board.take([told(level("source", "r1", "uptime", budget=0.1), level("source", "r1", "quality", budget=-2.0))])
    assert budgets(board) == {"r1": [0.1, -2.0], "r2": []}
    assert board.levels(NOW) == []


def test_promises_of_others_are_not_shown(board: SourceBoard) -> None:
    stranger = told(level("source", "r1", "uptime"), level("twin", "wind-farm", "freshness"), namespace="other")
    board.take([stranger, told(level("source", "r9", "uptime"), level("twin", "r1", "freshness"))])
    assert budgets(board) == {"r1": [], "r2": []}
    assert board.levels(NOW) == []


def test_a_promise_that_was_taken_back_is_gone(board: SourceBoard) -> None:
    board.take([told(level("source", "r1", "uptime"), level("twin", "wind-farm", "freshness"))])
    board.take([told(level("source", "r1", "uptime"), at=NOW + SECOND)])
    assert budgets(board)["r1"] == [0.5]
    assert board.levels(NOW) == []


@pytest.mark.parametrize("newer_first", [True, False])
def test_of_two_records_about_one_promise_the_newer_counts(board: SourceBoard, newer_first: bool) -> None:
    old = told(level("source", "r1", "uptime", budget=0.9), name="1")
    new = told(level("source", "r1", "uptime", budget=0.2), at=NOW + SECOND)
    board.take([new, old] if newer_first else [old, new])
    assert budgets(board)["r1"] == [0.2]


def test_a_ledger_nobody_keeps_any_more_is_said_to_be_old(board: SourceBoard) -> None:
    board.take([told(level("twin", "wind-farm", "freshness"))])
    assert [item.expired for item in board.levels(NOW + 59 * SECOND)] == [False]
    assert [item.expired for item in board.levels(NOW + 61 * SECOND)] == [True]


@pytest.mark.wire
async def test_levels_arrive_with_the_live_stream_when_they_change(twin: Any, feeder: Any) -> None:
    ledger = HealthPublisher(feeder.spine, health_key("levels", "default", "0"))
    promises = (level("twin", "wind-farm", "freshness", budget=0.8), level("source", "r1", "uptime", budget=0.7))
    await ledger.publish(told(*promises, at=time.time_ns()))
    await twin.until(lambda view: [item["budget"] for item in view["levels"]] == [0.8])
    async with connect(str(twin.page).replace("http://", "ws://") + "api/v1/live", proxy=None) as socket:
        first = json.loads(await socket.recv())
        assert first["twin"]["levels"][0]["window"] == "28d"
        assert first["twin"]["sources"][0]["levels"][0]["budget"] == 0.7
        await ledger.publish(told(level("twin", "wind-farm", "freshness", budget=-0.25), at=time.time_ns()))
        while (update := json.loads(await socket.recv()))["levels"] is None:
            pass
        assert [item["budget"] for item in update["levels"]] == [-0.25]
        assert update["sources"][0]["levels"] == []
