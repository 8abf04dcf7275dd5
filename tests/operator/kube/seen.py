"""A sink that keeps what it was told, as the operator's store does."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field

from brownfield_operator.kube.kinds import Json, Kind
from brownfield_operator.kube.port import EventType
from brownfield_operator.kube.sink import Existing

Key = tuple[Kind, str, str]


@dataclass
class Seen:
    """`there`: resource versions by kind, namespace and name; `story`: everything in the order in which it was told."""

    there: dict[Key, str] = field(default_factory=dict)
    story: list[str] = field(default_factory=list)
    lists: int = 0

    def seen(self, kind: Kind, event: EventType, found: Json) -> None:
        metadata = found["metadata"]
        key = kind, metadata.get("namespace", ""), metadata["name"]
        self.story.append(f"{event} {metadata['name']}")
        if event == "DELETED":
            self.there.pop(key, None)
        else:
            self.there[key] = metadata["resourceVersion"]

    def listed(self, kind: Kind, namespace: str | None, existing: Existing) -> None:
        self.lists += 1
        meant = [key for key in self.there if key[0] is kind and namespace in (None, key[1])]
        for key in meant:
            if key[1:] not in existing:
                del self.there[key]
        self.story.append("listed")

    @property
    def names(self) -> set[str]:
        return {name for _, _, name in self.there}


async def until(condition: Callable[[], bool], seconds: float = 20.0) -> None:
    async with asyncio.timeout(seconds):
        while not condition():
            await asyncio.sleep(0.02)
