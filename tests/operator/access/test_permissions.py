"""Who may publish what is one list per kind of process: a longer one is a change somebody has to look at."""

import msgspec
import pytest

from brownfield_api.adapter_config import AdapterConfig
from brownfield_api.errors import BrownfieldError
from brownfield_api.pipeline_config import PipelineConfig
from brownfield_api.process import ProcessConfig
from brownfield_api.twin_config import TwinConfig, TwinInput
from brownfield_operator.access.permissions import operator_permissions, process_permissions

CONSUME_RAW = {"$JS.API.CONSUMER.DELETE.bf-raw.*", "$JS.FC.bf-raw.>"}
READ_TABLES = {
    "$JS.API.CONSUMER.CREATE.OBJ_bf-tables.*.$O.bf-tables.C.*",
    "$JS.API.STREAM.MSG.GET.OBJ_bf-tables",
    "$JS.API.STREAM.NAMES",
    "$JS.FC.OBJ_bf-tables.>",
}
WRITE_TABLES = {"$O.bf-tables.C.*", "$O.bf-tables.M.*"}


def test_an_adapter_writes_its_sources_and_tables(adapter: AdapterConfig) -> None:
    found = process_permissions(adapter)
    assert found.subscribe == ("_INBOX.adapter.plant.pump.>",)
    assert set(found.publish) - READ_TABLES - WRITE_TABLES - CONSUME_RAW == {
        "bf.raw.here.plant.pump",
        "$JS.API.CONSUMER.CREATE.bf-raw.*.bf.raw.here.plant.pump",
        "bf.raw.here.plant.valve",
        "$JS.API.CONSUMER.CREATE.bf-raw.*.bf.raw.here.plant.valve",
        "$KV.bf-health.adapter.plant.pump",
    }


def test_a_pipeline_reads_the_raw_stream_and_writes_two_subjects_and_tables(pipeline: PipelineConfig) -> None:
    found = process_permissions(pipeline)
    assert found.subscribe == ("_INBOX.pipeline.plant.water-0.>",)
    assert set(found.publish) - READ_TABLES - WRITE_TABLES - CONSUME_RAW == {
        "bf.asset.here.plant.water.0",
        "$JS.API.CONSUMER.CREATE.bf-asset.*.bf.asset.here.plant.water.0",
        "$JS.API.CONSUMER.DELETE.bf-asset.*",
        "$JS.FC.bf-asset.>",
        "bf.quarantine.here.plant.water.0",
        "$JS.API.CONSUMER.CREATE.bf-quarantine.*.bf.quarantine.here.plant.water.0",
        "$JS.API.CONSUMER.DELETE.bf-quarantine.*",
        "$JS.FC.bf-quarantine.>",
        "$JS.API.CONSUMER.CREATE.bf-raw.*",
        "$JS.API.STREAM.INFO.bf-raw",
        "$KV.bf-health.pipeline.plant.water-0",
    }


def test_a_pipeline_of_one_source_may_ask_for_that_one_only(pipeline: PipelineConfig) -> None:
    found = process_permissions(msgspec.structs.replace(pipeline, sources=pipeline.sources[:1])).publish
    assert "$JS.API.CONSUMER.CREATE.bf-raw.*.bf.raw.here.plant.pump" in found
    assert "$JS.API.CONSUMER.CREATE.bf-raw.*" not in found


def test_a_twin_writes_nothing_but_its_health(twin: TwinConfig) -> None:
    found = process_permissions(twin)
    assert found.subscribe == ("_INBOX.twin.plant.waterworks.>",)
    assert set(found.publish) - READ_TABLES == {
        "$JS.API.CONSUMER.CREATE.bf-asset.*.bf.asset.here.plant.water.0",
        "$JS.API.CONSUMER.DELETE.bf-asset.*",
        "$JS.API.STREAM.INFO.bf-asset",
        "$JS.FC.bf-asset.>",
        "$JS.API.CONSUMER.CREATE.KV_bf-health.*.$KV.bf-health.*.plant.*",
        "$JS.API.CONSUMER.DELETE.KV_bf-health.*",
        "$JS.API.STREAM.INFO.KV_bf-health",
        "$JS.FC.KV_bf-health.>",
        "$KV.bf-health.twin.plant.waterworks",
    }


def test_the_operator_makes_adjusts_and_empties_streams_reads_health_and_keeps_the_books() -> None:
    found = operator_permissions("operator-0")
    streams = ("bf-raw", "bf-asset", "bf-quarantine", "KV_bf-health", "KV_bf-levels", "OBJ_bf-tables")
    verbs = ("INFO", "CREATE", "UPDATE", "PURGE")
    assert found.subscribe == ("_INBOX.operator.operator-0.>",)
    assert set(found.publish) == {f"$JS.API.STREAM.{verb}.{stream}" for stream in streams for verb in verbs} | {
        "$JS.API.CONSUMER.CREATE.KV_bf-health.*.$KV.bf-health.>",
        "$JS.API.CONSUMER.DELETE.KV_bf-health.*",
        "$JS.FC.KV_bf-health.>",
        "$JS.API.CONSUMER.CREATE.KV_bf-levels.*.$KV.bf-levels.>",
        "$JS.API.CONSUMER.DELETE.KV_bf-levels.*",
        "$JS.FC.KV_bf-levels.>",
        "$KV.bf-levels.*",
        "$KV.bf-health.levels.*.*",
    }


def test_subjects_are_sorted_and_each_is_named_once(pipeline: PipelineConfig) -> None:
    found = process_permissions(pipeline).publish
    assert list(found) == sorted(set(found))


@pytest.mark.parametrize("name", ["", "a b", "a.b", "*", ">", "a*", "ä", "a\n", "$x", "a\r\nPUB x 0"])
@pytest.mark.parametrize("field", ["namespace", "name", "kind"])
def test_a_name_that_is_no_token_gets_no_permissions(field: str, name: str, adapter: AdapterConfig) -> None:
    with pytest.raises(BrownfieldError, match="cannot be part of a subject"):
        process_permissions(msgspec.structs.replace(adapter, **{field: name}))


@pytest.mark.parametrize("subject", ["bf.raw.>", "bf.*.a", "bf..a", "", "bf.a b", ">", "bf.twin.a", "anything"])
def test_a_subject_of_another_stream_or_wider_than_itself_gets_no_permissions(
    subject: str, adapter: AdapterConfig, pipeline: PipelineConfig, twin: TwinConfig
) -> None:
    endpoint = adapter.endpoints[0]
    source = msgspec.structs.replace(endpoint.sources[0], subject=subject)
    wide: list[ProcessConfig] = [
        msgspec.structs.replace(adapter, endpoints=(msgspec.structs.replace(endpoint, sources=(source,)),)),
        msgspec.structs.replace(pipeline, output_subject=subject),
        msgspec.structs.replace(pipeline, quarantine_subject=subject),
        msgspec.structs.replace(pipeline, sources=(msgspec.structs.replace(pipeline.sources[0], subject=subject),)),
        msgspec.structs.replace(twin, inputs=(TwinInput(mapping="m", subject=subject),)),
    ]
    for config in wide:
        with pytest.raises(BrownfieldError, match=r"cannot be part of a subject|none of bf-\w+'s subjects"):
            process_permissions(config)


def test_a_configuration_of_no_known_kind_gets_no_permissions(adapter: AdapterConfig) -> None:
    shared = {name: getattr(adapter, name) for name in ProcessConfig.__struct_fields__}
    with pytest.raises(BrownfieldError, match="of no kind"):
        process_permissions(ProcessConfig(**shared))
