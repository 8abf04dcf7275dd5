"""Credentials for the spine, in the Secrets of `names.SPINE_SECRETS`: one key for each process, renewed in time.

Keys are written by merge patches, because sixteen Secrets serve all processes of a namespace; those of processes that
are new at the same time by one, or a thousand sources applied at once would write a thousand times into Secrets that
grow with each. What was found right once is not looked at again before it is due or somebody touches the Secret.
"""

import asyncio
import base64
import hashlib
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field

import msgspec
import structlog

from brownfield_api.adapter_config import AdapterConfig
from brownfield_api.errors import BrownfieldError
from brownfield_api.pipeline_config import PipelineConfig
from brownfield_api.process import ProcessConfig
from brownfield_api.twin_config import TwinConfig
from brownfield_operator import names
from brownfield_operator.access.credentials import RENEWAL, Due, due, issue, user_of
from brownfield_operator.access.permissions import process_permissions
from brownfield_operator.access.trust import DAY, Trust
from brownfield_operator.desired import DesiredProcess, ProcessKey
from brownfield_operator.kube.kinds import Json, Kind
from brownfield_operator.kube.port import KubePort

_log = structlog.get_logger()

_SHAPES: Mapping[str, type[ProcessConfig]] = {
    "adapter": AdapterConfig,
    "pipeline": PipelineConfig,
    "twin": TwinConfig,
}


Place = tuple[str, str]
"""Namespace and name of a Secret."""


@dataclass(frozen=True, slots=True)
class _Found:
    """Credentials that were right: for which configuration, which text, until when they need no look."""

    content: str
    text: str
    look_again: int


