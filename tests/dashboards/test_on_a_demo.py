"""Every query on a real Prometheus while the demo runs: each finds data. The operator's own board needs an operator."""

from pathlib import Path

import pytest
from hack.dashboards.queries import PanelQuery, queries, selections
from tests.cli.prometheus_demo import running_demo, until
from tests.dashboards.choices import DASHBOARDS

VALUES = {"namespace": "default", "source": "r80711", "twin": "wind-farm", "__rate_interval": "1m", "__range": "5m"}


def demos(_dashboard: str, variable: str) -> str:
    """The value of a variable in the demo."""
    return VALUES[variable]


@pytest.mark.prometheus
@pytest.mark.chain
@pytest.mark.timeout(300)
async def test_every_query_finds_data_while_the_demo_runs(tmp_path: Path) -> None:
    asked = (*queries(DASHBOARDS, demos), *selections(DASHBOARDS, demos))
    left = [query for query in asked if query.dashboard != "brownfield-operator"]
    assert len(left) > 80
    async with running_demo(tmp_path / "state") as demo:

        async def without_data() -> list[PanelQuery]:
            for query in [*left]:
                found = await demo.ask("query", query=query.expr)
                if found and found["result"]:
                    left.remove(query)
            return left

        await until(without_data, lambda missing: not missing, seconds=200.0)
