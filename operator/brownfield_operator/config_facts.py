"""What Kubernetes must know of a process's configuration: read from the configuration itself, so that it also holds
for one that runs on from an earlier version. Fields it does not know are none of its business.
"""

from dataclasses import dataclass

import msgspec

from brownfield_operator import paths


class _Tolerant(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Unlike the configurations themselves: unknown fields are skipped."""


class _Directory(_Tolerant, frozen=True, kw_only=True):
    directory: str = ""


class _Buffer(_Tolerant, frozen=True, kw_only=True):
    size: int = 0


class _Source(_Tolerant, frozen=True, kw_only=True):
    buffer: _Buffer = _Buffer()


class _Endpoint(_Tolerant, frozen=True, kw_only=True):
    key: str
    endpoint: _Directory = _Directory()
    credentials: _Directory = _Directory()
    sources: tuple[_Source, ...] = ()


class _History(_Tolerant, frozen=True, kw_only=True):
    parquet: tuple[str, ...] = ()


class _Config(_Tolerant, frozen=True, kw_only=True):
    endpoints: tuple[_Endpoint, ...] = ()
    sinks: tuple[_Directory, ...] = ()
    history: _History = _History()


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfigFacts:
    """`endpoints`: keys; `secrets`: names; `read` and `written`: names of volumes; `buffers`: bytes on disk at most."""

    endpoints: tuple[str, ...]
    secrets: tuple[str, ...]
    read: frozenset[str]
    written: frozenset[str]
    buffers: int


def read_facts(content: bytes) -> ConfigFacts:
    """The facts in a rendered configuration of any kind and of any version so far."""
    config = msgspec.json.decode(content, type=_Config)
    folders = {endpoint.endpoint.directory for endpoint in config.endpoints} | set(config.history.parquet)
    secrets = {endpoint.credentials.directory.rpartition("/")[2] for endpoint in config.endpoints}
    return ConfigFacts(
        endpoints=tuple(endpoint.key for endpoint in config.endpoints),
        secrets=tuple(sorted(secrets - {""})),
        read=_volumes(folders),
        written=_volumes({sink.directory for sink in config.sinks}),
        buffers=sum(source.buffer.size for endpoint in config.endpoints for source in endpoint.sources),
    )


def _volumes(folders: set[str]) -> frozenset[str]:
    prefix = paths.volume("")
    return frozenset(folder.removeprefix(prefix) for folder in folders if folder.startswith(prefix))