@dataclass(slots=True)
class SpineSecrets:
    """Issues, renews and withdraws. `desired` gives the processes that should run, `now` seconds since 1970, `random`
    unpredictable bytes; `withdrawn` is told the user keys that must not be used any more.

    `_found` is by Secret, because a change of one must not cost a look at all; `_entries` are the keys in each.
    """

    kube: KubePort
    trust: Callable[[], Trust]
    desired: Callable[[], Iterable[DesiredProcess]]
    now: Callable[[], int]
    random: Callable[[int], bytes]
    withdrawn: Callable[[str], None]
    _found: dict[Place, dict[ProcessKey, _Found]] = field(default_factory=dict)
    _entries: dict[Place, frozenset[str]] = field(default_factory=dict)
    _touched: dict[Place, int] = field(default_factory=lambda: defaultdict(int))
    _at_work: dict[Place, asyncio.Lock] = field(default_factory=lambda: defaultdict(asyncio.Lock))

    async def ensure(self, process: DesiredProcess) -> None:
        """Returns when the process has credentials that fit its configuration; writes only if it has none.

        Its neighbours in the Secret that nobody has looked at are looked at as well, and newcomers get theirs.
        """
        place, entry = _place(process.key)
        async with self._at_work[place]:
            while not self._is_good(process):
                await self._look(process, place, entry)

    async def _look(self, process: DesiredProcess, place: Place, entry: str) -> None:
        """One look at the Secret, and a write if it needs one."""
        touched, known = self._touched[place], set(self._found.get(place, ()))
        live = await self.kube.get(Kind.SECRET, *place)
        data: Mapping[str, str] = (live or {}).get("data") or {}
        issued = [(process, text)] if (text := self._renewed(process, _text(data.get(entry, "")))) else []
        issued += self._newcomers(place, data, but=process.key)
        if issued:
            texts = {_place(each.key)[1]: text for each, text in issued}
            await self._write(place, texts, create=live is None)
            _log.info("credentials for the spine issued", namespace=place[0], processes=len(issued), first=entry)
        for each, text in issued:
            self._note(each, text)
        if self._touched[place] != touched:
            # The watch was faster than an answer: what was noted from the answer may be older than what the watch has
            # shown, and nobody would show it again.
            for key in self._found.get(place, {}).keys() - known:
                del self._found[place][key]

    def _newcomers(
        self, place: Place, data: Mapping[str, str], *, but: ProcessKey
    ) -> Iterator[tuple[DesiredProcess, str]]:
        """Processes that have nothing in this Secret yet, with new credentials; those that have good ones are noted."""
        for process in self.desired():
            where, entry = _place(process.key)
            if where != place or process.key == but or self._is_good(process):
                continue
            # What cannot be done for a neighbour is told when its own turn comes; so is what does not fit any more.
            with suppress(BrownfieldError, msgspec.MsgspecError):
                text = self._renewed(process, _text(data.get(entry, "")))
                if text and entry not in data:
                    yield process, text

    def _renewed(self, process: DesiredProcess, text: str) -> str:
        """New credentials instead of `text`; "" where those are good, which is noted."""
        permissions = process_permissions(msgspec.json.decode(process.content, type=_SHAPES[process.kind]))
        if due(text, self.trust(), permissions, now=self.now()) is Due.NO:
            self._note(process, text)
            return ""
        name = names.process_object(process.key)
        return issue(self.trust(), name, permissions, now=self.now(), random=self.random, previous=text)

    def _note(self, process: DesiredProcess, text: str) -> None:
        known = _Found(_hash(process.content), _hash(text.encode()), self.now() + min(DAY, RENEWAL))
        self._found.setdefault(_place(process.key)[0], {})[process.key] = known

    def _is_good(self, process: DesiredProcess) -> bool:
        found = self._found.get(_place(process.key)[0], {}).get(process.key)
        return found is not None and found.content == _hash(process.content) and self.now() < found.look_again

    async def forget(self, key: ProcessKey) -> None:
        """Takes the credentials of a process that is gone away from it, and from everybody who copied them.

        One at a time: two that are the last ones of a Secret would each leave it to the other to delete it.
        """
        place, entry = _place(key)
        async with self._at_work[place]:
            await self._forget(key, place, entry)

    async def _forget(self, key: ProcessKey, place: Place, entry: str) -> None:
        self._found.get(place, {}).pop(key, None)
        live = await self.kube.get(Kind.SECRET, *place)
        data: Mapping[str, str] = (live or {}).get("data") or {}
        if live is None or entry not in data:
            return
        user = user_of(_text(data[entry]))
        if user:
            self.withdrawn(user)
        if set(data) == {entry}:
            await self.kube.delete(Kind.SECRET, *place, uid=live["metadata"]["uid"])
        else:
            await self.kube.merge_patch(Kind.SECRET, *place, {"data": {entry: None}})

    def seen(self, secret: Json) -> list[ProcessKey]:
        """Somebody touched a Secret (gone: without data): processes whose credentials are not what they were."""
        data: Mapping[str, str] = secret.get("data") or {}
        place = (secret["metadata"]["namespace"], secret["metadata"]["name"])
        self._entries[place] = frozenset(data)
        self._touched[place] += 1
        known = self._found.get(place, {})
        touched = [
            key for key, found in known.items() if _hash(_text(data.get(_place(key)[1], "")).encode()) != found.text
        ]
        for key in touched:
            del known[key]
        return touched

    def listed(self, name: str, secrets: Iterable[Json]) -> list[ProcessKey]:
        """A complete list of the Secrets of one name: processes whose credentials are not what they were."""
        there = {secret["metadata"]["namespace"]: secret for secret in secrets}
        spaces = {space for space, of in (*self._found, *self._entries) if of == name} | there.keys()
        nothing = {space: {"metadata": {"namespace": space, "name": name}} for space in spaces}
        return [key for secret in {**nothing, **there}.values() for key in self.seen(secret)]

    def doubt(self) -> list[ProcessKey]:
        """A watch had a gap: processes whose credentials have to be looked at again."""
        known = [key for found in self._found.values() for key in found]
        self._found.clear()
        return known

    def leftovers(self, known: Iterable[ProcessKey]) -> list[ProcessKey]:
        """Whoever has credentials and is none of the `known`: its end came while no operator was there to see it."""
        wanted = {(key[1], _place(key)[1]) for key in known}
        return [
            _key_of(place[0], entry)
            for place, entries in self._entries.items()
            for entry in entries
            if (place[0], entry) not in wanted
        ]

    def due(self) -> list[ProcessKey]:
        """Processes whose credentials want a look by now."""
        everybody = (item for known in self._found.values() for item in known.items())
        return [key for key, found in everybody if self.now() >= found.look_again]

    async def _write(self, place: Place, texts: Mapping[str, str], *, create: bool) -> None:
        data = {entry: base64.b64encode(text.encode()).decode() for entry, text in texts.items()}
        if create and await self.kube.create(_secret(place, data)):
            return
        await self.kube.merge_patch(Kind.SECRET, *place, {"data": data})


def _place(key: ProcessKey) -> tuple[Place, str]:
    """Secret and key in it."""
    name = names.process_object(key)
    return (key[1], names.spine_secret(name)), names.spine_key(name)


def _key_of(namespace: str, entry: str) -> ProcessKey:
    """A key with the same place; of a long name it is not the process's own, which nobody knows any more."""
    kind, _, name = entry.removesuffix(names.spine_key("")).partition("-")
    return kind, namespace, name


def _secret(place: Place, data: Mapping[str, str]) -> Json:
    labels = {names.MANAGED_BY: names.OPERATOR, "app.kubernetes.io/part-of": "brownfield"}
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "type": "Opaque",
        "metadata": {"name": place[1], "namespace": place[0], "labels": labels},
        "data": dict(data),
    }


def _text(encoded: str) -> str:
    try:
        return base64.b64decode(encoded, validate=True).decode()
    except ValueError:  # edited by hand: as good as none
        return ""


def _hash(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
