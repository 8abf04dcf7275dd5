"""What a resource names outside itself: tables in ConfigMaps, and objects its pod mounts. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass

from pydantic import BaseModel

from brownfield_api.resources import AssetMapping, LegacySource
from brownfield_api.resources.references import TableReference
from brownfield_planner.resource_set import Loaded, Resources


@dataclass(frozen=True, slots=True)
class References:
    """`config_maps`: names; `mounted`: `Secret/name` and `PersistentVolumeClaim/name`."""

    config_maps: tuple[str, ...] = ()
    mounted: tuple[str, ...] = ()


def references_of(model: BaseModel) -> References:
    """The references of one resource; a TwinModel has none of its own."""
    if isinstance(model, LegacySource):
        spec = model.spec
        secret = (f"Secret/{spec.credentials_ref.name}",) if spec.credentials_ref else ()
        claim = (f"PersistentVolumeClaim/{spec.files.volume.name}",) if spec.files else ()
        return References(_names(spec.tags_from or ()), (*secret, *claim))
    if isinstance(model, AssetMapping):
        tables = [*(model.spec.assets_from or ()), *(t for c in model.spec.classes for t in c.properties_from or ())]
        sinks = [sink.parquet.volume.name for sink in model.spec.sinks or () if sink.parquet]
        return References(_names(tables), tuple(f"PersistentVolumeClaim/{name}" for name in sinks))
    return References()


def _names(tables: "tuple[TableReference, ...] | list[TableReference]") -> tuple[str, ...]:
    return tuple(sorted({table.config_map for table in tables}))


def all_loaded(resources: Resources) -> Iterator[Loaded[BaseModel]]:
    """Every valid resource of our kinds."""
    yield from resources.sources  # type: ignore[misc]  # a Loaded of any model is read only
    yield from resources.mappings  # type: ignore[misc]
    yield from resources.twins  # type: ignore[misc]


def config_maps_wanted(resources: Resources) -> set[tuple[str, str]]:
    """Namespace and name of every ConfigMap that some resource is made from."""
    return {(item.namespace, name) for item in all_loaded(resources) for name in references_of(item.model).config_maps}
