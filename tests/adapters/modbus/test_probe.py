"""What a commissioning engineer sees first."""

from pathlib import Path

import pytest

from brownfield_adapters.probe import ProbeReport
from brownfield_adapters.registry import probe
from brownfield_api.adapter_config import EndpointConfig, LoadConfig, ModbusEndpoint, ModbusOptions, SourceConfig
from brownfield_api.tables import Tag, TagTable, ValueType
from brownfield_plant import Fault, FaultKind, ModbusTurbine

pytestmark = pytest.mark.wire


def tag(name: str, address: str, kind: ValueType) -> Tag:
    return Tag(name=name, address=address, type=kind)


P_AVG = tag("P_avg", "holding:0", ValueType.FLOAT32)
WS_AVG = tag("Ws_avg", "holding:2", ValueType.FLOAT32)
COUNT = tag("Count", "holding:14", ValueType.UINT32)
SERIAL = tag("Serial", "input:0[8]", ValueType.STRING)


async def look(bound: tuple[str, int] | None, *tags: Tag, unit: int = 1, order: str = "ABCD") -> ProbeReport:
    host, port = bound or ("", 0)
    source = SourceConfig(
        name="r1",
        subject="bf.raw.s.n.r1",
        interval=1.0,
        table="t",
        timestamps="gather",
        options=ModbusOptions(unit=unit, byte_order=order),
    )
    endpoint = EndpointConfig(
        key="r1",
        endpoint=ModbusEndpoint(host=host, port=port),
        load=LoadConfig(max_requests_per_second=200.0, timeout=0.5),
        sources=(source,),
    )
    return await probe(endpoint, source, TagTable(tags=tags), Path())


async def test_each_block_is_read_once_and_timed(turbine: ModbusTurbine) -> None:
    report = await look(turbine.bound, P_AVG, WS_AVG, COUNT, SERIAL)
    assert [block.label for block in report.blocks] == [
        "holding 0-3, unit 1",
        "holding 14-15, unit 1",
        "input 0-7, unit 1",
    ]
    assert all(block.milliseconds > 0 and not block.error for block in report.blocks)
    assert report.connect_milliseconds > 0
    assert set(turbine.journal.functions) == {"3", "4"}


async def test_raw_bytes_stand_beside_every_byte_order(turbine: ModbusTurbine) -> None:
    report = await look(turbine.bound, P_AVG, SERIAL)
    power, serial = report.tags
    assert power.raw == "44bb 8800"
    assert (power.value, power.readings["ABCD"], power.remark) == ("1500.25", "1500.25", "")
    assert set(power.readings) == {"ABCD", "DCBA", "BADC", "CDAB"}
    assert (serial.value, serial.readings) == ("'R1'", {})


async def test_a_wrong_byte_order_is_recognised(turbine: ModbusTurbine) -> None:
    report = await look(turbine.bound, WS_AVG, order="DCBA")
    assert "ABCD" in report.tags[0].remark
    assert any("byteOrder DCBA may be wrong" in remark for remark in report.remarks)


async def test_refused_and_malformed_addresses_are_explained_and_cost_the_others_nothing(
    turbine: ModbusTurbine,
) -> None:
    await turbine.apply(Fault(kind=FaultKind.REFUSE, tag="Ws_avg"))
    ghost = tag("Ghost", "holding:500", ValueType.UINT16)
    report = await look(turbine.bound, P_AVG, WS_AVG, COUNT, ghost, tag("Classic", "40001", ValueType.UINT16))
    power, wind, count, missing, classic = report.tags
    assert (power.status, count.status) == ("Good", "Good")
    assert (wind.status, missing.status) == ("BadNodeIdUnknown", "BadNodeIdUnknown")
    assert "no such address" in missing.remark
    assert "write holding:0" in classic.remark
    assert report.remarks[0] == "3 of 5 tags could not be read"


async def test_a_wrong_unit_and_a_missing_device_are_said_in_plain_words(turbine: ModbusTurbine) -> None:
    report = await look(turbine.bound, P_AVG, unit=9)
    assert "check the unit number" in report.tags[0].remark
    assert "cannot connect" in (await look(("127.0.0.1", 1), P_AVG)).error


async def test_a_device_that_does_not_answer_ends_the_probe_with_the_reason(turbine: ModbusTurbine) -> None:
    await turbine.apply(Fault(kind=FaultKind.SLOW, seconds=5.0))
    report = await look(turbine.bound, P_AVG, COUNT)
    assert "no answer within 0.5 s" in report.error
    assert len(report.blocks) == 1
