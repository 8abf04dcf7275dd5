"""Durations and sizes as people write them: `250ms`, `15m`, `28d`; `256Mi`."""

from typing import Annotated, Any

from pydantic import BeforeValidator, WithJsonSchema
from pydantic_core import PydanticCustomError

from brownfield_api.resources.text import Form

_DURATION = Form(
    r"^[1-9][0-9]{0,8}(ms|s|m|h|d)$", 11, "a duration: a whole number with ms, s, m, h or d, such as 250ms or 15m"
)
_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}

_SIZE = Form(r"^[1-9][0-9]{0,8}(Ki|Mi|Gi|Ti)$", 11, "a size: a whole number with Ki, Mi, Gi or Ti, such as 256Mi")
_BYTES = {"Ki": 2**10, "Mi": 2**20, "Gi": 2**30, "Ti": 2**40}


def seconds(text: str) -> float:
    """Seconds in a duration such as `250ms`; raises ValueError unless it is one."""
    _DURATION.check(text)
    digits = text.rstrip("mshd")
    number, unit = int(digits), text[len(digits) :]
    return number / 1000 if unit == "ms" else number * _SECONDS[unit]


def size_in_bytes(text: str) -> int:
    """Bytes in a size such as `256Mi`; raises ValueError unless it is one."""
    _SIZE.check(text)
    return int(text[:-2]) * _BYTES[text[-2:]]


def _parsed_duration(value: Any) -> float:
    if not isinstance(value, str):
        raise PydanticCustomError("form", "{shown} is not {says}", {"shown": repr(value), "says": _DURATION.says})
    return seconds(value)


def _parsed_size(value: Any) -> int:
    if not isinstance(value, str):
        raise PydanticCustomError("form", "{shown} is not {says}", {"shown": repr(value), "says": _SIZE.says})
    return size_in_bytes(value)


Duration = Annotated[
    float,
    BeforeValidator(_parsed_duration),
    WithJsonSchema({"type": "string", "pattern": _DURATION.pattern, "maxLength": _DURATION.longest}),
]
"""Seconds in the model, text such as `15m` in YAML; never zero."""

Size = Annotated[
    int,
    BeforeValidator(_parsed_size),
    WithJsonSchema({"type": "string", "pattern": _SIZE.pattern, "maxLength": _SIZE.longest}),
]
"""Bytes in the model, text such as `256Mi` in YAML."""
