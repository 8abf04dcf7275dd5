"""Whether an object holds everything that another one asks for; what it holds beside that does not count.

Lists that Kubernetes merges by key are compared item by key; all others (arguments, rules of a policy, tolerations)
are one value: as many items, in the same order.
"""

from collections.abc import Mapping, Sequence
from typing import Any

_POD = "spec.template.spec"
_KEYS: Mapping[str, tuple[str, ...]] = {
    "metadata.ownerReferences": ("uid",),
    "spec.groups": ("name",),
    "spec.ports": ("port", "protocol"),
    f"{_POD}.containers": ("name",),
    f"{_POD}.containers.env": ("name",),
    f"{_POD}.containers.ports": ("containerPort", "protocol"),
    f"{_POD}.containers.volumeMounts": ("mountPath",),
    f"{_POD}.imagePullSecrets": ("name",),
    f"{_POD}.volumes": ("name",),
}
"""Of the lists we render; `x-kubernetes-list-map-keys` in the API's OpenAPI description."""


def contains(live: Any, wanted: Any, path: str = "") -> bool:
    """Whether every field of `wanted` is in `live` with that value. `path`: where in the object both are."""
    if isinstance(wanted, Mapping):
        return isinstance(live, Mapping) and all(
            name in live and contains(live[name], value, f"{path}.{name}" if path else name)
            for name, value in wanted.items()
        )
    if isinstance(wanted, (list, tuple)):
        return isinstance(live, (list, tuple)) and _list_contains(live, wanted, path)
    return bool(live == wanted)


def _list_contains(live: Sequence[Any], wanted: Sequence[Any], path: str) -> bool:
    keys = _KEYS.get(path)
    if keys is None:
        return len(live) == len(wanted) and all(
            contains(one, other, path) for one, other in zip(live, wanted, strict=True)
        )
    items = {_key(item, keys): item for item in live}
    return all(contains(items.get(_key(item, keys)), item, path) for item in wanted)


def _key(item: Mapping[str, Any], keys: tuple[str, ...]) -> tuple[Any, ...]:
    return tuple(item.get(key) for key in keys)
