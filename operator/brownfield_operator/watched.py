"""What the operator watches: the resources, what it makes of them, and the pods."""

from brownfield_operator import names
from brownfield_operator.kube.kinds import Kind
from brownfield_operator.kube.reflector import Watched

_OURS = f"{names.MANAGED_BY}={names.OPERATOR}"

RESOURCES = frozenset((Kind.LEGACY_SOURCE, Kind.ASSET_MAPPING, Kind.TWIN_MODEL))

CHILDREN = (
    Watched(Kind.CONFIG_MAP, labels=names.INPUT),
    Watched(Kind.STATEFUL_SET, labels=_OURS),
    Watched(Kind.NETWORK_POLICY, labels=_OURS),
    Watched(Kind.SERVICE, labels=_OURS),
)

WATCHED = (
    Watched(Kind.LEGACY_SOURCE),
    Watched(Kind.ASSET_MAPPING),
    Watched(Kind.TWIN_MODEL),
    Watched(Kind.POD, labels=_OURS),
    *CHILDREN,
)

CREDENTIALS = tuple(Watched(Kind.SECRET, fields=f"metadata.name={name}") for name in names.SPINE_SECRETS)
"""Each by its name, which is all that the operator's role lets it see of Secrets."""
