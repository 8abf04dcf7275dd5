"""`make bench`: all scenarios in one run, a table on the screen, JSON where asked.

`--scenario NAME --report FILE` runs one and writes its report (that of `brownfield run`, plus `seconds`
and `cores`); without a scenario all of them run and the table is what docs/benchmarks.md records.
"""

import argparse
import json
import os
import platform
import sys
from pathlib import Path

from hack.bench.core import core_figures
from hack.bench.measure import figures, run
from hack.bench.scenarios import SCENARIOS
from hack.bench.through_spine import through_spine_figures

DEFAULT_SET = tuple(name for name in SCENARIOS if name != "farm")
"""What a run without a scenario measures; the farm takes both cores for itself and is asked for by name."""


def _seconds(text: str) -> int:
    return int(text.removesuffix("s"))


def machine() -> str:
    """The machine as one line, for the table's caption."""
    return f"{os.cpu_count()} cores, {platform.system()} {platform.release()}, Python {platform.python_version()}"


def table(rows: dict[str, dict[str, float]]) -> str:
    """Markdown: a line per scenario and figure."""
    lines = ["| scenario | figure | value |", "|---|---|---|"]
    for scenario, found in rows.items():
        lines += [f"| {scenario} | {name} | {value:,.3f} |" for name, value in found.items()]
    return "\n".join(lines)


def main() -> int:
    """Measures and prints; the exit code is 0 when every scenario ran to its end."""
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("--scenario", choices=sorted(SCENARIOS))
    parser.add_argument("--duration", type=_seconds, default=20, help="seconds a scenario, e.g. 30s")
    parser.add_argument("--report", type=Path)
    options = parser.parse_args()
    if options.scenario:
        report = run(SCENARIOS[options.scenario], options.duration)
        rows = {options.scenario: figures(SCENARIOS[options.scenario], report)}
        written: object = report
    else:
        rows = {"pipeline": core_figures() | through_spine_figures()}
        for name in DEFAULT_SET:
            print(f"{name} …", file=sys.stderr, flush=True)
            rows[name] = figures(SCENARIOS[name], run(SCENARIOS[name], options.duration))
        written = rows
    print(f"Measured on: {machine()}\n\n{table(rows)}")
    if options.report:
        options.report.write_text(json.dumps(written, indent=2) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
