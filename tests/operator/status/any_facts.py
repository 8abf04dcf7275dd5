"""Any state a resource can be in, sensible or not, for property tests."""

from dataclasses import replace

from hypothesis import strategies as st
from tests.operator.status.known import RUNS, finding, mapping, source, source_health, twin, waits, with_process

from brownfield_api.health import LinkState, TwinHealth
from brownfield_api.resources import Reason
from brownfield_api.resources.status import ConditionType
from brownfield_operator.status.facts import ResourceFacts
from brownfield_operator.status.reasons import CONDITION_OF
from brownfield_planner.findings import Severity

WORDS = st.sampled_from(["", "It waits.", "ä 'quoted' {word}\nnext", "long " * 300])
"""Messages of others, the longest longer than a condition bears."""

PLANNED = [
    reason
    for reason, kind in CONDITION_OF.items()
    if kind in {ConditionType.ACCEPTED, ConditionType.RESOLVED} and reason not in {Reason.ACCEPTED, Reason.RESOLVED}
]
WAITING = [
    reason
    for reason in (*(r for r, kind in CONDITION_OF.items() if kind is ConditionType.AVAILABLE), Reason.MISSING_SECRET)
    if reason is not Reason.AVAILABLE
]


@st.composite
def facts(draw: st.DrawFn) -> ResourceFacts:
    """A resource in any state."""
    kind = draw(st.sampled_from(["AssetMapping", "LegacySource", "TwinModel"]))
    if kind == "LegacySource":
        health = source_health(state=draw(st.sampled_from(LinkState)), message=draw(WORDS))
        drawn = source(health)
    elif kind == "AssetMapping":
        drawn = mapping()
    else:
        drawn = twin(TwinHealth(assets=4, fresh=draw(st.integers(0, 4)), stale=0))
    findings = draw(
        st.lists(
            st.builds(
                finding,
                st.sampled_from(PLANNED),
                message=WORDS,
                severity=st.sampled_from(Severity),
            ),
            max_size=5,
        )
    )
    missing = draw(st.sampled_from(["", "Secret/mine", "Secret/other"]))
    workload = draw(
        st.one_of(
            st.none(),
            st.just(RUNS),
            st.builds(waits, st.sampled_from(WAITING), WORDS, st.just(missing)),
        )
    )
    changed = with_process(
        drawn,
        workload=workload,
        not_ready_for=draw(st.floats(0, 1000)),
        held_back=draw(st.sampled_from([(), ("tcp://a:502",)])),
        record_age=draw(st.floats(0, 60)),
    )
    return replace(
        changed,
        generation=draw(st.integers(1, 3)),
        findings=tuple(findings),
        left_out_because=draw(st.sampled_from(["", drawn.ref, "LegacySource/other"])),
        runs_last_good=draw(st.booleans()),
        references=("Secret/mine",),
        network_open=tuple(draw(st.lists(WORDS, max_size=3))),
        spine_reachable=draw(st.booleans()),
        other_site=draw(st.sampled_from(["", "", "plant-b"])),
    )
