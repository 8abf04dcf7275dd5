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

TEMPLATE = f"{GROUP}/template"
"""Annotation on StatefulSets: hash of the pod template in it; another one replaces the pod."""

SPINE_SECRETS = tuple(f"brownfield-spine-{shard}" for shard in "0123456789abcdef")
"""Secrets with processes' credentials for the spine, in each namespace with processes."""

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


def selector(process: DesiredProcess) -> dict[str, str]:
    """Labels that select the pods of a process; its StatefulSet can never change them."""
    return {MANAGED_BY: OPERATOR, PROCESS: process_object(process.key)}


def annotations(process: DesiredProcess) -> dict[str, str]:
    """Annotations of a process's StatefulSet and pods: who it is, and which endpoints it may be connected to."""
    endpoints = ",".join(sorted({endpoint_hash(key) for key in process.endpoints}))
    return {PROCESS_NAME: process.name, **({ENDPOINTS: endpoints} if endpoints else {})}


def spine_secret(object_name: str) -> str:
    """The Secret with a process's credentials for the spine: one of `SPINE_SECRETS`, by the hash of its name.

    Sixteen with fixed names instead of one for each process: the operator's role can then name them, and no
    password of the plant is within its reach.
    """
    return SPINE_SECRETS[int(hashlib.sha256(object_name.encode()).hexdigest()[0], 16)]


def spine_key(object_name: str) -> str:
    """The process's own key in that Secret."""
    return f"{object_name}.creds"
