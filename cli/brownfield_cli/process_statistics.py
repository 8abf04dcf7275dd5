"""CPU time and memory of the supervised processes, all starts of each together."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import psutil

from brownfield_cli.report import ProcessReport


@dataclass
class ProcessStatistics:
    """Sampled about once a second, so a start that dies loses at most its last second of CPU time."""

    cpu_by_start: dict[tuple[str, int], float] = field(default_factory=dict)
    rss: dict[str, int] = field(default_factory=dict)

    def sample(self, pids: Mapping[str, int | None]) -> None:
        """Reads CPU seconds and resident bytes of each process that is up."""
        for name, pid in pids.items():
            if pid is None:
                continue
            try:
                process = psutil.Process(pid)
                with process.oneshot():
                    times = process.cpu_times()
                    self.cpu_by_start[(name, pid)] = times.user + times.system
                    self.rss[name] = process.memory_info().rss
            except psutil.NoSuchProcess:
                continue  # it ended between the look at the table and this line; the next sample sees its successor

    def reports(self, restarts: Mapping[str, int]) -> dict[str, ProcessReport]:
        """One report per process of `restarts`."""
        return {
            name: ProcessReport(
                cpu_seconds=round(sum(cpu for (owner, _), cpu in self.cpu_by_start.items() if owner == name), 3),
                rss_bytes=self.rss.get(name, 0),
                restarts=count,
            )
            for name, count in restarts.items()
        }
