"""Our decoder of data values against asyncua's encoder: whatever a server sends comes out, run or no run."""

import contextlib
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pytest
from asyncua import ua
from asyncua.ua.ua_binary import struct_to_binary
from hypothesis import given
from hypothesis import strategies as st

from brownfield_adapters.opcua.decode import NULL, OTHER, STRING, data_values
from brownfield_adapters.opcua.messages import publication, read_values
from brownfield_api.errors import LinkLost

V = ua.VariantType
EPOCH = datetime(1601, 1, 1, tzinfo=UTC)
INTEGERS = {
    V.SByte: (-(2**7), 2**7 - 1),
    V.Byte: (0, 2**8 - 1),
    V.Int16: (-(2**15), 2**15 - 1),
    V.UInt16: (0, 2**16 - 1),
    V.Int32: (-(2**31), 2**31 - 1),
    V.UInt32: (0, 2**32 - 1),
    V.Int64: (-(2**63), 2**63 - 1),
    V.UInt64: (0, 2**64 - 1),
}
ODD = [
    ua.Variant([1.0, 2.0], V.Double),
    ua.Variant([[1, 2], [3, 4]], V.Int32),
    ua.Variant(["a", "b"], V.String),
    ua.Variant(b"xyz", V.ByteString),
    ua.Variant(ua.LocalizedText("Wert", "de"), V.LocalizedText),
    ua.Variant(ua.QualifiedName("x", 2), V.QualifiedName),
    ua.Variant(ua.NodeId("some node", 5), V.NodeId),  # type: ignore[arg-type]
    ua.Variant(ua.EUInformation(), V.ExtensionObject),
    ua.Variant(datetime(2024, 1, 1, tzinfo=UTC), V.DateTime),
    ua.Variant(ua.StatusCode(0x80340000), V.StatusCode),  # type: ignore[arg-type]
    ua.Variant([ua.Variant(1, V.Int16), ua.Variant("x", V.String)], V.Variant),
    ua.Variant(ua.DataValue(ua.Variant(1, V.Int16)), V.DataValue),
    ua.Variant(ua.DiagnosticInfo(), V.DiagnosticInfo),
]


def scalars() -> st.SearchStrategy[ua.Variant]:
    integers = [st.builds(ua.Variant, st.integers(low, high), st.just(kind)) for kind, (low, high) in INTEGERS.items()]
    others = [
        st.builds(ua.Variant, st.booleans(), st.just(V.Boolean)),
        st.builds(ua.Variant, st.floats(allow_nan=False), st.just(V.Double)),
        st.builds(ua.Variant, st.floats(allow_nan=False, width=32), st.just(V.Float)),
        st.builds(ua.Variant, st.text(max_size=9), st.just(V.String)),
        st.just(ua.Variant(None, V.Null)),
        st.just(ua.Variant(None, V.String)),
        st.sampled_from(ODD),
    ]
    return st.one_of(*integers, *others)


