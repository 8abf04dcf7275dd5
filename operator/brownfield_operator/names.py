"""Names, labels and annotations of everything the operator makes: all here and nowhere else."""

import hashlib

from brownfield_operator.desired import DesiredProcess, ProcessKey

GROUP = "brownfield.dev"
FIELD_MANAGER = "brownfield"

MANAGED_BY = "app.kubernetes.io/managed-by"
"""On every child; `MANAGED_BY=OPERATOR` selects them all."""
OPERATOR = "brownfield"

INPUT = f"{GROUP}/input"
"""On ConfigMaps that resources are made from (the user sets it), and on the configurations of processes."""

PROCESS_KIND = f"{GROUP}/process-kind"
PROCESS = f"{GROUP}/process"
"""Label: the name of the process's StatefulSet, on all children and pods of a process."""

PROCESS_NAME = f"{GROUP}/process-name"
"""Annotation: the planner's name of the process."""

ENDPOINTS = f"{GROUP}/endpoints"
"""Annotation on adapters' StatefulSets and pods: a comma-separated list of short hashes of endpoint keys."""

INTENT = f"{GROUP}/intent"
"""Annotation: hash of what the operator last asked for."""

LONGEST = 52
"""A StatefulSet's pods carry its name and a hash of eleven characters in a label of at most 63."""


def process_object(key: ProcessKey) -> str:
    """Name of a process's StatefulSet: `<kind>-<name>`, at most `LONGEST` characters, distinct for each process."""
    kind, _, name = key
    whole = f"{kind}-{name}"
    if len(whole) <= LONGEST:
        return whole
    digest = hashlib.sha256(whole.encode()).hexdigest()[:8]
    return f"{whole[: LONGEST - 9].rstrip('-')}-{digest}"


def endpoint_hash(key: str) -> str:
    """An endpoint's key as it stands in annotations: 10 hex digits."""
    return hashlib.sha256(key.encode()).hexdigest()[:10]


def labels(process: DesiredProcess) -> dict[str, str]:
    """Labels of all children of a process."""
    return {
        MANAGED_BY: OPERATOR,
        "app.kubernetes.io/part-of": "brownfield",
        "app.kubernetes.io/component": process.kind,
        PROCESS_KIND: process.kind,
        PROCESS: process_object(process.key),
    }
