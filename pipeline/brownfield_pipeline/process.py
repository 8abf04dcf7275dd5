"""The pipeline as a process: opens what it needs, decides where to go on, runs until it is told to stop."""

import asyncio
import time
from collections.abc import Sequence
from contextlib import aclosing
from dataclasses import dataclass
from pathlib import Path

import structlog
from nats import errors
from prometheus_client import CollectorRegistry

from brownfield_api.errors import BrownfieldError, SpineUnavailable
from brownfield_api.health import HealthRecord
from brownfield_api.pipeline_config import PipelineConfig
from brownfield_api.subjects import RAW_STREAM, health_key
from brownfield_pipeline.checkpoint import Checkpoint, CheckpointStore
from brownfield_pipeline.history import History
from brownfield_pipeline.metrics import Metrics
from brownfield_pipeline.outputs import Outputs
from brownfield_pipeline.parquet_sink import Extent, ParquetSink
from brownfield_pipeline.pipeline import Parts, Pipeline
from brownfield_pipeline.resume import Resumption, resume
from brownfield_pipeline.slots import Slots, number_slots
from brownfield_pipeline.stage import Stage
from brownfield_pipeline.state import State
from brownfield_spine.connection import Spine, connect
from brownfield_spine.health import HealthPublisher
from brownfield_spine.hops import HopCounter
from brownfield_spine.latency import LatencyWindow
from brownfield_spine.process import MetricsServer, instance_id
from brownfield_spine.reader import read
from brownfield_spine.retry import Backoff
from brownfield_spine.tables import table_store
from brownfield_spine.tasks import spawn, stop

_STOP_SECONDS = 5.0
_MESSAGES = 5

_log = structlog.get_logger()


async def run(config: PipelineConfig) -> None:
    """Run one partition until cancelled. Raises `BrownfieldError` for what somebody must mend first."""
    slots = number_slots(config)
    store = _open_store(Path(config.state_dir))
    sinks = [ParquetSink(Path(sink.directory), slots, partition=config.partition) for sink in config.sinks]
    registry = CollectorRegistry()
    # Before the spine answers: a pipeline that waits for it is alive, and must not be restarted for it.
    server = MetricsServer(registry, config.metrics_listen)
    served = Served(registry, await server.start())
    try:
        spine = await connect(config.spine, name=f"pipeline {config.name}")
        try:
            await _run(config, spine, slots, store, sinks, served=served)
        finally:
            await spine.close()
    finally:
        await server.close()


@dataclass(frozen=True, slots=True)
class Served:
    """What `/metrics` serves, and where (host:port)."""

    registry: CollectorRegistry
    address: str


async def _run(
    config: PipelineConfig,
    spine: Spine,
    slots: Slots,
    store: CheckpointStore,
    sinks: Sequence[ParquetSink],
    *,
    served: Served,
) -> None:
    state, resumption, outputs = await _resume(config, spine, slots, store)
    place = resumption.place
    stage = Stage(config, slots, state)
    await _store_table(spine, slots)
    _prepare_files(store, slots, sinks, Extent(place.input_name, place.position + 1, place.position))
    hops = _hops(config, state)
    parts = Parts(
        stage=stage,
        outputs=outputs,
        history=History(store, sinks, config.sinks, first=place.position + 1, monotonic=time.monotonic),
        tables=table_store(spine),
        metrics=Metrics(hops, served.registry),
        latency=LatencyWindow(time.time_ns),
        hops=hops,
        subjects={source.subject: source.name for source in config.sources},
        identify=lambda: stream_identity(spine),
        clock=time.time_ns,
    )
    pipeline = Pipeline(parts, place, mute_until=resumption.mute_until)
    # Before the first batch goes out: a kill must find the numbers and the state that went before it.
    _save_first(store, pipeline.checkpoint())
    await _serve(config, spine, pipeline, parts, served.address)


async def _serve(config: PipelineConfig, spine: Spine, pipeline: Pipeline, parts: Parts, metrics: str) -> None:
    record = _Record(config, pipeline, parts, metrics)
    health = HealthPublisher(spine, health_key("pipeline", config.namespace, config.name))
    tasks = [
        spawn(health.run(record.make), name="health"),
        spawn(_tick(pipeline), name="tick"),
        spawn(_keep_table(spine, parts.stage.slots), name="keep the asset table"),
    ]
    _log.info("pipeline runs", position=pipeline.place.position, epoch=pipeline.place.epoch, seq=pipeline.place.seq)
    subjects = [source.subject for source in config.sources]
    try:
        deliveries = read(spine, stream=RAW_STREAM, subjects=subjects, after=pipeline.place.position)
        async with aclosing(deliveries):
            async for delivery in deliveries:
                await pipeline.take(delivery)
    finally:
        for task in tasks:
            await stop(task)
        try:
            async with asyncio.timeout(_STOP_SECONDS):
                await pipeline.finish()
        except TimeoutError:
            _log.warning("not everything could be written; it will be computed again")
        await parts.history.close()


async def _tick(pipeline: Pipeline) -> None:
    while True:
        await asyncio.sleep(1.0)
        await pipeline.tick()


