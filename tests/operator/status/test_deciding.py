"""Nothing is written at rest; what matters is written at once; what is only shown, when it has settled."""

import itertools
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from tests.operator.status.any_facts import facts
from tests.operator.status.known import NOW, source, source_health, twin, waits, with_process

from brownfield_api.health import LinkState, QualityCounts, Quantiles, TwinHealth
from brownfield_api.resources import Reason
from brownfield_operator.status.deciding import FLAPPING, SETTLED, decide
from brownfield_operator.status.facts import ResourceFacts
from brownfield_operator.status.resource_status import resource_status


@dataclass
class Cluster:
    """One resource's live status and the operator's part in it, second by second."""

    live: dict[str, Any] = field(default_factory=dict)
    differs_since: float | None = None
    second: float = 0.0
    writes: list[tuple[float, dict[str, Any]]] = field(default_factory=list)

    def see(self, known: ResourceFacts, seconds: float = 1.0) -> bool:
        """Time passes, then the operator looks; returns whether it wrote."""
        self.second += seconds
        wanted = resource_status(known, self.live, NOW + timedelta(seconds=self.second))
        decision = decide(self.live, wanted, self.differs_since, self.second)
        self.differs_since = decision.differs_since
        if decision.patch is None:
            return False
        self.live = dict(decision.patch)
        self.writes.append((self.second, self.live))
        return True


def _jittered_sources(dice: random.Random) -> Iterator[ResourceFacts]:
    """A steady source, as its records really look: a noisy p99, now and then a tag that is late, counts that grow."""
    scheduled = 50_000
    for second in range(600):
        scheduled += 10
        late = dice.random() < 0.05
        health = source_health(
            quality=QualityCounts(good=119 if late else 120, uncertain=1 if late else 0),
            polls_scheduled=scheduled,
            polls_succeeded=scheduled - 40,
            last_sample=source_health().last_sample + second * 1_000_000_000,
            latency=Quantiles(count=60, p50=0.011, p99=0.020 * dice.lognormvariate(0, 0.4), max=0.3),
            samples_read=scheduled * 120,
        )
        yield with_process(source(health), record_age=dice.uniform(0.1, 2.5))


def _jittered_twins(dice: random.Random) -> Iterator[ResourceFacts]:
    for _ in range(600):
        arrived = QualityCounts(good=dice.randrange(10**9))
        yield with_process(
            twin(TwinHealth(assets=4, fresh=4, stale=0, quality=arrived)), record_age=dice.uniform(0.1, 2.5)
        )


@pytest.mark.parametrize("steady", [_jittered_sources, _jittered_twins], ids=["source", "twin"])
@pytest.mark.parametrize("seed", range(5))
def test_ten_minutes_of_a_steady_process_are_written_once(
    steady: Callable[[random.Random], Iterator[ResourceFacts]], seed: int
) -> None:
    cluster = Cluster()
    dice = random.Random(seed)  # noqa: S311 - noise, not a secret.
    seen = [cluster.see(known) for known in steady(dice)]
    assert seen == [True] + [False] * 599


def test_two_messages_of_a_device_in_turn_are_not_written_again_and_again() -> None:
    cluster = Cluster()
    for second in range(600):
        said = "refused" if second % 7 else "no route to host"
        cluster.see(source(source_health(state=LinkState.BACKOFF, message=said)))
    assert len(cluster.writes) == 1


def test_the_first_status_is_written_at_once() -> None:
    assert Cluster().see(source())


@given(facts(), facts())
def test_deciding_again_after_a_write_is_quiet(before: ResourceFacts, after: ResourceFacts) -> None:
    cluster = Cluster()
    cluster.see(before)
    cluster.see(after)
    cluster.see(after, SETTLED)
    cluster.see(after, SETTLED)
    assert not any(cluster.see(after) for _ in range(3))
    assert cluster.live == resource_status(after, cluster.live, NOW + timedelta(hours=1))


def test_a_condition_is_written_at_once_and_takes_the_figures_with_it() -> None:
    cluster = Cluster()
    cluster.see(source())
    away = source_health(state=LinkState.BACKOFF, quality=QualityCounts(uncertain=120), latency=Quantiles())
    assert cluster.see(source(away), 100.0)
    assert cluster.live["summary"]["tags"] == "0/120"
    assert "lastSample" in cluster.live["summary"]


def test_a_change_of_generation_is_written_at_once() -> None:
    cluster = Cluster()
    cluster.see(source())
    assert cluster.see(source(generation=4))


