"""How one object points at another: always in the same namespace."""

from pydantic import Field

from brownfield_api.resources.base import Part
from brownfield_api.resources.names import DataKey, Line, ObjectName, Variable


class NamedReference(Part):
    """A reference by name."""

    name: ObjectName
    """Name of the object, in the same namespace."""


class TableReference(Part):
    """A CSV table kept in a ConfigMap."""

    config_map: ObjectName
    """Name of the ConfigMap. Label it brownfield.dev/input, so that a change is seen at once."""
    key: DataKey
    """Key of the ConfigMap that holds the table."""


class TagTableReference(TableReference):
    """A table of tags that like machines share."""

    vars: dict[Variable, Line] | None = Field(default=None, max_length=64)
    """What stands for ${name} in the table's names and addresses, where they hold the machine's own name."""
