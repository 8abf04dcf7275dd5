"""`port.KubePort` over HTTP: each verb as the request that Kubernetes wants for it."""

import random
from collections.abc import AsyncGenerator
from contextlib import aclosing, suppress
from types import TracebackType
from typing import Self

import aiohttp
from kubernetes.aio.client import Configuration

from brownfield_operator import names
from brownfield_operator.kube.counting import Requests
from brownfield_operator.kube.errors import Conflict, Gone, Invalid, NotFound, from_status
from brownfield_operator.kube.kinds import Json, Kind, kind_of
from brownfield_operator.kube.port import PAGE, Listing, Page, WatchEvent
from brownfield_operator.kube.transport import APPLY, CONNECT_TIMEOUT, JSON, JSON_PATCH, MERGE, Request, Transport

TIMEOUT = 30.0
"""Seconds a request may take, waiting for a free connection included."""

CONNECTIONS = 16
"""Requests in flight. Watches have connections of their own, or a burst of writes would wait for them."""

WATCH_SECONDS = (240, 360)
"""Length of a watch, chosen by chance between these, so that they do not all end at once."""

WATCH_SILENCE = 90.0
"""Seconds without a byte after which a watch ends, to be made anew. A connection that is open on our side only (a
router forgot it) would otherwise be waited on for ever. Bookmarks come once a minute and keep a watch going, but not
in the first minutes of an API server (Kubernetes 1.34: the first one after 120 s): silence is no error.
"""

_LIST_ATTEMPTS = 3
_METADATA = "application/json;as={};v=v1;g=meta.k8s.io,application/json"


