"""The whole chain with credentials: what a process needs it has, what is another's it has not."""

from pathlib import Path
from typing import Any

import pytest
from tests.operator.access.credentialed_farm import credentialed_farm

pytestmark = pytest.mark.chain


def fresh(view: dict[str, Any]) -> bool:
    return [asset["freshness"] for asset in view.get("assets", ())] == ["Fresh"] * 4 and not view["catchingUp"]


@pytest.mark.timeout(180)
async def test_processes_work_with_their_credentials_through_kills_and_nothing_is_refused(tmp_path: Path) -> None:
    async with credentialed_farm(tmp_path) as farm:
        await farm.until_twin(fresh, "four fresh turbines")
        assert farm.broker.violations() == []
