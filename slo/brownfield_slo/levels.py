"""What has become of a promise: the share that was good within the window, and what is left of the error budget.

These are the numbers of status, page and dashboards alike; nobody computes them twice.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from brownfield_slo.indicators import Measured, Sli, Subject
from brownfield_slo.ledger.account import Events
from brownfield_slo.ledger.ledger import Ledger


@dataclass(frozen=True, slots=True)
class Level:
    """One objective of one resource. `objective` is a share between 0 and 1, `events` those of its window, `covered`
    the share of the window in which they were counted.
    """

    subject: Subject
    sli: Sli
    objective: float
    window: float
    events: Events
    covered: float = 1.0

    @property
    def budget(self) -> float:
        """Share of the whole window's error budget that is left: 1 untouched, 0 used up, below 0 overdrawn.

        Of a window that is not over yet the rest is taken to bring as many events, and good ones: ten bad polls of the
        first twenty are no broken promise about four weeks.
        """
        ratio = self.events.ratio
        return 1.0 if ratio is None else 1.0 - (1.0 - ratio) * self.covered / (1.0 - self.objective)

    @property
    def met(self) -> bool | None:
        """Whether the promise can still be kept; None without events."""
        return None if self.events.ratio is None else self.budget >= 0.0


@dataclass(frozen=True, slots=True)
class Figures:
    """What is known of one resource: counts since the beginning and of the window, and what has become of each
    promise.
    """

    measured: Measured
    totals: Mapping[Sli, Events]
    within: Mapping[Sli, Events]
    levels: tuple[Level, ...]

    @property
    def verdicts(self) -> tuple[bool | None, ...]:
        """Of each promise, whether it is met."""
        return tuple(level.met for level in self.levels)


def figures_of(ledger: Ledger, item: Measured, now: int) -> Figures:
    """What the ledger says of a resource at `now` (ns since 1970 UTC)."""
    subject = item.subject
    within = {sli: ledger.within(subject, sli, now) for sli in item.indicators}
    levels = tuple(
        Level(subject, sli, objective, item.window, within[sli], _covered(ledger, item, sli, within[sli], now))
        for sli, objective in item.objectives.items()
    )
    return Figures(item, {sli: ledger.totals(subject, sli) for sli in item.indicators}, within, levels)


def _covered(ledger: Ledger, item: Measured, sli: Sli, events: Events, now: int) -> float:
    """The share of the window that its events fill. Polls tell it best: while a source is suspended there are none."""
    if sli is Sli.UPTIME and item.rate:
        return min(1.0, events.total / (item.rate * item.window))
    return ledger.covered(item.subject, sli, now)


def window_text(seconds: float) -> str:
    """A window in the largest unit that measures it whole, as a resource would say it: `28d`, `90m`."""
    milliseconds = round(seconds * 1000)
    for unit, size in (("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1000)):
        if milliseconds % size == 0:
            return f"{milliseconds // size}{unit}"
    return f"{milliseconds}ms"


def worst(levels: Iterable[Level]) -> Level | None:
    """The one with the least budget left."""
    return min(levels, key=lambda level: level.budget, default=None)
