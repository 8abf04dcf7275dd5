"""The rules of one window: the current burn rate, an alert that pages and one that writes a ticket."""

from brownfield_slo.levels import window_text
from brownfield_slo.rules.group import Alert, Group, Recording, Severity
from brownfield_slo.rules.names import BUDGET, BURN_RATE, INDICATOR_LABELS, RESOURCE, errors
from brownfield_slo.rules.windows import BurnWindow, burn_windows, duration_text


def burn_group(window: float, interval: int) -> Group:
    """For all objectives over this window (seconds)."""
    name = window_text(window)
    pairs = burn_windows(window, interval)
    current = Recording(BURN_RATE, burn_rate(pairs[0].long, name), {"window": name})
    alerts = (_alert(pairs, "page", name), _alert(pairs, "ticket", name))
    return Group(f"brownfield-burn-{name}", interval, (current, *alerts))


def burn_rate(span: int, window: str) -> str:
    """PromQL: how many times faster than sustainable the budget of each objective over `window` goes within `span`.

    The objective stands on the many-side of the join, so that two exporters which for a moment disagree about the owner
    make two series, not an error. Labels are the objective's: resource, indicator, window, team, contact.
    """
    ratio = errors(duration_text(span))
    return f'{ratio}\n/ on ({INDICATOR_LABELS}) group_right ()\n{BUDGET}{{window="{window}"}}'


def _alert(pairs: tuple[BurnWindow, ...], severity: Severity, window: str) -> Alert:
    chosen = [pair for pair in pairs if pair.severity == severity]
    limits = ", ".join(f"{pair.factor:g} within {duration_text(pair.long)}" for pair in chosen)
    return Alert(
        name="BrownfieldErrorBudgetBurn",
        severity=severity,
        labels={"window": window},
        expr="\nor\n".join(_burns(pair, window) for pair in chosen),
        summary=f"{RESOURCE} burns the error budget of its {{{{ $labels.sli }}}}",
        description=(
            f"The error budget of {{{{ $labels.sli }}}} of {RESOURCE} in namespace {{{{ $labels.namespace }}}} goes "
            f"{{{{ $value | humanize }}}} times as fast as its objective over {window} allows (limits: {limits})."
        ),
    )


def _burns(pair: BurnWindow, window: str) -> str:
    long, short = (burn_rate(span, window).replace("\n", "\n    ") for span in (pair.long, pair.short))
    limit = f"> {pair.factor:g}"
    return f"(\n  (\n    {long}\n  ) {limit}\n  and\n  (\n    {short}\n  ) {limit}\n)"