async def _keep_table(spine: Spine, slots: Slots) -> None:
    """A spine that comes back may have lost the table, or hold it damaged."""
    while True:
        await asyncio.sleep(1.0)
        await spine.until_connected()
        await _store_table(spine, slots)


async def _resume(
    config: PipelineConfig, spine: Spine, slots: Slots, store: CheckpointStore
) -> tuple[State, Resumption, Outputs]:
    loaded = store.load()
    for problem in loaded.problems:
        _log.error("checkpoint cannot be used", error=problem)
    quarantines = any(bound.config.quality.on_violation == "Quarantine" for bound in slots.properties)
    outputs = await Outputs.open(
        spine,
        asset=config.output_subject,
        quarantine=config.quarantine_subject if quarantines else "",
        table=slots.table_name,
    )
    checkpoint = loaded.checkpoint
    asset, quarantine = outputs.covered
    resumption = resume(
        checkpoint.place if checkpoint else None,
        asset,
        quarantine,
        stream=await stream_identity(spine),
        now=time.time_ns(),
    )
    if resumption.notice:
        _log.warning("pipeline goes on", notice=resumption.notice, position=resumption.place.position)
    return _carried(checkpoint, slots, store), resumption, outputs


def _carried(checkpoint: Checkpoint | None, slots: Slots, store: CheckpointStore) -> State:
    """The checkpoint's state for today's slots."""
    if checkpoint is None:
        return State.empty(len(slots))
    if checkpoint.table == slots.table_name:
        return checkpoint.state
    table = store.load_table(checkpoint.table)
    if table is None or len(table.properties) != len(checkpoint.state.held.value):
        _log.error("the table of the checkpoint is gone: rules and expressions start without a memory")
        fresh = State.empty(len(slots))
        fresh.sources.update(checkpoint.state.sources)
        return fresh
    _log.info("the mapping has changed; properties that mean the same keep their state")
    return checkpoint.state.carried_to(table, slots.table)


async def stream_identity(spine: Spine) -> str:
    """When the input stream was created, as hexadecimal ns: another stream has other positions."""
    backoff = Backoff()
    while True:
        await spine.until_connected()
        try:
            info = await spine.js.stream_info(RAW_STREAM)
        except (errors.Error, OSError) as error:
            spine.refusals.refused(RAW_STREAM, "", str(error) or type(error).__name__)
            await backoff.wait()
            continue
        spine.refusals.stored(RAW_STREAM, "")
        return f"{round(info.created.timestamp() * 1e6) * 1000:x}" if info.created else "0"


async def _store_table(spine: Spine, slots: Slots) -> None:
    backoff = Backoff()
    while True:
        try:
            await table_store(spine).put_packed(slots.table_name, slots.packed_table)
            break
        except SpineUnavailable as error:
            _log.warning("asset table is not stored yet", error=str(error))
            await backoff.wait()


def _open_store(directory: Path) -> CheckpointStore:
    try:
        return CheckpointStore(directory)
    except OSError as error:
        raise BrownfieldError(
            f"cannot be made: {error}", where=f"state folder {directory}", do="Check its rights and the disk"
        ) from error


def _prepare_files(store: CheckpointStore, slots: Slots, sinks: Sequence[ParquetSink], place: Extent) -> None:
    try:
        store.save_table(slots.table_name, slots.packed_table)
        for sink in sinks:
            removed = sink.remove_behind(place)
            if removed:
                _log.info(
                    "files behind the checkpoint are computed again", directory=str(sink.directory), files=len(removed)
                )
    except OSError as error:
        raise BrownfieldError(
            f"cannot be prepared: {error}", where="state and sink folders", do="Free the disk"
        ) from error


def _save_first(store: CheckpointStore, checkpoint: Checkpoint) -> None:
    try:
        store.save(checkpoint)
        store.forget_tables({checkpoint.table})
    except OSError as error:
        raise BrownfieldError(
            f"cannot be written: {error}", where="checkpoint", do="Free the disk; nothing was published yet"
        ) from error


def _hops(config: PipelineConfig, state: State) -> dict[str, HopCounter]:
    known = {name: (source.epoch, source.seq) for name, source in state.sources.items()}
    return {source.subject: HopCounter(*known.get(source.name, (0, 0))) for source in config.sources}


class _Record:
    """Makes the health record."""

    def __init__(self, config: PipelineConfig, pipeline: Pipeline, parts: Parts, metrics: str) -> None:
        self._config = config
        self._pipeline = pipeline
        self._parts = parts
        self._metrics = metrics
        self._instance = instance_id()
        self._started = time.time_ns()

    def make(self) -> HealthRecord:
        trouble = self._pipeline.trouble
        more = f" (and {len(trouble) - _MESSAGES} more)" if len(trouble) > _MESSAGES else ""
        return HealthRecord(
            kind="pipeline",
            namespace=self._config.namespace,
            name=self._config.name,
            instance=self._instance,
            time=time.time_ns(),
            started=self._started,
            metrics=self._metrics,
            hops={subject: hop.snapshot() for subject, hop in self._parts.hops.items()},
            latency=self._parts.latency.quantiles(),
            of_sources=dict(self._parts.metrics.judged),
            quarantined=self._parts.metrics.quarantined,
            message="; ".join(trouble[:_MESSAGES]) + more,
        )
