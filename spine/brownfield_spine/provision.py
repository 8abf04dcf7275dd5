"""The streams and buckets of the spine: made if absent, adjusted if their limits changed, never emptied.

`discard: new` everywhere: a full stream refuses, so that writers keep their data and say so, where
`discard: old` would drop what nobody has read yet. What is older than `max_age` goes, which frees
a stream again.
"""

from dataclasses import dataclass
from typing import Self

from nats import errors
from nats.js import api
from nats.js.errors import APIError, NotFoundError

from brownfield_api.errors import SpineUnavailable
from brownfield_api.subjects import (
    ASSET_STREAM,
    HEALTH_BUCKET,
    LEVEL_BUCKET,
    QUARANTINE_STREAM,
    RAW_STREAM,
    STREAM_SUBJECTS,
    TABLE_BUCKET,
)
from brownfield_spine.connection import Spine

_HEALTH_TTL = 3600.0
_HEALTH_BYTES = 16 * 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Bytes each stream may hold on disk, and the seconds after which a message goes."""

    raw_bytes: int
    asset_bytes: int
    quarantine_bytes: int
    table_bytes: int
    level_bytes: int
    max_age: float = 7 * 86400.0

    @classmethod
    def within(cls, total_bytes: int, *, max_age: float = 7 * 86400.0) -> Self:
        """Shares of one total: 40 % raw, 40 % assets, 8 % quarantine, 5 % tables, 2 % books of service levels,
        the rest kept free.
        """
        return cls(
            raw_bytes=total_bytes * 40 // 100,
            asset_bytes=total_bytes * 40 // 100,
            quarantine_bytes=total_bytes * 8 // 100,
            table_bytes=total_bytes * 5 // 100,
            level_bytes=total_bytes * 2 // 100,
            max_age=max_age,
        )


async def provision(spine: Spine, limits: Limits) -> None:
    """Make or adjust every stream and bucket; raises `SpineUnavailable` saying which one could not be had."""
    sizes = {
        RAW_STREAM: limits.raw_bytes,
        ASSET_STREAM: limits.asset_bytes,
        QUARANTINE_STREAM: limits.quarantine_bytes,
    }
    for name, size in sizes.items():
        await _ensure(spine, _stream(name, STREAM_SUBJECTS[name], size, limits.max_age))
    await _ensure(spine, _table_bucket(limits.table_bytes))
    await _ensure(spine, _bucket(HEALTH_BUCKET, _HEALTH_BYTES, _HEALTH_TTL))
    await _ensure(spine, _bucket(LEVEL_BUCKET, limits.level_bytes, max_age=None))


def _stream(name: str, subject: str, size: int, max_age: float) -> api.StreamConfig:
    return api.StreamConfig(
        name=name,
        subjects=[subject],
        max_bytes=size,
        max_age=max_age,
        discard=api.DiscardPolicy.NEW,
        retention=api.RetentionPolicy.LIMITS,
        storage=api.StorageType.FILE,
        compression=api.StoreCompression.S2,
        allow_direct=True,
        num_replicas=1,
    )


def _table_bucket(size: int) -> api.StreamConfig:
    """As the object store convention (NATS ADR-20) lays it out; `create_object_store` cannot adjust one."""
    return api.StreamConfig(
        name=f"OBJ_{TABLE_BUCKET}",
        subjects=[f"$O.{TABLE_BUCKET}.C.>", f"$O.{TABLE_BUCKET}.M.>"],
        max_bytes=size,
        discard=api.DiscardPolicy.NEW,
        storage=api.StorageType.FILE,
        allow_rollup_hdrs=True,
        allow_direct=True,
        num_replicas=1,
    )


def _bucket(name: str, size: int, max_age: float | None) -> api.StreamConfig:
    """As the key-value convention (NATS ADR-8) lays it out; on disk: a stream in memory ends with the broker."""
    return api.StreamConfig(
        name=f"KV_{name}",
        subjects=[f"$KV.{name}.>"],
        max_msgs_per_subject=1,
        max_bytes=size,
        max_age=max_age,
        discard=api.DiscardPolicy.NEW,
        storage=api.StorageType.FILE,
        allow_rollup_hdrs=True,
        allow_direct=True,
        deny_delete=True,
        num_replicas=1,
    )


async def _ensure(spine: Spine, config: api.StreamConfig) -> None:
    try:
        try:
            existing = (await spine.js.stream_info(str(config.name))).config
        except NotFoundError:
            await spine.js.add_stream(config)
            return
        if (existing.max_bytes, existing.max_age) != (config.max_bytes, config.max_age or 0):
            await spine.js.update_stream(config)
    except APIError as error:
        raise SpineUnavailable(
            f"cannot be made: {error.description}",
            where=f"stream {config.name}",
            do="Free disk space or give the spine's limits less",
        ) from error
    except (errors.Error, OSError) as error:
        raise SpineUnavailable(
            f"cannot be made ({type(error).__name__})", where=f"stream {config.name}", do="Is JetStream enabled?"
        ) from error
