"""ConfigMap and Secret as `brownfield run` reads them beside our own kinds."""

import base64
import binascii
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

from brownfield_api.resources.metadata import ObjectMeta


class _CoreObject(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore", alias_generator=to_camel, populate_by_name=True, strict=True)

    api_version: Literal["v1"]
    metadata: ObjectMeta


class ConfigMap(_CoreObject):
    """Tables of tags, properties and assets."""

    kind: Literal["ConfigMap"]
    data: dict[str, str] | None = None


class Secret(_CoreObject):
    """Credentials. Never shown: its representation holds no values."""

    kind: Literal["Secret"]
    data: dict[str, str] | None = Field(default=None, repr=False)
    string_data: dict[str, str] | None = Field(default=None, repr=False)

    def files(self) -> dict[str, bytes]:
        """Content by key, as Kubernetes would mount it; raises ValueError for a key that is not base64."""
        content = {}
        for key, text in (self.data or {}).items():
            try:
                content[key] = base64.b64decode(text, validate=True)
            except binascii.Error:
                raise ValueError(f"data.{key} is not base64 (stringData takes plain text)") from None
        content.update({key: text.encode() for key, text in (self.string_data or {}).items()})
        return content
