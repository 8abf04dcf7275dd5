"""Names that are also tokens on the spine, labels in metrics and words in CEL."""

from ipaddress import ip_network
from typing import Annotated

from pydantic import AfterValidator, WithJsonSchema

from brownfield_api.resources.text import Form

ResourceName = Annotated[
    str,
    Form(
        r"^[a-z0-9]([a-z0-9-]*[a-z0-9])?$",
        40,
        "a resource's name: lower-case letters, digits and '-' (no dots), at most 40 characters",
    ),
]
"""Name of a LegacySource, AssetMapping or TwinModel: short, because child objects add to it."""

ObjectName = Annotated[
    str,
    Form(r"^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$", 253, "the name of a Kubernetes object (RFC 1123)"),
]
"""Name of a ConfigMap, Secret or volume, which are not ours to restrict."""

Token = Annotated[
    str,
    Form(
        r"^[A-Za-z0-9][A-Za-z0-9_-]*$",
        63,
        "an identifier: letters, digits, '_' and '-', at most 63 characters",
    ),
]
"""Asset ids, classes, roles, sites, groups: one token of a spine subject."""

PropertyName = Annotated[
    str,
    Form(
        r"^[A-Za-z_][A-Za-z0-9_]*$",
        63,
        "a property's name: letters, digits and '_', not beginning with a digit (expressions use it)",
    ),
]

Variable = Annotated[
    str, Form(r"^[A-Za-z_][A-Za-z0-9_]*$", 63, "a variable's name: letters, digits and '_', no digit first")
]

TagName = Annotated[
    str, Form(r"^\S(.*\S)?$", 256, "a tag's name: up to 256 characters on one line, no space at its ends")
]
"""Whatever the plant calls it; only line breaks and invisible ends are refused."""

Line = Annotated[str, Form(r"^\S(.*\S)?$", 256, "one line of text, no space at its ends")]

Note = Annotated[str, Form(r"^[\s\S]*$", 1024, "a text of at most 1024 characters")]

UnitCode = Annotated[
    str, Form(r"^\S+$", 64, "a unit: a UCUM code such as kW.h, m/s or Cel, no spaces, at most 64 characters")
]

AssetPath = Annotated[
    str,
    Form(r"^[^/\s]+(/[^/\s]+)*$", 256, "a place in the plant's hierarchy, such as enterprise/site/line/machine"),
]

DataKey = Annotated[str, Form(r"^[-._a-zA-Z0-9]+$", 253, "a key of a ConfigMap: letters, digits, '-', '_' and '.'")]

Zone = Annotated[str, Form(r"^[A-Za-z0-9_+/-]+$", 64, "a time zone's name, such as Europe/Paris")]


def _is_range(text: str) -> str:
    ip_network(text, strict=False)  # its ValueError says what is wrong
    return text


Cidr = Annotated[
    str,
    Form(r"^[0-9A-Fa-f.:]+/[0-9]{1,3}$", 50, "an address range, such as 10.20.0.11/32"),
    AfterValidator(_is_range),
    WithJsonSchema(
        {
            "type": "string",
            "pattern": r"^[0-9A-Fa-f.:]+/[0-9]{1,3}$",
            "maxLength": 50,
            "x-kubernetes-validations": [
                {"rule": "isCIDR(self)", "message": "not an address range, such as 10.20.0.11/32"}
            ],
        }
    ),
]
