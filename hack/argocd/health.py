"""What Argo CD makes of a resource's health, asked without a cluster.

`argocd admin` prints what it found and ends with 0 also when no health check is configured or a script returned
nonsense, so its words are read, never its exit code alone.
"""

import re
from dataclasses import dataclass
from pathlib import Path

from hack.argocd.binary import installation
from hack.cluster.programs import run

from brownfield_api.errors import BrownfieldError

_ANSWER = re.compile(r"STATUS: (?P<status>\w+)\nMESSAGE: (?P<message>.*)\n", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Health:
    """`status` is one of Argo CD's words: Healthy, Progressing, Degraded, Suspended, Missing, Unknown."""

    status: str
    message: str


def evaluate(resource: Path, settings: Path) -> Health:
    """Health of the resource in one YAML file under the argocd-cm in another; `BrownfieldError` if none was found."""
    command = [str(installation().program), "admin", "settings", "resource-overrides", "health", str(resource)]
    printed = run([*command, f"--argocd-cm-path={settings}"], where=str(resource))
    answer = _ANSWER.fullmatch(printed)
    if answer is None:
        raise BrownfieldError(
            f"Argo CD found no health: {printed.strip()}",
            where=str(resource),
            do=f"Is there a health check for its kind in {settings}, and does it return a table?",
        )
    return Health(answer["status"], answer["message"])
