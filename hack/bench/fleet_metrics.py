"""What the ledger of a fleet would export, made up: 1,000 sources without 1,000 machines.

Counters are functions of the wall clock, so that history written into a database beforehand and what is scraped
afterwards are one series. Every tenth source fails one poll in fifty, the others none.
"""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

INDICATORS = ("uptime", "latency", "twin_latency", "quality")
OBJECTIVE = 0.995
BEGIN = 1_700_000_000.0
"""Seconds since 1970 at which all counters were zero."""


@dataclass(frozen=True, slots=True)
class Fleet:
    """So many sources, each with an objective for each indicator over each of the windows (`28d`)."""

    sources: int
    windows: tuple[str, ...]

    def rows(self) -> Iterator[tuple[str, float]]:
        """Labels of each source and indicator, and the share of its events that are good."""
        for number in range(self.sources):
            good = 0.98 if number % 10 == 0 else 1.0
            for sli in INDICATORS:
                yield f'namespace="fleet",source="machine-{number:04}",sli="{sli}"', good

    def exposition(self, now: float) -> str:
        """The text that Prometheus scrapes; a source has its objective over the window that is its turn."""
        events, good_events, objectives, remaining = [], [], [], []
        for number, (labels, good) in enumerate(self.rows()):
            window = self.windows[(number // len(INDICATORS)) % len(self.windows)]
            count = int(now - BEGIN)
            events.append(f"brownfield_sli_events_total{{{labels}}} {count}")
            good_events.append(f"brownfield_sli_good_events_total{{{labels}}} {int(count * good)}")
            promised = f'{labels},window="{window}"'
            objectives.append(f'brownfield_objective_ratio{{{promised},team="ot"}} {OBJECTIVE}')
            left = 1 - (1 - good) / (1 - OBJECTIVE)
            remaining.append(f"brownfield_error_budget_remaining_ratio{{{promised}}} {left:.4f}")
        families = (
            ("brownfield_sli_events_total", "counter", events),
            ("brownfield_sli_good_events_total", "counter", good_events),
            ("brownfield_objective_ratio", "gauge", objectives),
            ("brownfield_error_budget_remaining_ratio", "gauge", remaining),
        )
        return "".join(f"# TYPE {name} {kind}\n" + "\n".join(lines) + "\n" for name, kind, lines in families)

    def history(self, begin: float, end: float, step: float) -> Iterator[str]:
        """OpenMetrics lines of the recorded counters, one every `step` seconds."""
        recorded = ("source_sli:brownfield_sli_events:max", "source_sli:brownfield_sli_good_events:max")
        for kind, name in enumerate(recorded):
            yield f"# TYPE {name} gauge\n"
            for labels, good in self.rows():
                moment = begin
                while moment < end:
                    count = int((int(moment - BEGIN)) * (good if kind else 1.0))
                    yield f"{name}{{{labels}}} {count} {int(moment)}\n"
                    moment += step
        yield "# EOF\n"


@contextmanager
def serving(fleet: Fleet) -> Iterator[int]:
    """Serves the fleet's metrics on loopback; yields the port."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:  # http.server's own name
            body = fleet.exposition(time.time()).encode()
            self.send_response(200)
            self.send_header("Content-Type", "text/plain; version=0.0.4")
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # its signature
            """A scrape is no news."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        server.server_close()
