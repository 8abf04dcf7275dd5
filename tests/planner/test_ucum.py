"""UCUM codes: exact factors, dimensions that refuse nonsense, the closed table of what UCUM lacks."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from brownfield_api.errors import InvalidResource
from brownfield_planner import ucum_atoms
from brownfield_planner.ucum import parse_unit
from brownfield_planner.units import UnitMismatch, conversion

FAMILIES = (
    ("W", "kW", "MW", "J/s", "[HP]", "kg.m2/s3", "N.m/s"),
    ("J", "kW.h", "MW.h", "kcal", "[Btu]", "W.s"),
    ("Pa", "bar", "mbar", "[psi]", "mm[Hg]", "m[H2O]", "atm", "N/m2", "kPa"),
    ("bar{gauge}", "kPa{gauge}", "[psi]{gauge}"),
    ("K", "Cel", "[degF]", "mK"),
    ("K{delta}", "Cel{delta}", "[degF]{delta}"),
    ("m/s", "km/h", "[kn_i]", "[mi_i]/h"),
    ("m3/h", "l/s", "L/min", "[gal_us]/min"),
    ("deg", "rad", "gon", "'"),
    ("/min", "{rev}/min", "rpm", "{rpm}", "Hz", "1/s"),
    ("1", "%", "[ppm]", "10*-3", "{count}"),
    ("var", "kvar", "Mvar"),
    ("kVA", "MVA", "VA"),
    ("kg/m3", "g/L", "t/m3"),
)


@pytest.mark.parametrize(
    ("source", "target", "value", "expected"),
    [
        ("kW", "W", 1.5, 1500.0),
        ("Cel", "K", 20.0, 293.15),
        ("Cel", "[degF]", 100.0, 212.0),
        ("[degF]", "Cel", 32.0, 0.0),
        ("Cel{delta}", "K{delta}", 5.0, 5.0),
        ("kW.h", "MJ", 1.0, 3.6),
        ("m/s", "km/h", 10.0, 36.0),
        ("mbar", "Pa", 1013.25, 101325.0),
        ("bar{gauge}", "kPa{gauge}", 2.0, 200.0),
        ("rpm", "Hz", 60.0, 1.0),
        ("deg", "rad", 180.0, 3.141592653589793),
        ("%", "1", 50.0, 0.5),
        ("m3/h", "l/s", 3.6, 1.0),
        ("[psi]", "bar", 14.503773773, 1.0),
        ("a", "d", 1.0, 365.25),
        ("W/(m2.K)", "mW/(cm2.K)", 10.0, 1.0),
    ],
)
def test_known_conversions(source: str, target: str, value: float, expected: float) -> None:
    assert conversion(source, target)(value) == pytest.approx(expected, rel=1e-9, abs=1e-9)


def test_simple_factors_are_exact() -> None:
    assert conversion("kW", "W").factor == 1000.0
    assert conversion("Cel", "K").offset == 273.15
    assert conversion("[degF]", "Cel").factor == 5 / 9
    assert conversion("Cel", "[degF]").offset == 32.0


@pytest.mark.parametrize(
    ("source", "target", "words"),
    [
        ("bar{gauge}", "bar", "air's own pressure"),
        ("Cel", "K{delta}", "no zero point"),
        ("deg", "%", "angle"),
        ("kW", "kW.h", "power"),
        ("kvar", "kW", "reactive power"),
        ("VA", "W", "apparent power"),
        ("rad/s", "rpm", "angular speed"),
    ],
)
def test_different_quantities_never_convert(source: str, target: str, words: str) -> None:
    with pytest.raises(UnitMismatch) as caught:
        conversion(source, target)
    assert words in str(caught.value)


@pytest.mark.parametrize(
    ("code", "advice"),
    [
        ("kWh", "kW.h"),
        ("°C", "Cel"),
        ("barg", "bar{gauge}"),
        ("psi", "[psi]"),
        ("sec", "s"),
        ("MVAr", "Mvar"),
        ("Cel/s", "K"),
        ("kCel", "Cel"),
        ("kw", "kW"),
    ],
)
def test_what_people_write_instead_is_answered_with_the_code(code: str, advice: str) -> None:
    with pytest.raises(InvalidResource) as caught:
        parse_unit(code)
    assert advice in caught.value.do


@pytest.mark.parametrize("code", ["", "m//s", "(m", "m)", "m.", "/", "2m", "m{open", "kW{gauge}", "m{delta}", "m^2"])
def test_what_is_no_code_is_refused(code: str) -> None:
    with pytest.raises(InvalidResource):
        parse_unit(code)


@pytest.mark.parametrize("code", [*ucum_atoms.METRIC, *ucum_atoms.PLAIN, *ucum_atoms.OFFSETS])
def test_every_atom_of_the_table_is_known_to_pint(code: str) -> None:
    assert parse_unit(code).factor > 0


@given(
    st.sampled_from(FAMILIES).flatmap(lambda family: st.tuples(*[st.sampled_from(family)] * 3)), st.floats(-1e6, 1e6)
)
def test_conversions_compose_and_invert(codes: tuple[str, str, str], value: float) -> None:
    one, other, third = codes
    through = conversion(other, third)(conversion(one, other)(value))
    direct = conversion(one, third)(value)
    # Temperatures lose digits where an offset is much larger than the value.
    scale = abs(direct) + abs(conversion(one, third).offset) + abs(conversion(other, third).offset)
    assert through == pytest.approx(direct, rel=1e-9, abs=1e-9 * (scale + 1))
    assert conversion(other, one)(conversion(one, other)(value)) == pytest.approx(value, rel=1e-6, abs=1e-3)


@given(st.sampled_from(FAMILIES), st.sampled_from(FAMILIES))
def test_families_never_mix(one: tuple[str, ...], other: tuple[str, ...]) -> None:
    if one is not other:
        with pytest.raises(UnitMismatch):
            conversion(one[0], other[0])


@given(st.text(alphabet="kMmWshg.()/{}[]0123456789*^-+%'CelPabrdu ", max_size=64))
def test_any_text_is_a_unit_or_refused(code: str) -> None:
    try:
        unit = parse_unit(code)
    except InvalidResource:
        return
    assert unit.factor > 0
    assert unit.quantity


def test_the_same_annotation_says_nothing_elsewhere() -> None:
    assert parse_unit("m3{normal}/h").dimension == parse_unit("m3/h").dimension
    assert parse_unit("bar{absolute}").dimension == parse_unit("bar").dimension
