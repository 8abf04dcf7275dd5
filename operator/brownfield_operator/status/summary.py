"""The figures of a status: how much of a source is good, how late it is, how many assets of a twin are fresh."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from brownfield_api.health import LinkState, SourceHealth
from brownfield_api.resources.legacysource import SourceSummary
from brownfield_operator.status.facts import ResourceFacts
from brownfield_operator.status.plant import source_health, twin_health
from brownfield_operator.status.rounding import duration, share
from brownfield_operator.status.timestamps import timestamp

Texts = Mapping[str, Any]
"""Figures as they are shown now."""


def source_summary(facts: ResourceFacts, shown: Texts) -> SourceSummary | None:
    """The source's figures; of a process that has gone quiet only when its last sample came.

    While the spine cannot be reached nothing new is known, and what is shown stays.
    """
    if not facts.spine_reachable:
        return _kept(shown)
    source = source_health(facts)
    if source is None:
        return _last_sample(shown.get("lastSample"))
    if not any(process.heard for process in facts.processes):
        return _last_sample(_moment(source.last_sample))
    live = source.state is LinkState.CONNECTED
    return SourceSummary(
        tags=f"{source.quality.good}/{source.tags}",
        quality=share(source.quality.good, _tags_with_code(source), shown.get("quality")),
        latency_p99=duration(source.latency.p99, shown.get("latencyP99")) if source.latency.count else None,
        uptime=share(source.polls_succeeded, source.polls_scheduled, shown.get("uptime")),
        last_sample=None if live else _moment(source.last_sample),
    )


def fresh_assets(facts: ResourceFacts, shown: str | None) -> str | None:
    """Fresh assets / all assets, as `4/4`; None while the twin does not report."""
    if not facts.spine_reachable:
        return shown
    twin = twin_health(facts)
    if twin is None or not any(process.heard for process in facts.processes):
        return None
    return f"{twin.fresh}/{twin.assets}"


def _kept(shown: Texts) -> SourceSummary | None:
    known = {field.alias or name for name, field in SourceSummary.model_fields.items()}
    texts = {name: text for name, text in shown.items() if name in known and isinstance(text, str)}
    return SourceSummary.model_validate(texts) if texts else None


def _last_sample(moment: str | None) -> SourceSummary | None:
    return SourceSummary(last_sample=moment) if moment else None


def _tags_with_code(source: SourceHealth) -> int:
    return source.quality.good + source.quality.uncertain + source.quality.bad


def _moment(nanoseconds: int) -> str | None:
    """RFC 3339 of ns since 1970; None for 0, which is never."""
    return timestamp(datetime.fromtimestamp(nanoseconds // 1_000_000_000, UTC)) if nanoseconds else None
