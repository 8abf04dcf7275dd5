"""What the configuration files of all data-plane processes have in common.

The planner renders one JSON file per process; `brownfield run` and the operator hand it to the same
entry point (`python -m brownfield_adapters CONFIG`, and so on). These are msgspec structs: small,
strict (an unknown field is an error) and quick to read on an edge box. What users write is pydantic,
in `brownfield_api.resources`.
"""

from typing import TypeVar

import msgspec

from brownfield_api.errors import UNDECODABLE, InvalidResource

ConfigT = TypeVar("ConfigT", bound="Config")


class Config(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="camel"):
    """Base of every rendered configuration: immutable, camelCase in JSON, strict."""


class SpineConfig(Config, frozen=True, kw_only=True):
    """How to reach the spine. `credentials`: file with a line `user:password`, or a NATS creds file; "" for none.
    It is read at every connect, so rotation needs no restart.
    """

    servers: tuple[str, ...]
    credentials: str = ""


class ProcessConfig(Config, frozen=True, kw_only=True):
    """Who a process is, where its spine is, where it may keep files and serve metrics.

    `kind` is adapter, pipeline or twin; `state_dir` a folder of its own that survives a restart;
    `metrics_listen` is host:port, port 0 = any free one (the health record says which).
    """

    kind: str
    site: str
    namespace: str
    name: str
    spine: SpineConfig
    state_dir: str
    metrics_listen: str = "127.0.0.1:0"


def read_config(path: str, content: bytes, shape: type[ConfigT]) -> ConfigT:
    """The configuration in `content`; raises `InvalidResource` naming `path` and the field."""
    try:
        return msgspec.json.decode(content, type=shape)
    except UNDECODABLE as error:
        raise InvalidResource(str(error), where=path, do="It is rendered by `brownfield`; do not edit it") from error


def render_config(config: ProcessConfig) -> bytes:
    """The configuration file of a process: the same bytes for the same content.

    On one line: six hundred tags are 99 kB so, indented 143 kB, and etcd has to hold two versions of each process.
    """
    return msgspec.json.encode(config, order="deterministic")
