"""Asks cyclonus, a model of NetworkPolicy by other authors, which connections a set of policies allows.

The CNI of the local clusters enforces no policies, and a model of our own would repeat our own mistakes.
"""

import json
import os
import re
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml
from hack.cluster.binaries import once
from hack.cluster.folders import cache_folder

MODULE = "github.com/mattfenwick/cyclonus/cmd/cyclonus"
VERSION = "v0.5.6"


@dataclass(frozen=True)
class Peer:
    """One end of a connection: a pod, or an address outside the cluster (without a namespace)."""

    ip: str
    namespace: str = ""
    labels: dict[str, str] = field(default_factory=dict)

    def described(self) -> dict[str, Any]:
        if not self.namespace:
            return {"IP": self.ip}
        pod = {
            "Namespace": self.namespace,
            "NamespaceLabels": {"kubernetes.io/metadata.name": self.namespace},
            "PodLabels": self.labels,
        }
        return {"IP": self.ip, "Internal": pod}


@dataclass(frozen=True)
class Connection:
    """Who connects to whom, on which port."""

    source: Peer
    destination: Peer
    port: int
    protocol: str = "TCP"

    def described(self) -> dict[str, Any]:
        return {
            "Source": self.source.described(),
            "Destination": self.destination.described(),
            "ResolvedPort": self.port,
            "Protocol": self.protocol,
        }


def program() -> Path:
    """The command, built once; Go checks the module against its checksum database."""
    return once(cache_folder() / f"cyclonus-{VERSION}", _build) / "cyclonus"


def allowed(policies: Sequence[Mapping[str, Any]], connections: Sequence[Connection], folder: Path) -> list[bool]:
    """For each connection whether the policies let it through, both ends considered."""
    place = folder / "policies"
    place.mkdir(exist_ok=True)
    for number, policy in enumerate(policies):  # cyclonus reads one policy of a file and ignores the others
        (place / f"{number}.yaml").write_text(yaml.safe_dump(dict(policy)))
    traffic = folder / "traffic.json"
    traffic.write_text(json.dumps([connection.described() for connection in connections]))
    question = ("analyze", "--mode", "query-traffic", "--policy-path", str(place), "--traffic-path", str(traffic))
    done = subprocess.run([program(), *question], capture_output=True, text=True, check=True)
    verdicts = re.findall(r"IS ALLOWED\?\s*\|\s*(TRUE|FALSE)", done.stdout)
    assert len(verdicts) == len(connections), done.stdout + done.stderr
    return [verdict == "TRUE" for verdict in verdicts]


def _build(folder: Path) -> None:
    environment = {**os.environ, "GOBIN": str(folder), "CGO_ENABLED": "0"}
    subprocess.run(
        ["go", "install", "-trimpath", "-ldflags", "-s -w", f"{MODULE}@{VERSION}"], env=environment, check=True
    )
