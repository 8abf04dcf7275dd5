"""Slots: every property of every asset of this partition, numbered once.

A slot is a row of the asset table, a position in every state array, and the `index` of every batch the
pipeline publishes. The order is that of `brownfield_api.expansion.expand`.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from brownfield_api.errors import InvalidResource
from brownfield_api.expansion import BoundProperty, expand
from brownfield_api.pipeline_config import PipelineConfig
from brownfield_api.tables import AssetProperty, AssetTable, ValueType, pack
from brownfield_pipeline.expressions import Expression, compile_expression


@dataclass(frozen=True, slots=True)
class Slots:
    """The slots of a partition and what is known of them before any sample.

    `packed_table`: `table` as it is stored under `table_name`. `by_source`: slots that read a tag, per
    LegacySource. `expressions`: compiled expression per slot that has one. `realtime`, `text`: bool per slot;
    `text` slots have no number to judge.
    """

    table: AssetTable
    table_name: str
    packed_table: bytes
    properties: tuple[BoundProperty, ...]
    by_source: dict[str, tuple[int, ...]]
    expressions: dict[int, Expression]
    realtime: npt.NDArray[np.bool_]
    text: npt.NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.properties)

    @property
    def all_realtime(self) -> bool:
        """Whether no property goes to history only."""
        return bool(self.realtime.all())


def number_slots(config: PipelineConfig) -> Slots:
    """The slots of a partition; raises `InvalidResource` for a class, role, variable or expression that is wrong."""
    properties = tuple(expand(config.classes, config.assets))
    by_source: dict[str, list[int]] = {source.name: [] for source in config.sources}
    booleans = _boolean_properties(properties)
    compiled: dict[tuple[str, frozenset[str]], Expression] = {}
    expressions: dict[int, Expression] = {}
    for slot, bound in enumerate(properties):
        if bound.config.expression:
            key = (bound.config.expression, booleans.get(bound.asset, frozenset()))
            if key not in compiled:
                compiled[key] = compile_expression(*key)
            expressions[slot] = compiled[key]
        elif bound.source in by_source:
            by_source[bound.source].append(slot)
        else:
            raise InvalidResource(
                f"source {bound.source} is not read by this partition", f"asset {bound.asset}, {bound.config.name}"
            )
    table = _asset_table(config, properties, expressions)
    table_name, packed = pack(table)
    return Slots(
        table=table,
        table_name=table_name,
        packed_table=packed,
        properties=properties,
        by_source={name: tuple(slots) for name, slots in by_source.items()},
        expressions=expressions,
        realtime=np.array([bound.config.route != "batch" for bound in properties], dtype=np.bool_),
        text=np.array([bound.config.type is ValueType.STRING for bound in properties], dtype=np.bool_),
    )


def _boolean_properties(properties: tuple[BoundProperty, ...]) -> dict[str, frozenset[str]]:
    """Names of the bool properties per asset: expressions see them as bool, all others as double."""
    found: dict[str, set[str]] = {}
    for bound in properties:
        if bound.config.type is ValueType.BOOL:
            found.setdefault(bound.asset, set()).add(bound.config.name)
    return {asset: frozenset(names) for asset, names in found.items()}


def _asset_table(
    config: PipelineConfig, properties: tuple[BoundProperty, ...], expressions: dict[int, Expression]
) -> AssetTable:
    return AssetTable(
        mapping=config.mapping,
        generation=config.generation,
        properties=tuple(
            AssetProperty(
                asset=bound.asset,
                property=bound.config.name,
                type=bound.config.type,
                unit=bound.config.unit,
                source=bound.source,
                tag=bound.tag,
                tag_unit=bound.config.tag_unit,
                expression=bound.config.expression,
                inputs=expressions[slot].inputs if slot in expressions else (),
                sequence=bound.config.sequence,
            )
            for slot, bound in enumerate(properties)
        ),
    )
