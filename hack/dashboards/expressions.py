"""PromQL that several boards need. `$name` stands for a variable of the board, `$__…` for one of Grafana's."""

OBJECTIVE_LABELS = "namespace, source, twin, sli, window"
"""What tells one objective from another; the exporter is none of it, so a change of leader is no new series."""


def per_second(counter: str, selector: str, by: str = "") -> str:
    """The rate of a counter, summed over what `by` does not name."""
    return f"sum{_by(by)} (rate({counter}{{{selector}}}[$__rate_interval]))"


def lasting(counter: str, selector: str, by: str = "") -> str:
    """How much a counter grew within the time that is shown, summed."""
    return f"sum{_by(by)} (increase({counter}{{{selector}}}[$__range]))"


def quantile(share: float, histogram: str, selector: str, by: str = "") -> str:
    """A quantile of a histogram (its name without `_bucket`), for each of `by`."""
    labels = f"{by}, le" if by else "le"
    return f"histogram_quantile({share:g}, {per_second(f'{histogram}_bucket', selector, labels)})"


def cells(histogram: str, selector: str) -> str:
    """The buckets of a histogram for a heatmap."""
    return f"sum by (le) (increase({histogram}_bucket{{{selector}}}[$__rate_interval]))"


def remaining(selector: str) -> str:
    """What is left of each error budget; of two exporters the careful figure, as the recorded series has it."""
    return f"min by ({OBJECTIVE_LABELS}) (brownfield_error_budget_remaining_ratio{{{selector}}})"


def objective(selector: str) -> str:
    """The share promised."""
    return f"max by ({OBJECTIVE_LABELS}) (brownfield_objective_ratio{{{selector}}})"


def achieved(selector: str) -> str:
    """The share that was good within the objective's window; nothing where nothing was counted."""
    good = f"brownfield_objective_window_good_events{{{selector}}}"
    events = f"brownfield_objective_window_events{{{selector}}}"
    return f"min by ({OBJECTIVE_LABELS}) ({good} / ({events} > 0))"


def good_share(selector: str, by: str = "sli") -> str:
    """The share of events that were good a moment ago, with an objective or without."""
    good, events = (
        f"max by ({by}) (rate({name}{{{selector}}}[$__rate_interval]))"
        for name in ("brownfield_sli_good_events_total", "brownfield_sli_events_total")
    )
    return f"{good} / ({events} > 0)"


def _by(labels: str) -> str:
    return f" by ({labels})" if labels else ""
