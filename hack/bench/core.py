"""The pipeline's pure middle alone: raw batches in, asset batches out, no I/O.

Batches of 600 float tags, as a turbine gives them each second: checksum, decoding, scaling, a range rule on
every property. Measured once plain and once with every sequential rule on.
"""

import time

import numpy as np

from brownfield_api.batch import SampleBatch, checksum, encode
from brownfield_api.header import BatchHeader
from brownfield_api.pipeline_config import (
    AssetConfig,
    ClassConfig,
    PipelineConfig,
    PipelineSource,
    PropertyConfig,
    QualityConfig,
)
from brownfield_api.process import SpineConfig
from brownfield_api.tables import Tag, TagTable, table_hash
from brownfield_pipeline.stage import Stage

TAGS = 600
BATCHES = 4000
RANGE = QualityConfig(range_min=-1e9, range_max=1e9)
ALL_RULES = QualityConfig(
    range_min=-1e9, range_max=1e9, max_rate=1e9, flatline=3600.0, max_gap=3600.0, duplicates=True, out_of_order=True
)


def core_figures() -> dict[str, float]:
    """Samples per second of one core."""
    return {
        "pipeline samples/s, range rule": _samples_per_second(RANGE),
        "pipeline samples/s, all rules": _samples_per_second(ALL_RULES),
    }


def _samples_per_second(rules: QualityConfig) -> float:
    stage = Stage(stage_config(rules))
    table = machine_table()
    name = table_hash(table)
    stage.bind("machine", name, table)
    inputs = [_batch(name, seq) for seq in range(1, BATCHES + 1)]
    started = time.process_time()
    for header, payload in inputs:
        stage.step("machine", header, payload)
    return BATCHES * TAGS / (time.process_time() - started)


def machine_table() -> TagTable:
    """The tags of one machine."""
    return TagTable(tags=tuple(Tag(name=f"T{n}", address=f"holding:{n}", scale=0.1) for n in range(TAGS)))


def machine_batch(seq: int) -> SampleBatch:
    """All tags of one machine at one instant."""
    now = np.full(TAGS, seq * 1_000_000_000, np.int64)
    return SampleBatch(
        index=np.arange(TAGS, dtype=np.uint32),
        value=np.arange(TAGS, dtype=np.float64) + seq,
        status=np.zeros(TAGS, np.uint32),
        reasons=np.zeros(TAGS, np.uint16),
        source_time=now,
        receive_time=now,
    )


def _batch(table: str, seq: int) -> tuple[BatchHeader, bytes]:
    payload = encode(machine_batch(seq))
    as_of = seq * 1_000_000_000
    return BatchHeader(epoch=1, seq=seq, crc=checksum(payload), table=table, as_of=as_of, source="machine"), payload


def stage_config(rules: QualityConfig) -> PipelineConfig:
    """One machine, one asset, these rules on every property."""
    properties = tuple(PropertyConfig(name=f"T{n}", tag=f"T{n}", quality=rules) for n in range(TAGS))
    return PipelineConfig(
        kind="pipeline",
        site="bench",
        namespace="default",
        name="bench",
        spine=SpineConfig(servers=()),
        state_dir="",
        mapping="bench",
        partition=0,
        generation="bench",
        sources=(PipelineSource(name="machine", subject="bf.raw.bench.default.machine", timestamps="gather"),),
        classes=(ClassConfig(name="Machine", properties=properties),),
        assets=(AssetConfig(id="A", class_name="Machine", sources={"default": "machine"}),),
        conversions=(),
        output_subject="bf.asset.bench.default.bench.0",
        quarantine_subject="bf.quarantine.bench.default.bench.0",
    )
