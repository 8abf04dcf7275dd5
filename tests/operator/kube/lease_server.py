"""An API server reduced to one Lease, on a network that delays, loses requests and loses answers."""

import asyncio
import random
from dataclasses import dataclass, field

from brownfield_operator.kube.errors import Conflict, KubeError, NotFound, Unreachable
from brownfield_operator.kube.kinds import Json, Kind


@dataclass
class Network:
    """Slowest way there or back in seconds; part of requests that never arrive, and of answers that do not."""

    slowest: float = 0.0
    lost_requests: float = 0.0
    lost_answers: float = 0.0


@dataclass
class LeaseServer:
    """The port of one candidate is `self` too: only `get`, `create` and `replace` are there."""

    chance: random.Random
    network: Network = field(default_factory=Network)
    record: Json | None = None
    versions: int = 0
    writes: int = 0

    async def get(self, _kind: Kind, _namespace: str, _name: str) -> Json | None:
        return await self._travel("get", {})

    async def create(self, manifest: Json) -> Json | None:
        return await self._travel("create", manifest)

    async def replace(self, manifest: Json) -> Json:
        answer = await self._travel("replace", manifest)
        assert answer is not None
        return answer

    async def _travel(self, verb: str, manifest: Json) -> Json | None:
        """A request that is under way arrives even if the client no longer waits: hence the task and the shield."""
        answer = await asyncio.shield(asyncio.create_task(self._journey(verb, manifest)))
        if isinstance(answer, KubeError):
            raise answer
        return answer

    async def _journey(self, verb: str, manifest: Json) -> Json | KubeError | None:
        await asyncio.sleep(self.chance.uniform(0, self.network.slowest))
        if self.chance.random() < self.network.lost_requests:
            return Unreachable("lost on the way", verb)
        try:
            answer: Json | KubeError | None = self._arrive(verb, manifest)
        except KubeError as refused:
            answer = refused
        await asyncio.sleep(self.chance.uniform(0, self.network.slowest))
        return Unreachable("answer lost", verb) if self.chance.random() < self.network.lost_answers else answer

    def _arrive(self, verb: str, manifest: Json) -> Json | None:
        if verb == "get":
            return self.record
        if verb == "create" and self.record is not None:
            return None
        if verb == "replace":
            if self.record is None:
                raise NotFound("no such lease", verb)
            if manifest["metadata"]["resourceVersion"] != self.record["metadata"]["resourceVersion"]:
                raise Conflict("modified meanwhile", verb)
        self.versions += 1
        self.writes += 1
        self.record = {**manifest, "metadata": {**manifest["metadata"], "resourceVersion": str(self.versions)}}
        return self.record
