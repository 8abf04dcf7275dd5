"""How many requests the operator made: "no writes at rest" is a promise, and this is where it can be seen kept."""

from prometheus_client import CollectorRegistry, Counter

READS = frozenset(("get", "list", "watch"))
"""Every other verb writes."""


class Requests:
    """`brownfield_operator_api_requests_total{verb,kind,code}`; code "0" where no answer came."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._total = Counter(
            "brownfield_operator_api_requests",
            "Requests to the API server, by verb, kind and HTTP status (0: no answer)",
            ("verb", "kind", "code"),
            registry=registry,
        )
        self._writes = 0

    @property
    def writes(self) -> int:
        """Requests so far that were meant to change something, whatever came of them."""
        return self._writes

    def count(self, verb: str, kind: str, code: int) -> None:
        """One request ended."""
        self._total.labels(verb, kind, str(code)).inc()
        if verb not in READS:
            self._writes += 1
