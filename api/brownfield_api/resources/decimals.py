"""Decimals as int-or-string: `10` or `"0.1"`, never a float, so that GitOps diffs stay clean."""

import math
import re
from decimal import Decimal
from typing import Annotated, Any

from pydantic import BeforeValidator, WithJsonSchema
from pydantic_core import PydanticCustomError

PATTERN = r"^[+-]?[0-9]{1,24}(\.[0-9]{1,24})?([eE][+-]?[0-9]{1,2})?$"
_LONGEST = 32
_LARGEST = 2**63 - 1


def parse_decimal(value: Any) -> Decimal:
    """The number in an int or a text such as "0.1"; raises ValueError saying what to write instead."""
    if isinstance(value, Decimal) and value.is_finite():
        return value
    if isinstance(value, float) and math.isfinite(value):
        raise PydanticCustomError(
            "decimal", 'write {value} in quotes: "{value}" (floats do not survive GitOps diffs)', {"value": repr(value)}
        )
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) <= _LARGEST:
        return Decimal(value)
    if isinstance(value, str) and len(value) <= _LONGEST and re.fullmatch(PATTERN, value):
        return Decimal(value)
    raise PydanticCustomError(
        "decimal", '{shown} is not a number: write a whole number or a text such as "0.1"', {"shown": repr(value)[:60]}
    )


Number = Annotated[
    Decimal,
    BeforeValidator(parse_decimal),
    WithJsonSchema(
        {
            "anyOf": [{"type": "integer"}, {"type": "string"}],
            "x-kubernetes-int-or-string": True,
            "pattern": PATTERN,
            "maxLength": _LONGEST,
        }
    ),
]
"""A decimal number."""
