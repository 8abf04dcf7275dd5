"""Tells a Prometheus beside the run where to scrape: a file in its `file_sd` format, renewed as processes restart."""

from collections.abc import Mapping
from pathlib import Path

import msgspec

from brownfield_api.health import HealthRecord
from brownfield_cli.state_folder import private_file

FILE_NAME = "metrics-targets.json"
"""Below the state folder."""


def write_targets(state: Path, latest: Mapping[str, HealthRecord]) -> None:
    """Writes the file if it would say something new."""
    content = msgspec.json.format(msgspec.json.encode(targets(latest)), indent=2)
    path = state / FILE_NAME
    if not path.exists() or path.read_bytes() != content:
        private_file(path, content)


def targets(latest: Mapping[str, HealthRecord]) -> list[dict[str, object]]:
    """One target group per process: address, and labels that say which process it is. The ledger reports for each
    namespace and is scraped once.
    """
    by_address = {record.metrics: record for _, record in sorted(latest.items(), reverse=True) if record.metrics}
    return [
        {
            "targets": [record.metrics],
            "labels": {"kind": record.kind, "namespace": record.namespace, "process": record.name},
        }
        for record in reversed(by_address.values())
    ]