class KubeClient:
    """The API server of `configuration`. Use as a context manager, or `close` it."""

    def __init__(
        self,
        configuration: Configuration,
        requests: Requests,
        *,
        timeout: float = TIMEOUT,
        connections: int = CONNECTIONS,
        watch_silence: float = WATCH_SILENCE,
    ) -> None:
        connect = min(CONNECT_TIMEOUT, timeout)
        self._transport = Transport(
            configuration,
            requests,
            timeout=aiohttp.ClientTimeout(total=timeout, sock_connect=connect),
            connections=connections,
        )
        self._watches = Transport(
            configuration,
            requests,
            timeout=aiohttp.ClientTimeout(sock_connect=connect, sock_read=watch_silence),
            connections=0,
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Close all connections."""
        await self._transport.close()
        await self._watches.close()

    async def get(self, kind: Kind, namespace: str, name: str) -> Json | None:
        request = Request(verb="get", kind=kind, method="GET", path=kind.path(namespace, name))
        try:
            return await self._transport.ask(request)
        except NotFound:
            return None

    async def serves(self, kind: Kind) -> bool:
        # Everybody who is logged in may ask this (the role system:discovery), so it costs the operator no right.
        request = Request(verb="get", kind=kind, method="GET", path=kind.home)
        try:
            served = await self._transport.ask(request)
        except NotFound:  # nothing of the group
            return False
        return any(resource["name"] == kind.plural for resource in served["resources"])

    async def pages(
        self,
        kind: Kind,
        *,
        namespace: str | None = None,
        labels: str = "",
        fields: str = "",
        metadata_only: bool = False,
    ) -> AsyncGenerator[Page, None]:
        query = _selectors(labels, fields) | {"limit": str(PAGE)}
        accept = _METADATA.format("PartialObjectMetadataList") if metadata_only else JSON
        following: str | None = ""
        while following is not None:
            request = Request(
                verb="list",
                kind=kind,
                method="GET",
                path=kind.path(namespace),
                query=query | ({"continue": following} if following else {}),
                accept=accept,
            )
            page = _page(kind, await self._transport.ask(request))
            following = page.following or None
            yield page
            del page  # what the caller no longer needs must not stay in memory while the next page is read

    async def list(
        self,
        kind: Kind,
        *,
        namespace: str | None = None,
        labels: str = "",
        fields: str = "",
        metadata_only: bool = False,
    ) -> Listing:
        for attempt in range(1, _LIST_ATTEMPTS + 1):
            pages = self.pages(kind, namespace=namespace, labels=labels, fields=fields, metadata_only=metadata_only)
            try:
                parts = [page async for page in pages]
            except Gone:
                if attempt == _LIST_ATTEMPTS:
                    raise
            else:
                return Listing(tuple(item for part in parts for item in part.objects), parts[-1].resource_version)
        raise AssertionError("unreachable: the last attempt returns or raises")

    async def watch(
        self,
        kind: Kind,
        resource_version: str,
        *,
        namespace: str | None = None,
        labels: str = "",
        fields: str = "",
        metadata_only: bool = False,
    ) -> AsyncGenerator[WatchEvent, None]:
        request = Request(
            verb="watch",
            kind=kind,
            method="GET",
            path=kind.path(namespace),
            query={
                **_selectors(labels, fields),
                "watch": "true",
                "allowWatchBookmarks": "true",
                "resourceVersion": resource_version,
                "timeoutSeconds": str(random.randint(*WATCH_SECONDS)),  # noqa: S311 - spreads load, protects nothing
            },
            accept=_METADATA.format("PartialObjectMetadata") if metadata_only else JSON,
        )
        async with aclosing(self._watches.stream(request)) as events:
            async for event in events:
                if event["type"] == "ERROR":
                    raise from_status(int(event["object"].get("code") or 500), event["object"], request.where)
                yield WatchEvent(event["type"], event["object"])

    async def create(self, manifest: Json) -> Json | None:
        kind = kind_of(manifest)
        path = kind.path(manifest["metadata"].get("namespace"))
        request = Request(
            verb="create", kind=kind, method="POST", path=path, query=_writing(strict=True), body=manifest
        )
        try:
            return await self._transport.ask(request)
        except Conflict as error:
            if error.reason == "AlreadyExists":
                return None
            raise

    async def apply(self, manifest: Json, *, force: bool = True) -> Json:
        return await self._transport.ask(
            Request(
                verb="apply",
                kind=kind_of(manifest),
                method="PATCH",
                path=_path_of(manifest),
                query=_writing(strict=True) | {"force": "true" if force else "false"},
                body=manifest,
                content_type=APPLY,
            )
        )

    async def replace(self, manifest: Json) -> Json:
        return await self._transport.ask(
            Request(
                verb="update",
                kind=kind_of(manifest),
                method="PUT",
                path=_path_of(manifest),
                query=_writing(strict=True),
                body=manifest,
            )
        )

    async def merge_patch(self, kind: Kind, namespace: str, name: str, body: Json) -> Json:
        return await self._transport.ask(
            Request(
                verb="patch",
                kind=kind,
                method="PATCH",
                path=kind.path(namespace, name),
                query=_writing(),
                body=body,
                content_type=MERGE,
            )
        )

    async def patch_status(self, kind: Kind, namespace: str, name: str, status: Json, *, uid: str) -> Json:
        # Not server-side apply: it ignores a uid here, and refuses the whole status for one field that the CRD does
        # not know, which must not silence an operator that is newer than its CRDs. Not a merge patch: it would need
        # a null for each field that is no more.
        request = Request(
            verb="patch_status",
            kind=kind,
            method="PATCH",
            path=kind.path(namespace, name, "status"),
            query=_writing(),
            body=[
                {"op": "test", "path": "/metadata/uid", "value": uid},
                {"op": "add", "path": "/status", "value": status},
            ],
            content_type=JSON_PATCH,
        )
        try:
            return await self._transport.ask(request)
        except Invalid as error:
            if error.causes:
                raise
            # A failed test (RFC 6902, section 4.6) is the only refusal that names no field.
            raise Conflict(f"the {kind} {uid} is gone, another has its name", request.where, code=error.code) from error

    async def delete(self, kind: Kind, namespace: str, name: str, *, uid: str = "", orphan: bool = False) -> None:
        body: Json = {"propagationPolicy": "Orphan" if orphan else "Background"}
        if uid:
            body["preconditions"] = {"uid": uid}
        path = kind.path(namespace, name)
        with suppress(NotFound):
            await self._transport.ask(Request(verb="delete", kind=kind, method="DELETE", path=path, body=body))


def _page(kind: Kind, answer: Json) -> Page:
    items = answer["items"] or ()  # null in an empty list of metadata
    for item in items:
        item.setdefault("apiVersion", kind.api_version)  # the server leaves both out in lists of built-in kinds
        item.setdefault("kind", str(kind))
    metadata = answer["metadata"]
    return Page(tuple(items), metadata["resourceVersion"], metadata.get("continue") or "")


def _selectors(labels: str, fields: str = "") -> dict[str, str]:
    return ({"labelSelector": labels} if labels else {}) | ({"fieldSelector": fields} if fields else {})


def _writing(*, strict: bool = False) -> dict[str, str]:
    """Strict field validation: a field that we misspell must fail, not vanish."""
    return {"fieldManager": names.FIELD_MANAGER} | ({"fieldValidation": "Strict"} if strict else {})


def _path_of(manifest: Json) -> str:
    metadata = manifest["metadata"]
    return kind_of(manifest).path(metadata.get("namespace"), metadata["name"])
