"""Durations, sizes, decimals, names and endpoints: what is accepted, what it means, what is said otherwise."""

import math
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from brownfield_api.resources.decimals import Number, parse_decimal
from brownfield_api.resources.durations import Duration, Size, seconds, size_in_bytes
from brownfield_api.resources.endpoints import OpcUaUrl, TcpUrl, parse_endpoint, split_authority
from brownfield_api.resources.names import AssetPath, PropertyName, ResourceName, TagName, Token, UnitCode

NAME = TypeAdapter[str](ResourceName)


@pytest.mark.parametrize(
    ("text", "value"),
    [("250ms", 0.25), ("1s", 1.0), ("15m", 900.0), ("2h", 7200.0), ("28d", 2_419_200.0), ("1ms", 0.001)],
)
def test_durations_are_seconds(text: str, value: float) -> None:
    assert seconds(text) == value
    assert TypeAdapter(Duration).validate_python(text) == value


@pytest.mark.parametrize("text", ["", "0s", "1", "1.5s", "-1s", "1 s", "1w", "s", "1s\n", "9999999999s", "01s"])
def test_what_is_no_duration_is_refused_in_words(text: str) -> None:
    with pytest.raises(ValidationError, match="250ms or 15m"):
        TypeAdapter(Duration).validate_python(text)


def test_a_number_is_no_duration() -> None:
    with pytest.raises(ValidationError, match="3 is not a duration"):
        TypeAdapter(Duration).validate_python(3)


def test_sizes_are_bytes() -> None:
    assert size_in_bytes("256Mi") == 256 * 1024 * 1024
    assert TypeAdapter(Size).validate_python("4Ki") == 4096
    with pytest.raises(ValidationError, match="256Mi"):
        TypeAdapter(Size).validate_python("256MB")


@given(st.integers(1, 999_999_999), st.sampled_from(["ms", "s", "m", "h", "d"]))
def test_every_whole_duration_is_read_back(number: int, unit: str) -> None:
    factor = {"ms": 0.001, "s": 1, "m": 60, "h": 3600, "d": 86400}[unit]
    assert seconds(f"{number}{unit}") == pytest.approx(number * factor)


@given(st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**9), max_value=10**9, places=6))
def test_decimals_in_quotes_are_exact(value: Decimal) -> None:
    assert TypeAdapter(Number).validate_python(str(value)) == value


@given(st.text(max_size=40))
def test_any_text_is_a_decimal_or_refused(text: str) -> None:
    try:
        number = TypeAdapter(Number).validate_python(text)
    except ValidationError:
        return
    assert number.is_finite()
    assert abs(float(number)) < 1e130


def test_floats_are_refused_with_the_quotes_to_write() -> None:
    with pytest.raises(ValidationError, match=r'write 0\.1 in quotes: "0\.1"'):
        TypeAdapter(Number).validate_python(0.1)


@pytest.mark.parametrize(
    "value", [True, None, "ten", "1,5", "0x10", "", "1e999", 2**70, math.nan, -math.inf, ".nan", Decimal("NaN")]
)
def test_other_values_are_no_decimals(value: object) -> None:
    with pytest.raises(ValueError, match="not a number"):
        parse_decimal(value)


@pytest.mark.parametrize("name", ["r80711", "a", "la-haute-borne", "a" * 40])
def test_resource_names_are_tokens(name: str) -> None:
    assert NAME.validate_python(name) == name


@pytest.mark.parametrize("name", ["", "R80711", "a.b", "-a", "a-", "a_b", "a" * 41, "a\n"])
def test_other_names_are_refused(name: str) -> None:
    with pytest.raises(ValidationError, match="resource's name"):
        NAME.validate_python(name)


@pytest.mark.parametrize(
    ("kind", "good", "bad"),
    [
        (Token, "Asset_2047", "a.b"),
        (Token, "WindTurbine", "_a"),
        (PropertyName, "windSpeed", "wind-speed"),
        (PropertyName, "_x1", "1x"),
        (TagName, "Zähler 1 (°C)", " x"),
        (TagName, "a", "a\nb"),
        (UnitCode, "kW.h", "kW h"),
        (AssetPath, "engie/farm/T1", "/engie"),
        (TcpUrl, "tcp://[::1]:502", "tcp://"),
        (TcpUrl, "tcp://plc7", "http://plc7"),
        (OpcUaUrl, "opc.tcp://a.b:4840/plant", "opc.tcp://a b"),
    ],
)
def test_each_form_has_its_words(kind: Any, good: str, bad: str) -> None:
    adapter: TypeAdapter[str] = TypeAdapter(kind)
    assert adapter.validate_python(good) == good
    with pytest.raises(ValidationError, match=" is not "):
        adapter.validate_python(bad)


def test_endpoints_have_a_canonical_form() -> None:
    assert str(parse_endpoint("tcp://PLC7.plant", 502)) == "tcp://plc7.plant:502"
    assert str(parse_endpoint("opc.tcp://a:4841/Plant", 4840)) == "opc.tcp://a:4841/Plant"
    address = parse_endpoint("tcp://[FE80::1]:502", 502)
    assert (address.host, address.port, address.authority) == ("fe80::1", 502, "[fe80::1]:502")


@pytest.mark.parametrize("url", ["tcp://a:0", "tcp://a:70000", "nonsense"])
def test_impossible_endpoints_are_refused(url: str) -> None:
    with pytest.raises(ValueError, match=r"port|endpoint"):
        parse_endpoint(url, 502)


def test_authorities_are_split() -> None:
    assert split_authority("127.0.0.1:15021") == ("127.0.0.1", 15021)
    assert split_authority("[::1]:1") == ("::1", 1)
    for bad in ("a", "a:", ":1", "a:70000", "a:b"):
        with pytest.raises(ValueError, match="host:port"):
            split_authority(bad)
