"""The legacy systems behind the twin's assets, as the health records tell, and what was promised of them."""

from collections.abc import Iterable

from brownfield_api.health import EXPIRES, HealthRecord, LevelHealth, LinkState, QualityCounts, SourceHealth
from brownfield_api.twin_config import TwinConfig
from brownfield_api.twin_view import LevelView, SourceView
from brownfield_twin.columns import SECOND
from brownfield_twin.wording import time_text


class SourceBoard:
    """The newest record of each source this twin's assets name. Others in the bucket are ignored."""

    def __init__(self, config: TwinConfig) -> None:
        self._namespace = config.namespace
        self.names = tuple(sorted({name for asset in config.assets for name in asset.sources.values()}))
        self._newest: dict[str, tuple[int, SourceHealth]] = {}
        self._twin = config.name
        self._levels: dict[str, list[LevelHealth]] = {}

    def take(self, records: Iterable[HealthRecord]) -> None:
        """Remember what adapters say of our sources; the newer of two records about one source counts."""
        for record in records:
            if record.namespace != self._namespace:
                continue
            for source in record.sources:
                if source.name in self.names and record.time >= self._newest.get(source.name, (0,))[0]:
                    self._newest[source.name] = (record.time, source)
            if record.kind == "levels":
                self._levels[record.name] = [level for level in record.levels if self._is_ours(level)]

    @property
    def levels(self) -> list[LevelView]:
        """What was promised of the twin itself."""
        return self._levels_of("twin", self._twin)

    def _is_ours(self, level: LevelHealth) -> bool:
        return level.name in self.names if level.kind == "source" else level.name == self._twin

    def _levels_of(self, kind: str, name: str) -> list[LevelView]:
        told = (level for levels in self._levels.values() for level in levels)
        return [_level(level) for level in told if (level.kind, level.name) == (kind, name)]

    def views(self, now: int) -> list[SourceView]:
        """All sources by name; one without a record is there too, and says so."""
        return [self._view(name, now) for name in self.names]

    def _view(self, name: str, now: int) -> SourceView:
        return self._source(name, now).model_copy(update={"levels": self._levels_of("source", name)})

    def _source(self, name: str, now: int) -> SourceView:
        if name not in self._newest:
            return _view(_unheard(name), "Unknown", "No adapter has reported on this source yet", now, expired=True)
        time, source = self._newest[name]
        silence = (now - time) / SECOND
        if silence > EXPIRES:
            message = f"Its adapter has not reported for {silence:.0f} s; what is shown is the last it said"
            return _view(source, source.state.value, message, now, expired=True)
        return _view(source, source.state.value, source.message, now, expired=False)


def _level(level: LevelHealth) -> LevelView:
    return LevelView(
        sli=level.sli, objective=level.objective, window=level.window, ratio=level.ratio, budget=level.budget
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
