"""How numbers are said outside: RFC 3339 times, and values in the type their owner declared."""

import math
from datetime import UTC, datetime
from functools import lru_cache

import numpy as np

from brownfield_api.status import reason_names, severity_of, status_name
from brownfield_api.tables import ValueType
from brownfield_api.twin_view import SeverityName, Value

_SEVERITIES: tuple[SeverityName, ...] = ("Good", "Uncertain", "Bad")


@lru_cache(maxsize=8192)
def time_text(time: int) -> str | None:
    """Nanoseconds since 1970 as RFC 3339 in UTC with milliseconds; None for 0 (never)."""
    if time == 0:
        return None
    moment = datetime.fromtimestamp(time // 1_000_000 / 1000, UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


@lru_cache(maxsize=1024)
def status_words(status: int) -> tuple[SeverityName, str]:
    """Severity and name of a status code."""
    return _SEVERITIES[severity_of(status)], status_name(status)


@lru_cache(maxsize=1024)
def reason_words(mask: int) -> tuple[str, ...]:
    """Names of the reasons in a mask."""
    return tuple(reason_names(mask))


def typed_value(kind: ValueType, number: float, exact: int, text: str) -> Value:
    """A value as JSON may carry it; what is not finite has no value."""
    if kind == ValueType.STRING:
        return text
    if kind == ValueType.INT64:
        return exact
    if kind == ValueType.UINT64:
        return int(np.int64(exact).view(np.uint64))
    if not math.isfinite(number):
        return None
    if kind == ValueType.BOOL:
        return number != 0.0
    return number if kind in {ValueType.FLOAT32, ValueType.FLOAT64} else int(number)
