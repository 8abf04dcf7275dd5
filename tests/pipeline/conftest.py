"""A small plant in memory: configurations, tag tables and raw batches for the pipeline's tests."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import msgspec
import numpy as np
import pytest

from brownfield_api.batch import SampleBatch, checksum, encode, utf8_column
from brownfield_api.header import BatchHeader
from brownfield_api.pipeline_config import (
    AssetConfig,
    ClassConfig,
    Conversion,
    ParquetSink,
    PipelineConfig,
    PipelineSource,
    PropertyConfig,
)
from brownfield_api.process import SpineConfig
from brownfield_api.tables import Tag, TagTable, table_hash
from brownfield_pipeline.stage import Output, Stage

SECOND = 1_000_000_000
START = 1_700_000_000 * SECOND


@dataclass(frozen=True)
class Sample:
    """One raw sample; times in seconds after a fixed start, `received` = `time` unless given."""

    tag: int
    time: float
    value: float
    status: int = 0
    reasons: int = 0
    received: float | None = None
    text: str = ""
    integer: int = 0


class ConfigMaker(Protocol):
    def __call__(
        self,
        properties: Sequence[PropertyConfig],
        *,
        assets: int = 1,
        sources: Sequence[PipelineSource] | None = None,
        **changes: Any,
    ) -> PipelineConfig: ...


def make_config(
    properties: Sequence[PropertyConfig],
    *,
    assets: int = 1,
    sources: Sequence[PipelineSource] | None = None,
    **changes: Any,
) -> PipelineConfig:
    """A partition of `assets` like assets A0, A1 … over sources S0, S1 …, which stamp their own time."""
    names = [f"S{number}" for number in range(assets)]
    settings: dict[str, Any] = {
        "kind": "pipeline",
        "site": "here",
        "namespace": "default",
        "name": "pipeline-farm-0",
        "spine": SpineConfig(servers=("nats://127.0.0.1:1",)),
        "state_dir": "unused",
        "mapping": "farm",
        "partition": 0,
        "generation": "g1",
        "sources": tuple(
            PipelineSource(name=name, subject=f"bf.raw.here.default.{name}", timestamps="source") for name in names
        )
        if sources is None
        else tuple(sources),
        "classes": (ClassConfig(name="Thing", properties=tuple(properties)),),
        "assets": tuple(
            AssetConfig(id=f"A{number}", class_name="Thing", sources={"default": name})
            for number, name in enumerate(names)
        ),
        "conversions": (
            Conversion(from_unit="W", to_unit="kW", factor=0.001, offset=0.0),
            Conversion(from_unit="K", to_unit="Cel", factor=1.0, offset=-273.15),
        ),
        "output_subject": "bf.asset.here.default.farm.0",
        "quarantine_subject": "bf.quarantine.here.default.farm.0",
        "sinks": (),
    }
    return PipelineConfig(**{**settings, **changes})


def raw_batch(samples: Sequence[Sample], *, texts: bool = False, integers: bool = False) -> SampleBatch:
    """The samples as an adapter would publish them."""
    received = [sample.time if sample.received is None else sample.received for sample in samples]
    return SampleBatch(
        index=np.array([sample.tag for sample in samples], dtype=np.uint32),
        value=np.array([sample.value for sample in samples], dtype=np.float64),
        status=np.array([sample.status for sample in samples], dtype=np.uint32),
        reasons=np.array([sample.reasons for sample in samples], dtype=np.uint16),
        source_time=np.array([START + round(sample.time * SECOND) for sample in samples], dtype=np.int64),
        receive_time=np.array([START + round(time * SECOND) for time in received], dtype=np.int64),
        value_i64=np.array([sample.integer for sample in samples], dtype=np.int64) if integers else None,
        value_utf8=utf8_column([sample.text for sample in samples]) if texts else None,
    )


@dataclass
class Bench:
    """A stage and the numbers its sources give their batches."""

    stage: Stage
    table: TagTable
    seqs: dict[str, int] = field(default_factory=dict)
    epoch: int = 1

    def header(self, source: str, payload: bytes, as_of: float = 0.0) -> BatchHeader:
        self.seqs[source] = self.seqs.get(source, 0) + 1
        return BatchHeader(
            epoch=self.epoch,
            seq=self.seqs[source],
            crc=checksum(payload),
            table=table_hash(self.table),
            as_of=START + round(as_of * SECOND) if as_of else 0,
            source=source,
        )

    def feed(self, *samples: Sample, source: str = "S0", as_of: float = 0.0, **shape: bool) -> Output:
        """What one batch of the samples becomes."""
        payload = encode(raw_batch(samples, **shape))
        header = self.header(source, payload, as_of)
        if not self.stage.knows(source, header.table):
            self.stage.bind(source, header.table, self.table)
        output = self.stage.step(source, header, payload)
        assert output is not None
        return output


def make_bench(config: PipelineConfig, table: TagTable) -> Bench:
    return Bench(Stage(config), table)


def make_table(count: int, **tag: Any) -> TagTable:
    """Tags t0, t1 …, all with the given fields."""
    return TagTable(tags=tuple(Tag(name=f"t{number}", address=str(number), **tag) for number in range(count)))


def make_named_table(names: str) -> TagTable:
    """Tags of these names, separated by blanks."""
    return TagTable(tags=tuple(Tag(name=name, address=name) for name in names.split()))


@dataclass(frozen=True)
class Plant:
    """The functions above, as fixtures hand them to tests (test modules cannot import each other)."""

    config: ConfigMaker = make_config
    batch: Callable[..., SampleBatch] = raw_batch
    bench: Callable[[PipelineConfig, TagTable], Bench] = make_bench
    table: Callable[..., TagTable] = make_table
    tags: Callable[[str], TagTable] = make_named_table
    replace: Callable[..., Any] = msgspec.structs.replace
    sample: Callable[..., Sample] = Sample
    sink: type[ParquetSink] = ParquetSink


@pytest.fixture(scope="session")
def plant() -> Plant:
    """Configurations, tables and batches."""
    return Plant()


@pytest.fixture
def until() -> Callable[..., Awaitable[None]]:
    """Waits for a condition, with a deadline."""

    async def wait(condition: Callable[[], bool], deadline: float = 20) -> None:
        async with asyncio.timeout(deadline):
            while not condition():
                await asyncio.sleep(0.01)

    return wait
