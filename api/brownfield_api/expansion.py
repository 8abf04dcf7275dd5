"""Classes x assets = the flat list of properties a pipeline computes.

Pure and deterministic: planner (to cross-validate), pipeline (to run) and tests get the same list in
the same order from the same configuration.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from brownfield_api.errors import InvalidResource
from brownfield_api.pipeline_config import AssetConfig, ClassConfig, PropertyConfig

_VARIABLE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")


@dataclass(frozen=True, slots=True)
class BoundProperty:
    """One property of one asset with its template filled. `source` and `tag` are "" for an expression."""

    asset: str
    class_name: str
    config: PropertyConfig
    source: str
    tag: str


def fill(template: str, variables: Mapping[str, str], where: str) -> str:
    """`template` with every `${name}` replaced; raises `InvalidResource` naming an unknown one."""

    def value_of(match: re.Match[str]) -> str:
        try:
            return variables[match[1]]
        except KeyError:
            raise InvalidResource(
                f"variable ${{{match[1]}}} has no value", where, f"Add {match[1]} to the asset's vars"
            ) from None

    return _VARIABLE.sub(value_of, template)


def expand(classes: tuple[ClassConfig, ...], assets: tuple[AssetConfig, ...]) -> Iterator[BoundProperty]:
    """Every property of every asset, assets in order, properties in the order of their class.

    Raises `InvalidResource` for a class, role or variable that does not exist.
    """
    by_name = {item.name: item for item in classes}
    for asset in assets:
        if asset.class_name not in by_name:
            raise InvalidResource(f"class {asset.class_name} does not exist", f"asset {asset.id}")
        merged = {item.name: item for item in by_name[asset.class_name].properties}
        merged.update({item.name: item for item in asset.overrides})
        for config in merged.values():
            yield _bind(asset, config)


def _bind(asset: AssetConfig, config: PropertyConfig) -> BoundProperty:
    where = f"asset {asset.id}, property {config.name}"
    if config.expression:
        return BoundProperty(asset.id, asset.class_name, config, "", "")
    if config.role not in asset.sources:
        raise InvalidResource(f"the asset has no source in role {config.role!r}", where)
    tag = fill(config.tag, asset.vars, where)
    return BoundProperty(asset.id, asset.class_name, config, asset.sources[config.role], tag)
