"""Whose service levels are kept."""

from typing import Any

from brownfield_operator.measured import MeasuredResources
from brownfield_operator.store import Store
from brownfield_slo.indicators import Sli, Subject


def source(name: str, generation: int, **spec: Any) -> dict[str, Any]:
    return {
        "apiVersion": "brownfield.dev/v1alpha1",
        "kind": "LegacySource",
        "metadata": {
            "name": name, "namespace": "plant", "uid": name, "generation": generation,
            "resourceVersion": str(generation), "creationTimestamp": "2026-03-01T12:00:00Z",
        },
        "spec": {"modbus": {"endpoint": f"tcp://{name}:502"}, "tags": [{"name": "a", "address": "holding:0"}], **spec},
    }  # fmt: skip


def test_every_source_of_this_site_is_measured_with_what_was_promised() -> None:
    store = Store()
    promises = {"uptime": "99.5", "latency": {"threshold": "1s", "ratio": "99"}, "window": "12h"}
    store.put("LegacySource", source("a", 1, objectives=promises, interval="500ms", owner={"team": "north"}))
    store.put("LegacySource", source("b", 1, site="elsewhere"))
    store.put("LegacySource", source("c", 1, suspend=True))
    first, second = MeasuredResources(store, "here")()
    assert first.objectives == {Sli.UPTIME: 0.995, Sli.LATENCY: 0.99, Sli.TWIN_LATENCY: 0.99}
    assert (first.rate, first.window, first.team) == (2.0, 43200.0, "north")
    assert (second.subject.name, second.rate, second.objectives) == ("c", 0.0, {})


def test_a_source_that_became_wrong_is_measured_as_it_was() -> None:
    store = Store()
    store.put("LegacySource", source("a", 1, objectives={"uptime": "99"}))
    measured = MeasuredResources(store, "here")
    before = measured()
    store.put("LegacySource", source("a", 2, interval="never"))
    assert measured() == before
    assert measured.exists(Subject("source", "plant", "a"))
    store.remove(("LegacySource", "plant", "a"))
    assert measured() == []
    assert not measured.exists(Subject("source", "plant", "a"))
