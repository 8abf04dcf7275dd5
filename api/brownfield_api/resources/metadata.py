"""The part of Kubernetes' ObjectMeta that Brownfield reads; the rest is left alone."""

from pydantic import BaseModel, ConfigDict
from pydantic.alias_generators import to_camel

from brownfield_api.resources.names import ObjectName, ResourceName


class ObjectMeta(BaseModel):
    """Metadata of any object: ConfigMaps and Secrets have names that are not ours to restrict."""

    model_config = ConfigDict(frozen=True, extra="ignore", alias_generator=to_camel, populate_by_name=True)

    name: ObjectName
    namespace: ObjectName | None = None
    labels: dict[str, str] | None = None
    annotations: dict[str, str] | None = None
    creation_timestamp: str | None = None


class ResourceMeta(ObjectMeta):
    """Metadata of our own kinds: the name is also a token on the spine."""

    name: ResourceName
