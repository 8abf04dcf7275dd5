"""The operator: who leads, what waits, what it asks of the API server."""

from grafana_foundation_sdk.models import units
from hack.dashboards.board import Board, Row, any_of
from hack.dashboards.expressions import per_second, quantile
from hack.dashboards.panels import Column, Query, figure, graph, rows

_HERE = 'namespace=~"$namespace"'
_VERSIONS = f"count by (version) (brownfield_build_info{{{_HERE}}})"
_READS = "get|list|watch"
_SECONDS = "brownfield_operator_reconcile_seconds"
_REQUESTS = "brownfield_operator_api_requests_total"


def board() -> Board:
    """For whoever runs Brownfield on a cluster; `brownfield run` has no operator."""
    return Board(
        uid="brownfield-operator",
        description="The operator: leader, queues, reconciles, requests to the API server, resync and watches.",
        variables=(any_of("namespace", "Namespace", "label_values(brownfield_operator_leader, namespace)"),),
        rows=(_now(), _work(), _requests(), _sight()),
    )


def _now() -> Row:
    return Row(
        "Now",
        (
            figure(
                "Leaders",
                "Replicas that lead: 1, or 0 for the seconds of a change.",
                Query(f"sum(brownfield_operator_leader{{{_HERE}}})"),
                base="red",
                steps=((1.0, "green"), (2.0, "red")),
            ),
            figure(
                "Replicas",
                "Replicas that are scraped; all but one stand by.",
                Query(f"count(brownfield_operator_leader{{{_HERE}}})"),
            ),
            figure(
                "Oldest work",
                "How long the oldest key in a queue has waited.",
                Query(f"max(brownfield_operator_queue_oldest_seconds{{{_HERE}}})"),
                unit=units.Seconds,
                base="green",
                steps=((300.0, "red"),),
            ),
            figure(
                "Last resync",
                "Time since everything was looked at once more.",
                Query(f"max(brownfield_operator_resync_age_seconds{{{_HERE}}})"),
                unit=units.Seconds,
                base="green",
                steps=((3600.0, "red"),),
            ),
            figure(
                "Last plan",
                "Duration of the last plan of all resources.",
                Query(f"max(brownfield_operator_plan_seconds{{{_HERE}}})"),
                unit=units.Seconds,
            ),
            rows(
                "Versions",
                "Replicas by their version.",
                Column(
                    title="Replicas", expr=f"count by (version) (brownfield_build_info{{{_HERE}}})", unit=units.Short
                ),
                labels={"version": "Version"},
                sort="Version",
                width=4,
                height=4,
            ),
        ),
    )


def _work() -> Row:
    return Row(
        "Work",
        (
            graph(
                "Queue depth",
                "Keys that wait or are worked on: processes, and statuses of resources.",
                Query(f"max by (queue) (brownfield_operator_queue_depth{{{_HERE}}})", "{{queue}}"),
            ),
            graph(
                "Oldest key in a queue",
                "How long the oldest key has waited; an alert comes above five minutes.",
                Query(f"max by (queue) (brownfield_operator_queue_oldest_seconds{{{_HERE}}})", "{{queue}}"),
                unit=units.Seconds,
                limits=(300.0,),
            ),
            graph(
                "Reconciles",
                "Keys worked on per second.",
                Query(per_second("brownfield_operator_reconciles_total", _HERE, "queue"), "{{queue}}"),
                unit=units.OpsPerSecond,
            ),
            graph(
                "Duration of a reconcile",
                "How long a key was worked on: median and 99th percentile.",
                Query(quantile(0.5, _SECONDS, _HERE, "queue"), "p50 {{queue}}"),
                Query(quantile(0.99, _SECONDS, _HERE, "queue"), "p99 {{queue}}"),
                unit=units.Seconds,
            ),
            graph(
                "Retries",
                "Keys per second whose work failed and is tried again.",
                Query(per_second("brownfield_operator_retries_total", _HERE, "queue"), "{{queue}}"),
                unit=units.OpsPerSecond,
            ),
            graph(
                "Duration of a plan",
                "How long the last plan of all resources took.",
                Query(f"max(brownfield_operator_plan_seconds{{{_HERE}}})", "plan"),
                unit=units.Seconds,
            ),
        ),
    )


def _requests() -> Row:
    return Row(
        "Requests to the API server",
        (
            graph(
                "By verb and kind",
                "All requests, those that only read among them.",
                Query(per_second(_REQUESTS, _HERE, "verb, kind"), "{{verb}} {{kind}}"),
                unit=units.RequestsPerSecond,
            ),
            graph(
                "Writes",
                "Requests that change something: at rest the Lease alone, and credentials when they are due.",
                Query(per_second(_REQUESTS, f'verb!~"{_READS}", {_HERE}', "verb, kind"), "{{verb}} {{kind}}"),
                unit=units.RequestsPerSecond,
            ),
            graph(
                "By answer",
                "Requests by HTTP status; 0 means that no answer came.",
                Query(per_second(_REQUESTS, _HERE, "code"), "{{code}}"),
                unit=units.RequestsPerSecond,
                stacked=True,
            ),
        ),
    )


def _sight() -> Row:
    return Row(
        "What it sees",
        (
            graph(
                "Age of watches",
                "Time since a watch was last known to be alive, by kind; an alert comes above a quarter of an hour.",
                Query(f"max by (kind) (brownfield_operator_watch_age_seconds{{{_HERE}}})", "{{kind}}"),
                unit=units.Seconds,
                width=12,
                limits=(900.0,),
            ),
            graph(
                "Age of the last resync",
                "Time since everything was looked at once more; an alert comes above an hour.",
                Query(f"max(brownfield_operator_resync_age_seconds{{{_HERE}}})", "resync"),
                unit=units.Seconds,
                width=12,
                limits=(3600.0,),
            ),
        ),
    )
