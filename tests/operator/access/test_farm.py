"""The whole chain with credentials: real processes need nothing that their credentials do not give them."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from tests.operator.access.credentialed_farm import CredentialedFarm, credentialed_farm

pytestmark = pytest.mark.chain


def fresh(view: dict[str, Any]) -> bool:
    return [asset["freshness"] for asset in view.get("assets", ())] == ["Fresh"] * 4 and not view["catchingUp"]


async def until_sampled(farm: CredentialedFarm, what: str) -> None:
    """Every turbine has given a value from now or later."""
    now = datetime.now(UTC)

    def newer(view: dict[str, Any]) -> bool:
        newest = [max(item["sourceTime"] or "" for item in asset["properties"]) for asset in view.get("assets", ())]
        return fresh(view) and all(datetime.fromisoformat(time) > now for time in newest)

    await farm.until_twin(newer, what)


def assert_nothing_refused(farm: CredentialedFarm) -> None:
    assert farm.broker.violations() == []
    for name in farm.configs:
        said = farm.log(name).lower()
        assert "violation" not in said, f"{name}: {said}"
        assert "cannot be" not in said, f"{name}: {said}"


@pytest.mark.timeout(240)
async def test_processes_need_no_more_than_their_credentials_from_start_to_recovery(tmp_path: Path) -> None:
    async with credentialed_farm(tmp_path) as farm:
        await farm.until_twin(fresh, "four fresh turbines")
        assert_nothing_refused(farm)
        for name in sorted(farm.configs):
            await farm.kill(name)
        await until_sampled(farm, "new values after each process was killed")
        await farm.broker.stop()
        await farm.broker.start()
        await until_sampled(farm, "new values after the broker was restarted")
        assert_nothing_refused(farm)
        sources = (await farm.twin())["sources"]
        assert {source["name"]: source["state"] for source in sources} == dict.fromkeys(
            ("r80711", "r80721", "r80736", "r80790"), "Connected"
        )
