"""The dashboards as files hold them, and values for their variables as people choose them in `series.yaml`'s plant."""

from pathlib import Path

DASHBOARDS = Path(__file__).parents[2] / "dashboards"
SYSTEM = {"brownfield-operator", "brownfield-spine"}
"""Dashboards of what does not live in a plant's namespace."""
VALUES = {"source": "t1", "twin": "farm", "__rate_interval": "2m", "__range": "1h"}


def chosen(dashboard: str, variable: str) -> str:
    """The value of a variable."""
    if variable == "namespace":
        return "system" if dashboard in SYSTEM else "plant"
    return VALUES[variable]
