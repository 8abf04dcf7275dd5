"""The legacy systems behind the twin's assets, as the health records tell, and what was promised of them."""

from collections.abc import Iterable

from brownfield_api.health import EXPIRES, HealthRecord, LevelHealth, LinkState, QualityCounts, SourceHealth
from brownfield_api.twin_config import TwinConfig
from brownfield_api.twin_view import LevelView, SourceView
from brownfield_twin.columns import SECOND
from brownfield_twin.wording import time_text

_LEVELS_EXPIRE = 60.0
"""Seconds. The ledger speaks every ten; while an operator hands over to another it is silent for half a minute."""


class SourceBoard:
    """The newest record of each source this twin's assets name. Others in the bucket are ignored."""

    def __init__(self, config: TwinConfig) -> None:
        self._namespace = config.namespace
        self.names = tuple(sorted({name for asset in config.assets for name in asset.sources.values()}))
        self._newest: dict[str, tuple[int, SourceHealth]] = {}
        self._twin = config.name
        self._books: dict[str, tuple[int, list[LevelHealth]]] = {}
        self._promises: dict[tuple[str, str], dict[str, tuple[int, LevelHealth]]] = {}

    def take(self, records: Iterable[HealthRecord]) -> None:
        """Remember what adapters say of our sources; the newer of two records about one source counts."""
        for record in records:
            if record.namespace != self._namespace:
                continue
            for source in record.sources:
                if source.name in self.names and record.time >= self._newest.get(source.name, (0,))[0]:
                    self._newest[source.name] = (record.time, source)
            if record.kind == "levels":
                self._take_levels(record)

    def levels(self, now: int) -> list[LevelView]:
        """What was promised of the twin itself."""
        return self._levels_of("twin", self._twin, now)

    def _take_levels(self, record: HealthRecord) -> None:
        """The ledger speaks in one record or several; of two that speak of one promise, the newer counts."""
        self._books[record.name] = (record.time, [level for level in record.levels if self._is_ours(level)])
        self._promises = {}
        for time, levels in sorted(self._books.values(), key=lambda book: book[0]):
            for level in levels:
                self._promises.setdefault((level.kind, level.name), {})[level.sli] = (time, level)

    def _is_ours(self, level: LevelHealth) -> bool:
        return level.name in self.names if level.kind == "source" else level.name == self._twin

    def _levels_of(self, kind: str, name: str, now: int) -> list[LevelView]:
        promises = self._promises.get((kind, name), {}).values()
        return [_level(level, expired=(now - time) / SECOND > _LEVELS_EXPIRE) for time, level in promises]

    def views(self, now: int) -> list[SourceView]:
        """All sources by name; one without a record is there too, and says so."""
        return [self._view(name, now) for name in self.names]

    def _view(self, name: str, now: int) -> SourceView:
        return self._source(name, now).model_copy(update={"levels": self._levels_of("source", name, now)})

    def _source(self, name: str, now: int) -> SourceView:
        if name not in self._newest:
            return _view(_unheard(name), "Unknown", "No adapter has reported on this source yet", now, expired=True)
        time, source = self._newest[name]
        silence = (now - time) / SECOND
        if silence > EXPIRES:
            message = f"Its adapter has not reported for {silence:.0f} s; what is shown is the last it said"
            return _view(source, source.state.value, message, now, expired=True)
        return _view(source, source.state.value, source.message, now, expired=False)


def _level(level: LevelHealth, *, expired: bool) -> LevelView:
    return LevelView(
        sli=level.sli,
        objective=level.objective,
        window=level.window,
        ratio=level.ratio,
        budget=level.budget,
        expired=expired,
    )


def _unheard(name: str) -> SourceHealth:
    return SourceHealth(
        name=name, protocol="", endpoint="", state=LinkState.STOPPED, since=0, tags=0, quality=QualityCounts()
    )


def _view(source: SourceHealth, state: str, message: str, now: int, *, expired: bool) -> SourceView:
    return SourceView(
        name=source.name,
        protocol=source.protocol,
        endpoint=source.endpoint,
        state=state,
        since=time_text(source.since),
        tags=source.tags,
        good=source.quality.good,
        uncertain=source.quality.uncertain,
        bad=source.quality.bad,
        polls_scheduled=source.polls_scheduled,
        polls_succeeded=source.polls_succeeded,
        requests=source.requests,
        reconnects=source.reconnects,
        last_sample=time_text(source.last_sample),
        latency_p99=source.latency.p99 if source.latency.count else None,
        buffer_batches=source.buffer_batches,
        buffer_age=max(now - source.buffer_oldest, 0) / SECOND if source.buffer_oldest else None,
        message=message,
        expired=expired,
        levels=[],
    )
