"""Appends batches numbered 1, 2, 3 … to a journaled subject, going on where its journal or the spine says.

Started, and killed at any moment, by `test_writer_killed.py`: ``append_numbers.py SERVER CREDENTIALS JOURNAL LAST``.
The next number is always taken from `last_input`, as an adapter of a source that keeps history does.
"""

import asyncio
import sys
import time
from pathlib import Path

import numpy as np

from brownfield_api.batch import SampleBatch
from brownfield_api.process import SpineConfig
from brownfield_api.subjects import RAW_STREAM
from brownfield_spine.connection import connect
from brownfield_spine.writer import SubjectWriter


async def main(server: str, credentials: str, journal: str, last: int) -> None:
    spine = await connect(SpineConfig(servers=(server,), credentials=credentials), name="appender")
    writer = await SubjectWriter.open(
        spine,
        subject="bf.raw.here.default.numbers",
        source="numbers",
        stream=RAW_STREAM,
        journal_dir=Path(journal),
        size=1 << 20,
        max_age=0.0,
        clock=time.time_ns,
    )
    sys.stdout.write("open\n")
    sys.stdout.flush()
    for number in range(int(writer.last_input or "0") + 1, last + 1):
        await writer.room()
        now = np.full(600, time.time_ns(), np.int64)
        batch = SampleBatch(
            index=np.arange(600, dtype=np.uint32),
            value=np.full(600, float(number)),
            status=np.zeros(600, np.uint32),
            reasons=np.zeros(600, np.uint16),
            source_time=now,
            receive_time=now,
        )
        writer.append(batch, table="numbers", as_of=number, input=str(number))
        if number % 3 == 0:  # sometimes several batches wait, sometimes none
            await asyncio.sleep(0)
    await writer.close(timeout=30.0)
    await spine.close()


asyncio.run(main(sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4])))
