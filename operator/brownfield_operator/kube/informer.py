"""Kopf as an informer and nothing else: its watch streams feed a `Sink`, its other powers are switched off.

No finalizers, annotations, progress, peering, events or posting; handlers of `kopf.on.event` alone make Kopf read only.
"""

import asyncio
import logging
from collections.abc import Iterable
from typing import Any

import kopf
import structlog
from kubernetes.aio.client import Configuration

from brownfield_operator.kube.kinds import Json, Kind
from brownfield_operator.kube.port import EventType
from brownfield_operator.kube.reflector import Watched
from brownfield_operator.kube.sink import Sink

_log = structlog.get_logger()


async def run_informer(
    configuration: Configuration, watched: Iterable[Watched], sink: Sink, namespaces: tuple[str, ...]
) -> None:
    """Feed `sink` until cancelled."""
    registry = kopf.OperatorRegistry()
    settings = _settings()
    kopf.on.login(registry=registry)(_login(configuration))
    for each in watched:
        selector = (each.kind.group, each.kind.api_version.rpartition("/")[2], each.kind.plural)
        kopf.on.event(*selector, id=f"see-{each.kind.plural}", registry=registry)(_handler(each.kind, sink))
        if each.labels:
            settings.watching.label_selectors[selector] = each.labels
    logging.getLogger("kopf").setLevel(logging.WARNING)
    stop = asyncio.Event()
    running = asyncio.create_task(
        kopf.operator(
            registry=registry,
            settings=settings,
            standalone=True,
            clusterwide=not namespaces,
            namespaces=namespaces,
            stop_flag=stop,
        )
    )
    try:
        await asyncio.shield(running)
    finally:
        stop.set()  # cancelled, Kopf would leave its connections open
        await running


def _settings() -> kopf.OperatorSettings:
    settings = kopf.OperatorSettings()
    settings.posting.enabled = False
    settings.scanning.disabled = True
    settings.process.ultimate_exiting_timeout = None
    settings.watching.chunk_size = 200
    settings.watching.server_timeout = 300
    settings.watching.inactivity_timeout = 90
    settings.watching.reconnect_backoff = 0.5
    settings.queueing.idle_timeout = 0.1
    settings.networking.request_timeout = 30
    settings.networking.connect_timeout = 5
    return settings


def _handler(kind: Kind, sink: Sink) -> Any:
    async def see(type: EventType | None, event: Any, **_: Any) -> None:  # noqa: A002 - Kopf's name for it
        found: Json = event["object"]
        try:
            sink.seen(kind, type or "ADDED", found)
        except Exception:  # noqa: BLE001 - Kopf would swallow it: say it where it can be seen
            _log.exception("an object could not be taken in", kind=str(kind), name=found["metadata"]["name"])

    return see


def _login(configuration: Configuration) -> Any:
    async def login(**_: Any) -> kopf.ConnectionInfo:
        token = (await configuration.auth_settings()).get("BearerToken")
        scheme, _space, value = str(token["value"]).partition(" ") if token else ("", "", "")
        return kopf.ConnectionInfo(
            server=configuration.host,
            ca_path=configuration.ssl_ca_cert,
            insecure=not configuration.verify_ssl,
            scheme=scheme or None,
            token=value.strip() or None,
            certificate_path=configuration.cert_file,
            private_key_path=configuration.key_file,
        )

    return login
