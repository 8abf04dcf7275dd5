"""Quantities in a form that the API server stores as it is, so that what is read back equals what was asked for.

The form is that of `resource.Quantity.CanonicalizeBytes` (apimachinery): no fraction, the largest suffix that loses
nothing; a binary suffix gives way to a decimal one below 1024 and where the number would not be whole.
"""

import re
from collections.abc import Mapping
from fractions import Fraction
from math import ceil

_FORM = re.compile(r"^([0-9]+(?:\.[0-9]+)?)([a-zA-Z]*)$")
_DECIMAL = {"n": -9, "u": -6, "m": -3, "": 0, "k": 3, "M": 6, "G": 9, "T": 12, "P": 15, "E": 18}
_BINARY = {"Ki": 1, "Mi": 2, "Gi": 3, "Ti": 4, "Pi": 5, "Ei": 6}

GIB = 1024**3


def canonical(quantity: str) -> str:
    """`1024Mi` as `1Gi`, `0.5` as `500m`, `1000` as `1k`; raises ValueError for what is no quantity."""
    match = _FORM.match(quantity)
    if not match or match[2] not in _DECIMAL.keys() | _BINARY.keys():
        raise ValueError(f"{quantity!r} is not a quantity")
    number, suffix = Fraction(match[1]), match[2]
    if suffix in _BINARY:
        value = number * 1024 ** _BINARY[suffix]
        if value >= 1024 and value.denominator == 1:
            return _scaled(int(value), 1024, ("", *_BINARY))
    else:
        value = number * Fraction(10) ** _DECIMAL[suffix]
    nanos = ceil(value * 10**9)
    return _scaled(nanos, 1000, tuple(_DECIMAL)) if nanos else "0"


def canonical_all(quantities: Mapping[str, str]) -> dict[str, str]:
    """The values of a map of resources."""
    return {name: canonical(quantity) for name, quantity in sorted(quantities.items())}


def claim_size(wanted: int) -> str:
    """Size of a volume for `wanted` bytes: a power of two in GiB.

    A claim's template cannot be changed. Sources that join a group add their buffers to the volume's size; with
    steps of two it changes seldom.
    """
    gibibytes = -(-wanted // GIB)
    return canonical(f"{1 << (gibibytes - 1).bit_length()}Gi")


def _scaled(number: int, step: int, suffixes: tuple[str, ...]) -> str:
    last = len(suffixes) - 1
    place = 0
    while place < last and number % step == 0:
        number //= step
        place += 1
    return f"{number}{suffixes[place]}"
