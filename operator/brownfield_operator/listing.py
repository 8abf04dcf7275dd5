"""Looks at all objects of a kind once, page by page: when there is a first plan to compare with, and at resyncs."""

import asyncio
from contextlib import aclosing

from brownfield_operator.kube.port import KubePort
from brownfield_operator.kube.reflector import Watched
from brownfield_operator.kube.sink import Sink


async def show_all(kube: KubePort, watched: Watched, sink: Sink, namespace: str | None) -> None:
    """Every object is seen, then the list is complete. Raises `KubeError`; what was seen until then, counts."""
    existing: set[tuple[str, str]] = set()
    pages = kube.pages(watched.kind, namespace=namespace, labels=watched.labels, fields=watched.fields)
    async with aclosing(pages):
        async for page in pages:
            for found in page.objects:
                sink.seen(watched.kind, "MODIFIED", found)
                existing.add((found["metadata"]["namespace"], found["metadata"]["name"]))
            await asyncio.sleep(0)  # others may have their turn between two pages
    sink.listed(watched.kind, namespace, frozenset(existing))
