"""Which clusters exist on this machine: name, provider and slot, in one file under one lock.

An entry is written before anything of the cluster is made and removed after the last of it is gone: whatever dies
in between, `up` and `down` still know what to look for.
"""

import json
import re
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass
from pathlib import Path

from hack.cluster.folders import Layout
from hack.cluster.lock import locked
from hack.cluster.network import Network, free_slot, host_routes

from brownfield_api.errors import BrownfieldError

_NAME = re.compile(r"[a-z]([-a-z0-9]{0,28}[a-z0-9])?")


@dataclass(frozen=True, slots=True)
class Entry:
    """A cluster that exists, or of which something may be left."""

    name: str
    provider: str
    slot: int

    @property
    def network(self) -> Network:
        """Its addresses."""
        return Network(self.slot)


@dataclass(frozen=True, slots=True)
class Registry:
    """The file and the clusters' folders, below `folder`."""

    folder: Path

    def layout(self, name: str) -> Layout:
        """Where the cluster's files lie."""
        return Layout(self.folder / check_name(name))

    def lock_file(self, name: str) -> Path:
        """The lock of one cluster: held through its `up` and `down`."""
        return self.folder / f"{check_name(name)}.lock"

    def lock(self) -> AbstractContextManager[None]:
        """While it is held no cluster comes and none goes."""
        return locked(self.folder / "registry.lock")

    def find(self, name: str) -> Entry | None:
        """The entry, None without one."""
        return self._read().get(check_name(name))

    def entries(self) -> list[Entry]:
        """All clusters."""
        return list(self._read().values())

    def add(self, name: str, provider: str) -> Entry:
        """The entry of this name, made if there is none; `BrownfieldError` if another provider has the name."""
        with self.lock():
            entries = self._read()
            found = entries.get(check_name(name))
            if found is None:
                routes = host_routes(_ROUTES.read_text(encoding="ascii")) if _ROUTES.exists() else []
                slot = free_slot({entry.slot for entry in entries.values()}, routes)
                found = Entry(name=name, provider=provider, slot=slot)
                self._write({**entries, name: found})
        if found.provider != provider:
            raise BrownfieldError(
                f"it exists with the provider {found.provider}, not {provider}",
                where=f"cluster {name}",
                do=f"Take another name, or remove it first: python -m hack.cluster down {name}",
            )
        return found

    def remove(self, name: str) -> None:
        """Forget the cluster; nothing happens if it is unknown. The last one takes the files with it."""
        with self.lock():
            entries = self._read()
            entries.pop(check_name(name), None)
            if entries:
                self._write(entries)
                return
            for file in ("clusters.json", "registry.lock"):
                (self.folder / file).unlink(missing_ok=True)

    def _read(self) -> dict[str, Entry]:
        try:
            text = (self.folder / "clusters.json").read_text(encoding="utf-8")
        except FileNotFoundError:
            return {}
        return {item["name"]: Entry(**item) for item in json.loads(text)}

    def _write(self, entries: dict[str, Entry]) -> None:
        path = self.folder / "clusters.json"
        unfinished = path.with_suffix(".new")
        unfinished.write_text(json.dumps([asdict(entry) for entry in entries.values()], indent=2) + "\n", "utf-8")
        unfinished.replace(path)


_ROUTES = Path("/proc/net/route")


def check_name(name: str) -> str:
    """The name, if it can name a cluster, a network namespace and a node; `BrownfieldError` if not."""
    if not _NAME.fullmatch(name):
        raise BrownfieldError(
            "not a name for a cluster",
            where=repr(name),
            do="Use up to 30 lower-case letters, digits and hyphens, a letter first.",
        )
    return name
