import pytest
from hypothesis import given
from hypothesis import strategies as st

from brownfield_operator.manifests.quantities import GIB, canonical, claim_size
from brownfield_operator.settings import Resources

PAIRS = [
    ("0", "0"),
    ("0.000", "0"),
    ("1", "1"),
    ("0.5", "500m"),
    ("1.5", "1500m"),
    ("1000m", "1"),
    ("250m", "250m"),
    ("0.02", "20m"),
    ("100.0", "100"),
    ("1000", "1k"),
    ("1234", "1234"),
    ("2000k", "2M"),
    ("0.0001", "100u"),
    ("1.5Gi", "1536Mi"),
    ("0.25Gi", "256Mi"),
    ("1024Mi", "1Gi"),
    ("1024Gi", "1Ti"),
    ("1000Mi", "1000Mi"),
    ("0.5Ki", "512"),
    ("0.1Gi", "107374182400m"),
    ("128M", "128M"),
    ("1.000000001", "1000000001n"),
    ("1.234", "1234m"),
    ("1.500m", "1500u"),
    ("0100m", "100m"),
    ("02Gi", "2Gi"),
    ("1234567890123456789", "1234567890123456789"),
    ("0.0000000001", "1n"),
]
"""As written, and as it is rendered; `test_on_api_server` proves that a server stores the latter unchanged."""


@pytest.mark.parametrize(("written", "rendered"), PAIRS)
def test_a_quantity_is_rendered_in_canonical_form(written: str, rendered: str) -> None:
    assert canonical(written) == rendered


@given(
    st.decimals(min_value=0, max_value=10**6, places=3, allow_nan=False),
    st.sampled_from(["", "m", "k", "M", "G", "T", "Ki", "Mi", "Gi", "Ti"]),
)
def test_what_is_canonical_stays_as_it_is(number: object, suffix: str) -> None:
    once = canonical(f"{number}{suffix}")
    assert canonical(once) == once


@pytest.mark.parametrize("text", ["", "lots", "1.5gi", "-1", "1e3x", " 1"])
def test_what_is_no_quantity_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is not a quantity"):
        canonical(text)


def test_settings_with_something_else_than_a_quantity_are_refused() -> None:
    with pytest.raises(ValueError, match="is not a Kubernetes quantity"):
        Resources(requests={"cpu": "lots"})


@pytest.mark.parametrize(
    ("wanted", "size"),
    [
        (1, "1Gi"),
        (GIB, "1Gi"),
        (GIB + 1, "2Gi"),
        (3 * GIB, "4Gi"),
        (256 * 1024**2 * 200, "64Gi"),
        (1024 * GIB, "1Ti"),
        (1025 * GIB, "2Ti"),
    ],
)
def test_a_claim_is_the_next_power_of_two(wanted: int, size: str) -> None:
    assert claim_size(wanted) == size


@given(st.integers(min_value=1, max_value=2**45))
def test_a_claim_has_room_and_wastes_less_than_half(wanted: int) -> None:
    size = claim_size(wanted)
    gibibytes = int(size[:-2]) * {"Gi": 1, "Ti": 1024}[size[-2:]]
    assert wanted <= gibibytes * GIB < 2 * (wanted + GIB)
