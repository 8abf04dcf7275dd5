"""A Prometheus beside the demo: it scrapes every process and the ledger, and has the rules of the objectives loaded.

::

    STATE/prometheus/prometheus.yml          what to scrape (`metrics-targets.json`), how often, which rules
    STATE/prometheus/brownfield-rules.yaml   what `brownfield render rules` writes, evaluated more often
    STATE/prometheus/data/                   a day of samples
    STATE/logs/prometheus.log                its warnings
"""

import asyncio
import shutil
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from pathlib import Path

import msgspec
import yaml
from rich.console import Console

from brownfield_api.errors import BrownfieldError
from brownfield_cli.planning import Place, read_resources
from brownfield_cli.ports import fixed_port
from brownfield_cli.scrape_targets import FILE_NAME as TARGETS
from brownfield_cli.service_levels import measured_resources
from brownfield_cli.state_folder import private_file
from brownfield_cli.summary import readable_line
from brownfield_cli.supervisor import ProcessSpec, SupervisedProcess
from brownfield_slo.indicators import windows_of
from brownfield_slo.rules import FILE_NAME as RULES
from brownfield_slo.rules import rule_file, rule_groups

INTERVAL = 5
"""Seconds between scrapes and between evaluations: who watches a demo does not wait half a minute for a figure."""

_RETENTION = "1d"


def find_prometheus() -> str:
    """The path of the program; raises `BrownfieldError` if it is not on the PATH."""
    found = shutil.which("prometheus")
    if found is None:
        raise BrownfieldError(
            "there is no prometheus on the PATH",
            "--prometheus",
            "Install it (Debian, Ubuntu: apt install prometheus; macOS: brew install prometheus), or leave it out",
        )
    return str(Path(found).resolve())


@asynccontextmanager
async def prometheus_beside(binary: str, place: Place, console: Console) -> AsyncIterator[str]:
    """The address of a Prometheus that scrapes a run in `place`; it is kept up until the end of the block."""
    windows = windows_of(measured_resources(read_resources(place), place.site))
    listen = fixed_port("127.0.0.1:0")
    spec = _laid_out(binary, place.state.resolve(), windows, listen)
    ending = asyncio.Event()

    def show(name: str, line: str) -> None:
        text = readable_line(name, line)
        if text and not ending.is_set():  # what it says at its orderly end is for its log
            console.print(text, soft_wrap=True)

    process = SupervisedProcess(spec, show)
    process.start()
    try:
        yield f"http://{listen}"
    finally:
        ending.set()
        await process.stop()


def _laid_out(binary: str, state: Path, windows: Iterable[float], listen: str) -> ProcessSpec:
    """Writes everything Prometheus reads, and says how to start it."""
    folder = state / "prometheus"
    groups = rule_groups(windows, interval=INTERVAL)
    private_file(folder / RULES, rule_file(groups).encode())
    configuration = folder / "prometheus.yml"
    private_file(configuration, yaml.safe_dump(_configuration(state), sort_keys=False).encode())
    command = [
        binary,
        f"--config.file={configuration}",
        f"--storage.tsdb.path={folder / 'data'}",
        f"--storage.tsdb.retention.time={_RETENTION}",
        f"--web.listen-address={listen}",
        "--log.level=warn",
    ]
    path = state / "configs" / "prometheus.json"
    private_file(path, msgspec.json.encode(command))
    (state / "logs").mkdir(exist_ok=True)
    return ProcessSpec("prometheus", "brownfield_cli.leashed", path, state / "logs" / "prometheus.log")


def _configuration(state: Path) -> dict[str, object]:
    """`honor_labels`: the namespace of a series is the resource's, not the exporter's."""
    scrape = {
        "job_name": "brownfield",
        "honor_labels": True,
        "file_sd_configs": [{"files": [str(state / TARGETS)], "refresh_interval": f"{INTERVAL}s"}],
    }
    return {
        "global": {
            "scrape_interval": f"{INTERVAL}s",
            "scrape_timeout": f"{INTERVAL}s",
            "evaluation_interval": f"{INTERVAL}s",
        },
        "rule_files": [RULES],
        "scrape_configs": [scrape],
    }
