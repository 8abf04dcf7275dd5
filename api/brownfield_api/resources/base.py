"""What all parts of a resource have in common: immutable, camelCase in YAML, no unknown fields.

The docstring below a field is its description in the CRD, so it is written for whoever types
`kubectl explain`. Rules that one object can decide by itself are written twice: as CEL for the API
server (`rules=`) and as a validator for everybody else; `tests/api/resources` holds them together.
"""

from typing import Any

from pydantic import BaseModel, ConfigDict
from pydantic.alias_generators import to_camel

API_VERSION = "brownfield.dev/v1alpha1"


class Part(BaseModel):
    """Base of every model inside a resource."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        alias_generator=to_camel,
        populate_by_name=True,
        use_attribute_docstrings=True,
        strict=True,
    )


def rules(*pairs: tuple[str, str]) -> dict[str, Any]:
    """`json_schema_extra` holding CEL rules, each a (rule, message) pair."""
    return {"x-kubernetes-validations": [{"rule": rule, "message": message} for rule, message in pairs]}
