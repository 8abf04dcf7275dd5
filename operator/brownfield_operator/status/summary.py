"""The figures of a status: how much of a source is good, how late it is, how many assets of a twin are fresh."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from brownfield_api.health import LinkState
from brownfield_api.resources.legacysource import SourceSummary
from brownfield_operator.status.facts import ResourceFacts
from brownfield_operator.status.plant import source_health, twin_health
from brownfield_operator.status.rounding import budget, duration, share
from brownfield_operator.status.timestamps import timestamp
from brownfield_slo.indicators import Sli
from brownfield_slo.ledger.account import Events
from brownfield_slo.levels import worst

Texts = Mapping[str, Any]
"""Figures as they are shown now."""


def source_summary(facts: ResourceFacts, shown: Texts) -> SourceSummary | None:
    """The source's figures; of a process that has gone quiet only those of the ledger, and when its last sample came.

    While the spine cannot be reached nothing new is known, and what is shown stays.
    """
    if not facts.spine_reachable:
        return _kept(shown)
    source = source_health(facts)
    last_sample = shown.get("lastSample") if source is None else _moment(source.last_sample)
    levels = SourceSummary(
        quality=_indicator(facts, Sli.QUALITY, shown.get("quality")),
        uptime=_indicator(facts, Sli.UPTIME, shown.get("uptime")),
        budget=least_budget(facts, shown.get("budget")),
        last_sample=last_sample,
    )
    if source is None or not any(process.heard for process in facts.processes):
        return levels if levels != SourceSummary() else None
    live = source.state is LinkState.CONNECTED
    return levels.model_copy(
        update={
            "tags": f"{source.quality.good}/{source.tags}",
            "latency_p99": duration(source.latency.p99, shown.get("latencyP99")) if source.latency.count else None,
            "last_sample": None if live else last_sample,
        }
    )


def fresh_assets(facts: ResourceFacts, shown: str | None) -> str | None:
    """Fresh assets / all assets, as `4/4`; None while the twin does not report."""
    if not facts.spine_reachable:
        return shown
    twin = twin_health(facts)
    if twin is None or not any(process.heard for process in facts.processes):
        return None
    return f"{twin.fresh}/{twin.assets}"


def least_budget(facts: ResourceFacts, shown: str | None) -> str | None:
    """What is left of the error budget that has least, None without a promise or figures."""
    level = worst(facts.figures.levels) if facts.figures else None
    return None if level is None or level.met is None else budget(level.budget, shown)


def _indicator(facts: ResourceFacts, sli: Sli, shown: str | None) -> str | None:
    """An indicator over the objective's window, as a dashboard shows it."""
    events = facts.figures.within[sli] if facts.figures else Events()
    return share(events.good, events.total, shown)


def _kept(shown: Texts) -> SourceSummary | None:
    known = {field.alias or name for name, field in SourceSummary.model_fields.items()}
    texts = {name: text for name, text in shown.items() if name in known and isinstance(text, str)}
    return SourceSummary.model_validate(texts) if texts else None


def _moment(nanoseconds: int) -> str | None:
    """RFC 3339 of ns since 1970; None for 0, which is never."""
    return timestamp(datetime.fromtimestamp(nanoseconds // 1_000_000_000, UTC)) if nanoseconds else None