def test_an_edited_input_is_written_at_once() -> None:
    cluster = Cluster()
    cluster.see(source())
    assert cluster.see(source(inputs=(("ConfigMap/senvion-mm82", "def"),)))


def test_the_words_of_an_error_are_written_at_once() -> None:
    cluster = Cluster()
    cluster.see(source(unlabelled_inputs=("a", "b")))
    assert cluster.see(source(unlabelled_inputs=("a",)))


def test_a_tag_that_stays_bad_is_written_after_a_minute() -> None:
    cluster = Cluster()
    cluster.see(source())
    bad = source(source_health(quality=QualityCounts(good=119, bad=1)))
    written = [cluster.see(bad) for _ in range(120)]
    assert written.index(True) == pytest.approx(SETTLED, abs=1)
    assert written.count(True) == 1
    assert cluster.live["summary"]["tags"] == "119/120"


def test_figures_that_really_wander_are_written_at_most_once_a_minute() -> None:
    cluster = Cluster()
    for second in range(600):
        latency = Quantiles(count=60, p99=0.02 * 3.0 ** (second // 5))
        cluster.see(source(source_health(latency=latency)))
    times = [at for at, _ in cluster.writes]
    assert len(times) > 3
    assert all(later - earlier >= SETTLED for earlier, later in itertools.pairwise(times))


def test_a_loose_plug_is_not_written_every_second() -> None:
    cluster = Cluster()
    plugged, unplugged = source(), source(source_health(state=LinkState.BACKOFF))
    cluster.see(plugged)
    cluster.see(plugged, 100.0)
    assert cluster.see(unplugged), "the first flip shows at once"
    for second in range(60):
        cluster.see(unplugged if second % 2 else plugged)
    assert len(cluster.writes) - 2 <= 60 / FLAPPING
    for _ in range(int(FLAPPING) + 1):
        cluster.see(plugged)
    assert not cluster.see(plugged)
    connected = next(item for item in cluster.live["conditions"] if item["type"] == "Connected")
    assert connected["status"] == "True"


def test_a_fault_of_the_pod_is_not_held_back_by_a_flapping_device() -> None:
    cluster = Cluster()
    cluster.see(source())
    cluster.see(source(source_health(state=LinkState.BACKOFF)))
    assert cluster.see(with_process(source(), workload=waits(Reason.CRASH_LOOPING, "It crashes.")))


def test_another_word_of_the_scheduler_alone_waits_until_it_has_settled() -> None:
    cluster = Cluster()
    cluster.see(with_process(source(), workload=waits(Reason.UNSCHEDULABLE, "0/3 nodes")))
    other = with_process(source(), workload=waits(Reason.UNSCHEDULABLE, "0/4 nodes"))
    assert not cluster.see(other)
    assert cluster.see(other, SETTLED)


def test_a_status_that_somebody_emptied_or_spoilt_is_written_again() -> None:
    wanted = resource_status(source(), None, NOW)
    assert decide({}, wanted, None, 0.0).patch == wanted
    spoilt = {**wanted, "conditions": [{"type": "Ready", "status": "True", "reason": "Mine"}]}
    assert decide(spoilt, wanted, None, 0.0).patch == wanted
    dated = [{**item, "lastTransitionTime": "2026-02-31T00:00:00Z"} for item in wanted["conditions"]]
    assert decide({**wanted, "conditions": dated}, wanted, None, 0.0).patch == wanted


def test_whoever_waits_is_told_when_to_look_again() -> None:
    live = resource_status(source(), None, NOW)
    slow = source(source_health(latency=Quantiles(count=60, p99=2.0)))
    wanted = resource_status(slow, live, NOW)
    first = decide(live, wanted, None, 100.0)
    assert (first.patch, first.differs_since, first.again) == (None, 100.0, SETTLED)
    assert decide(live, wanted, first.differs_since, 120.0).again == SETTLED - 20.0
    assert decide(live, wanted, first.differs_since, 100.0 + SETTLED).patch == wanted
    assert decide(live, live, None, 100.0).again is None


def test_a_flip_that_is_held_is_looked_at_again_when_it_may_be_written() -> None:
    live = resource_status(source(), None, NOW)
    away = source(source_health(state=LinkState.BACKOFF))
    decision = decide(live, resource_status(away, live, NOW + timedelta(seconds=1)), None, 1.0)
    assert (decision.patch, decision.again) == (None, FLAPPING)
