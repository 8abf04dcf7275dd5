"""The Secret with the root of trust: made if absent, read at the start, kept for ever.

It has no owner and the chart does not make it: a chart that generates keys changes them at every rendering, and
without the keys nobody gets onto the spine again.
"""

import base64
import secrets
import time

import structlog

from brownfield_operator import names
from brownfield_operator.access.trust import Trust, new_trust
from brownfield_operator.kube.kinds import Json, Kind
from brownfield_operator.kube.port import KubePort

TRUST_SECRET = "brownfield-spine-trust"  # noqa: S105 - its name, not its content

_log = structlog.get_logger()


def seconds() -> int:
    """Now, in seconds since 1970 UTC."""
    return int(time.time())


async def load_or_create(kube: KubePort, namespace: str) -> Trust:
    """The trust of this installation. Raises `BrownfieldError` for a damaged Secret: making a new one silently would
    lock every running process out.
    """
    live = await kube.get(Kind.SECRET, namespace, TRUST_SECRET)
    if live is None:
        trust = new_trust(secrets.token_bytes, now=seconds())
        made = await kube.create(_manifest(namespace, trust))
        if made is not None:
            _log.info("root of trust of the spine created", secret=TRUST_SECRET, namespace=namespace)
            return trust
        live = await kube.get(Kind.SECRET, namespace, TRUST_SECRET)
    data = {key: base64.b64decode(text).decode() for key, text in ((live or {}).get("data") or {}).items()}
    return Trust.from_secret_data(data, where=f"Secret {namespace}/{TRUST_SECRET}")


async def store(kube: KubePort, namespace: str, trust: Trust) -> None:
    """Writes the trust after a revocation."""
    await kube.merge_patch(Kind.SECRET, namespace, TRUST_SECRET, {"data": _data(trust)})


def _manifest(namespace: str, trust: Trust) -> Json:
    labels = {names.MANAGED_BY: names.OPERATOR, "app.kubernetes.io/part-of": "brownfield"}
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "type": "Opaque",
        "metadata": {"name": TRUST_SECRET, "namespace": namespace, "labels": labels},
        "data": _data(trust),
    }


def _data(trust: Trust) -> dict[str, str]:
    return {key: base64.b64encode(text.encode()).decode() for key, text in trust.secret_data().items()}