times = st.none() | st.datetimes(datetime(1990, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
codes = st.sampled_from([0, 0x480, 0x40900000, 0x80340000])


def value(variant: ua.Variant, code: int, source: Any, server: Any) -> ua.DataValue:
    number: Any = code
    return ua.DataValue(variant, ua.StatusCode(number), SourceTimestamp=source, ServerTimestamp=server)


def runs() -> st.SearchStrategy[list[ua.DataValue]]:
    """Runs of like values, as servers send them, with others in between."""
    one = st.builds(value, scalars(), codes, times, times)
    run = st.tuples(one, st.integers(1, 20)).map(lambda pair: [pair[0]] * pair[1])
    return st.lists(run, max_size=12).map(lambda found: [each for part in found for each in part])


def ticks(moment: datetime | None) -> int:
    return 0 if moment is None else (moment - EPOCH) // timedelta(microseconds=1) * 10


def check(values: Any, sent: list[ua.DataValue]) -> None:
    assert len(values) == len(sent)
    for row, each in enumerate(sent):
        assert each.Value is not None
        assert each.StatusCode is not None
        content, kind = each.Value.Value, each.Value.VariantType
        assert values.status[row] == each.StatusCode.value
        assert values.source_ticks[row] == ticks(each.SourceTimestamp)
        assert values.server_ticks[row] == ticks(each.ServerTimestamp)
        if content is None:
            assert values.kind[row] == NULL
        elif kind is V.String and isinstance(content, str):
            assert (values.kind[row], values.texts[row]) == (STRING, content)
        elif kind in INTEGERS and not isinstance(content, list):
            bits = int(values.bits[row])
            assert (bits % 2**64 if kind is V.UInt64 else bits) == content
            assert values.number[row] == float(content)
        elif kind in (V.Double, V.Float, V.Boolean) and not isinstance(content, list):
            assert values.number[row] == content
        else:
            assert values.kind[row] == OTHER


@given(runs())
def test_the_results_of_a_read_are_what_the_server_encoded(sent: list[ua.DataValue]) -> None:
    body = struct_to_binary(ua.ReadResponse(Results=sent))
    check(read_values(body, len(sent), "server"), sent)


@given(runs(), st.integers(1, 2**32 - 1))
def test_a_publish_response_is_what_the_server_encoded(sent: list[ua.DataValue], sequence: int) -> None:
    items: Any = [ua.MonitoredItemNotification(_any(handle), each) for handle, each in enumerate(sent, start=7)]
    data: Any = [ua.DataChangeNotification(items), ua.StatusChangeNotification(ua.StatusCode(_any(0x800A0000)))]
    message = ua.NotificationMessage(SequenceNumber=_any(sequence), NotificationData=data)
    result = ua.PublishResult(_any(5), _any([1, 2, 3]), _any(False), message)
    found = publication(struct_to_binary(ua.PublishResponse(Parameters=result)), "server")
    assert (found.subscription, found.sequence, found.keep_alive, found.more) == (5, sequence, False, False)
    assert found.status == 0x800A0000
    (values,) = found.values
    assert values.handle.tolist() == list(range(7, 7 + len(sent)))
    check(values, sent)


def test_a_keep_alive_carries_nothing_but_the_next_number() -> None:
    message = ua.NotificationMessage(SequenceNumber=_any(9))
    body = struct_to_binary(ua.PublishResponse(Parameters=ua.PublishResult(_any(5), NotificationMessage=message)))
    found = publication(body, "server")
    assert (found.sequence, found.keep_alive, found.values) == (9, True, ())


def test_time_stamps_keep_their_hundred_nanoseconds() -> None:
    body = b"\x05\x0b" + np.float64(1.5).tobytes() + np.int64(133_480_000_000_000_007).tobytes()
    values, end = data_values(body * 40, 0, 40, handles=False)
    assert end == len(body) * 40
    assert set(values.source_ticks.tolist()) == {133_480_000_000_000_007}


def test_picoseconds_are_stepped_over_where_the_standard_puts_them() -> None:
    # Mask 0x3d: value, both time stamps, both picoseconds (Part 6 §5.2.2.17).
    one = b"\x3d\x06" + b"\x2a\0\0\0" + np.int64(11).tobytes() + b"\x01\x00" + np.int64(13).tobytes() + b"\x02\x00"
    values, _ = data_values(one * 3, 0, 3, handles=False)
    assert values.number.tolist() == [42.0] * 3
    assert values.source_ticks.tolist() == [11] * 3
    assert values.server_ticks.tolist() == [13] * 3


@given(st.binary(max_size=200))
def test_any_bytes_are_an_answer_or_a_lost_link(body: bytes) -> None:
    for take in (lambda: read_values(body, 3, "server"), lambda: publication(body, "server")):
        with contextlib.suppress(LinkLost):
            take()


def test_a_length_beyond_the_message_is_refused_before_memory_is_taken() -> None:
    body = struct_to_binary(ua.ReadResponse(Results=[]))[:-8] + b"\xff\xff\xff\x7f" + b"\0\0\0\0"
    with pytest.raises(LinkLost, match="cannot be understood"):
        read_values(body, 2**31 - 1, "server")


def _any(number: object) -> Any:
    return number
