"""What an adapter does with its subject, without an adapter."""

import time
from pathlib import Path

import numpy as np

from brownfield_api.adapter_config import AdapterConfig
from brownfield_api.batch import SampleBatch
from brownfield_api.subjects import RAW_STREAM
from brownfield_spine.connection import Spine
from brownfield_spine.writer import SubjectWriter


def batch_of(value: float) -> SampleBatch:
    """One row with this number, stamped now."""
    now = np.full(1, time.time_ns(), np.int64)
    zero = np.zeros(1, np.uint32)
    return SampleBatch(
        index=zero,
        value=np.array([value]),
        status=zero,
        reasons=np.zeros(1, np.uint16),
        source_time=now,
        receive_time=now,
    )


async def open_writer(spine: Spine, config: AdapterConfig, journal: Path) -> SubjectWriter:
    """The writer of the adapter's first source."""
    source = config.endpoints[0].sources[0]
    return await SubjectWriter.open(
        spine,
        subject=source.subject,
        source=source.name,
        stream=RAW_STREAM,
        journal_dir=journal,
        size=1 << 22,
        max_age=0.0,
        clock=time.time_ns,
    )
