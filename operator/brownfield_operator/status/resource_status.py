"""The whole status of a resource: what its kind's model in the contract says, and nothing beside it."""

import hashlib
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from brownfield_api.resources import AssetMapping, LegacySource
from brownfield_api.resources.assetmapping import AssetMappingStatus
from brownfield_api.resources.legacysource import LegacySourceStatus
from brownfield_api.resources.status import InputHash, Status
from brownfield_api.resources.twinmodel import TwinModelStatus
from brownfield_operator.status.conditions import conditions, read_conditions
from brownfield_operator.status.facts import ResourceFacts
from brownfield_operator.status.statement import cut
from brownfield_operator.status.summary import fresh_assets, least_budget, source_summary

MOST_INPUTS = 64
"""The bound in the CRD."""
_LINE = 256

LiveStatus = Mapping[str, Any]
"""A status as the API server gives it; empty where there is none."""


def resource_status(facts: ResourceFacts, live: LiveStatus | None, now: datetime) -> dict[str, Any]:
    """The status that `facts` deserve, as JSON; `live` is the present one, `now` in UTC.

    What has not changed is taken over to the letter, transition times and rounded figures alike: with equal facts the
    result equals `live`.
    """
    model = _model(facts, live or {}, now)
    return model.model_dump(mode="json", by_alias=True, exclude_none=True)


def _model(facts: ResourceFacts, live: LiveStatus, now: datetime) -> Status:
    shared: dict[str, Any] = {
        "observed_generation": facts.generation,
        "conditions": conditions(facts, read_conditions(live), now),
        "inputs": _inputs(facts.inputs) or None,
    }
    here = not facts.other_site
    if facts.kind == LegacySource.KIND:
        return LegacySourceStatus(
            **shared,
            protocol=_line(facts.protocol),
            endpoint=_line(facts.endpoint),
            summary=source_summary(facts, live.get("summary") or {}) if here else None,
        )
    if facts.kind == AssetMapping.KIND:
        return AssetMappingStatus(**shared, assets=facts.assets, properties=facts.properties)
    return TwinModelStatus(
        **shared,
        assets=facts.assets,
        fresh=fresh_assets(facts, live.get("fresh")) if here else None,
        budget=least_budget(facts, live.get("budget")) if here else None,
        url=_line(facts.url),
    )


def _line(text: str) -> str | None:
    return cut(text, _LINE) or None


def _inputs(inputs: tuple[tuple[str, str], ...]) -> tuple[InputHash, ...]:
    """Sorted; where there are more than the CRD bears, the last entry stands for the rest, hash and all."""
    ordered = sorted(inputs)
    shown = ordered if len(ordered) <= MOST_INPUTS else ordered[: MOST_INPUTS - 1]
    rest = ordered[len(shown) :]
    entries = [InputHash(ref=cut(ref, _LINE), hash=digest) for ref, digest in shown]
    if rest:
        together = hashlib.sha256(repr(rest).encode()).hexdigest()[:16]
        entries.append(InputHash(ref=f"{len(rest)} more", hash=together))
    return tuple(entries)
