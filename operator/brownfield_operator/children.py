"""What the operator knows of its children: little of each, and whether it is as it was asked for.

Bodies are looked at when they arrive and not kept: five thousand StatefulSets would be more memory than the whole
operator. What stays is who an object is, what it was made from (`names.INTENT`), and what others ask about it.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from sys import intern
from typing import Any

import msgspec

from brownfield_operator import names
from brownfield_operator.desired import ProcessKey
from brownfield_operator.drift import Drift
from brownfield_operator.kube.kinds import Json, Kind, kind_of
from brownfield_operator.last_good import Ident
from brownfield_operator.rollouts import Phase, phase_of

ChildKey = tuple[Kind, str, str]
"""Kind, namespace and name of a child."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Child:
    """One object of ours. `drift` None: not compared yet. `endpoints`: hashes of the endpoints a pod or StatefulSet
    may be connected to; `configs`: the ConfigMaps a StatefulSet's pods mount, `template`: the hash of its pod
    template, `phase`: how far it is; `body`: of StatefulSets and pods, what tells how they are, as JSON.
    """

    kind: Kind
    namespace: str
    name: str
    uid: str
    version: str
    process: ProcessKey
    intent: str
    created: str
    drift: Drift | None = None
    body: bytes = field(default=b"", repr=False)
    endpoints: frozenset[str] = frozenset()
    configs: tuple[str, ...] = ()
    template: str = ""
    phase: Phase | None = None
    owners: frozenset[Ident] = frozenset()

    @property
    def key(self) -> ChildKey:
        return self.kind, self.namespace, self.name


def child_of(body: Json, drift: Drift | None = None) -> Child | None:
    """What is kept of an object; None if it does not say which process it belongs to."""
    metadata = body["metadata"]
    labels, annotations = metadata.get("labels") or {}, metadata.get("annotations") or {}
    kind, name = labels.get(names.PROCESS_KIND), annotations.get(names.PROCESS_NAME)
    if not kind or not name:
        return None
    # What several children have in common is kept once: five thousand processes have fifteen thousand children.
    kind, name, namespace = (intern(text) for text in (kind, name, metadata["namespace"]))
    owners = frozenset(
        (intern(owner["kind"]), namespace, intern(owner["name"]))
        for owner in metadata.get("ownerReferences") or ()
        if owner["apiVersion"].partition("/")[0] == names.GROUP
    )
    return Child(
        kind=kind_of(body),
        namespace=namespace,
        name=metadata["name"],
        uid=metadata["uid"],
        version=metadata["resourceVersion"],
        process=(kind, namespace, name),
        intent=annotations.get(names.INTENT, ""),
        created=metadata["creationTimestamp"],
        drift=drift,
        body=_condensed(body) if body["kind"] in {"StatefulSet", "Pod"} else b"",
        endpoints=frozenset(filter(None, annotations.get(names.ENDPOINTS, "").split(","))),
        configs=_configs(body) if body["kind"] == "StatefulSet" else (),
        template=annotations.get(names.TEMPLATE, ""),
        phase=phase_of(body) if body["kind"] == "StatefulSet" else None,
        owners=owners,
    )


_TELLING = ("name", "namespace", "uid", "generation", "labels", "annotations", "creationTimestamp", "deletionTimestamp")


def _condensed(body: Mapping[str, Any]) -> bytes:
    """What `status.workload` reads, without the many fields that never change."""
    metadata = {name: value for name, value in body["metadata"].items() if name in _TELLING}
    spec = {name: value for name, value in body["spec"].items() if name in {"replicas", "nodeName", "volumes"}}
    return msgspec.json.encode({"kind": body["kind"], "metadata": metadata, "spec": spec, "status": body.get("status")})


def _configs(stateful_set: Mapping[str, Any]) -> tuple[str, ...]:
    """The ConfigMaps whose parts are the configuration, in order."""
    found: set[str] = set()
    for volume in stateful_set["spec"]["template"]["spec"].get("volumes") or ():
        sources = [volume, *((volume.get("projected") or {}).get("sources") or ())]
        found.update(source["configMap"]["name"] for source in sources if source.get("configMap"))
    return tuple(sorted(found))


def is_known(before: Child, now: Child) -> bool:
    """Whether a watch shows what we wrote ourselves and have compared, or something older."""
    if before.uid != now.uid:
        return False
    compared = before.drift is Drift.NONE and before.version == now.version
    return compared or int(now.version) < int(before.version)


@dataclass(slots=True)
class Children:
    """All children, by process. `released` is told the endpoints (hashes) that one of them has let go of, `rolled`
    each phase in which a StatefulSet is seen; None: it is gone.
    """

    released: Callable[[frozenset[str]], None] = lambda _endpoints: None
    rolled: Callable[[ProcessKey, Phase | None], None] = lambda _process, _phase: None
    _by_process: dict[ProcessKey, dict[ChildKey, Child]] = field(default_factory=dict)
    _process_of: dict[ChildKey, ProcessKey] = field(default_factory=dict)
    _holding: dict[str, set[ChildKey]] = field(default_factory=dict)

    def put(self, child: Child) -> None:
        before = self._take(child.key)
        self._process_of[child.key] = child.process
        self._by_process.setdefault(child.process, {})[child.key] = child
        for endpoint in child.endpoints:
            self._holding.setdefault(endpoint, set()).add(child.key)
        if before is not None and not before.endpoints <= child.endpoints:
            self.released(before.endpoints - child.endpoints)
        if child.phase is not None:
            self.rolled(child.process, child.phase)

    def remove(self, key: ChildKey, uid: str = "") -> Child | None:
        """Forgets an object that is gone (with `uid`, only that very one) and returns what was known of it."""
        child = self.get(key)
        if child is None or (uid and child.uid != uid):
            return None
        self._take(key)
        if child.endpoints:
            self.released(child.endpoints)
        if child.phase is not None:
            self.rolled(child.process, None)
        return child

    def _take(self, key: ChildKey) -> Child | None:
        process = self._process_of.pop(key, None)
        if process is None:
            return None
        members = self._by_process[process]
        child = members.pop(key)
        for endpoint in child.endpoints:
            self._holding[endpoint].discard(key)
            if not self._holding[endpoint]:
                del self._holding[endpoint]
        if not members:
            del self._by_process[process]
        return child

    def get(self, key: ChildKey) -> Child | None:
        process = self._process_of.get(key)
        return self._by_process[process][key] if process is not None else None

    def of(self, process: ProcessKey) -> tuple[Child, ...]:
        return tuple(self._by_process.get(process, {}).values())

    def of_kind(self, kind: Kind) -> Iterator[Child]:
        return (child for members in self._by_process.values() for child in members.values() if child.kind == kind)

    def absent(self, kind: Kind, namespace: str | None, existing: frozenset[tuple[str, str]]) -> list[Child]:
        """Forgets what a complete list of a kind does not hold, and returns it."""
        gone = [
            child.key
            for child in self.of_kind(kind)
            if namespace in {None, child.namespace} and (child.namespace, child.name) not in existing
        ]
        return [child for child in map(self.remove, gone) if child is not None]

    def processes(self) -> frozenset[ProcessKey]:
        return frozenset(self._by_process)

    def holders(self, endpoints: Iterable[str], process: ProcessKey) -> frozenset[str]:
        """Those of `endpoints` (hashes) that a pod or StatefulSet of another process may be connected to."""
        return frozenset(
            endpoint
            for endpoint in endpoints
            if any(self._process_of[key] != process for key in self._holding.get(endpoint, ()))
        )
