"""The few OPC UA values this room builds, as functions over plain Python types.

asyncua annotates its dataclasses with wire types (`UInt32`, `DateTime`) where it takes `int` and `datetime`, and
keeps its constants in modules that it does not export. Both are dealt with here, once.
"""

from datetime import datetime
from typing import Any

from asyncua import ua
from asyncua.ua.attribute_ids import AttributeIds
from asyncua.ua.object_ids import ObjectIdNames, ObjectIds
from asyncua.ua.status_codes import StatusCodes

__all__ = [
    "AttributeIds",
    "ObjectIds",
    "StatusCodes",
    "data_value",
    "no_value",
    "node_id",
    "service_name",
    "status_code",
    "unit",
]

_ENCODING = "_Encoding_DefaultBinary"


def node_id(identifier: str | int, namespace: int = 0) -> ua.NodeId:
    """A string or numeric node id."""
    arguments: tuple[Any, Any] = (identifier, namespace)
    return ua.NodeId(*arguments)


def data_value(value: object, variant: ua.VariantType, moment: datetime) -> ua.DataValue:
    """A good value; `moment` becomes both its source and its server time stamp."""
    stamp: Any = moment
    return ua.DataValue(ua.Variant(value, variant), SourceTimestamp=stamp, ServerTimestamp=stamp)


def no_value(code: int, moment: Any = None) -> ua.DataValue:
    """A value that is only a status code (OPC 10000-4 §7.11: a bad status carries no value)."""
    return ua.DataValue(StatusCode=status_code(code), SourceTimestamp=moment, ServerTimestamp=moment)


def status_code(code: int) -> ua.StatusCode:
    number: Any = code
    return ua.StatusCode(number)


def service_name(type_id: ua.NodeId) -> str:
    """The type name of a request, such as `ReadRequest`, by the node id of its binary encoding."""
    number: Any = type_id.Identifier
    return ObjectIdNames.get(number, str(type_id)).removesuffix(_ENCODING)


def unit(code: str, symbol: str, name: str) -> ua.EUInformation:
    """Engineering units by UNECE Recommendation 20 code (OPC 10000-8 §5.6.3)."""
    number: Any = int.from_bytes(code.encode("ascii"), "big")
    namespace: Any = "http://www.opcfoundation.org/UA/units/un/cefact"
    return ua.EUInformation(
        NamespaceUri=namespace,
        UnitId=number,
        DisplayName=ua.LocalizedText(symbol),
        Description=ua.LocalizedText(name),
    )
