"""Who wrote what: the API server's audit log, cut down to the requests that change something.

Kubernetes, *Auditing*: at level Metadata a line names user, verb, object and response, and holds no content. Reads
are left out because a test counts writes, and a watch or a list a second would bury them.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

POLICY = """\
apiVersion: audit.k8s.io/v1
kind: Policy
omitStages: [RequestReceived, ResponseStarted]
rules:
- level: Metadata
  verbs: [create, update, patch, delete, deletecollection]
- level: None
"""


@dataclass(frozen=True, slots=True)
class Write:
    """A request that the API server answered and that creates, changes or deletes, or asks a question by POST."""

    time: datetime
    user: str
    agent: str
    verb: str
    group: str
    resource: str
    subresource: str
    namespace: str
    name: str
    code: int

    @property
    def is_review(self) -> bool:
        """A question asked by POST (access and token reviews): nothing is stored."""
        return self.group in ("authorization.k8s.io", "authentication.k8s.io")


def size(log: Path) -> int:
    """How far the log reaches now, in bytes; `writes` counts from there."""
    return log.stat().st_size if log.exists() else 0


def writes(log: Path, since: int = 0) -> Iterator[Write]:
    """The requests logged after the first `since` bytes, refused and failed ones (`code` ≥ 400) included.

    The API server writes a line before it answers (`--audit-log-mode blocking`), so what a client has seen
    answered is there. A last line still being written is left for the next call.
    """
    if not log.exists():
        return
    with log.open("rb") as lines:
        lines.seek(since)
        for line in lines:
            if line.endswith(b"\n"):
                yield _write(json.loads(line))


def _write(event: dict[str, Any]) -> Write:
    target = event.get("objectRef", {})
    return Write(
        time=datetime.fromisoformat(event["requestReceivedTimestamp"]),
        user=event["user"].get("username", ""),
        agent=event.get("userAgent", ""),
        verb=event["verb"],
        group=target.get("apiGroup", ""),
        resource=target.get("resource", ""),
        subresource=target.get("subresource", ""),
        namespace=target.get("namespace", ""),
        name=target.get("name", ""),
        code=event.get("responseStatus", {}).get("code", 0),
    )
