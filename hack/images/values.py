"""The chart's values that name the images as they are built now."""

from collections.abc import Mapping, Sequence
from typing import Any

from hack.images.build import Built

PROCESSES = ("adapter", "pipeline", "twin")
OF_THE_CHART = ("operator", "spine", *PROCESSES)
"""The targets that the chart knows."""


def values(images: Sequence[Built]) -> dict[str, Any]:
    """Values of charts/brownfield; images the chart does not know (plant, command line) are left out."""
    named: Mapping[str, str] = {image.target: image.reference for image in images}
    found: dict[str, Any] = {part: {"image": named[part]} for part in ("operator", "spine") if part in named}
    processes = {part: {"image": named[part]} for part in PROCESSES if part in named}
    return {**found, **({"processes": processes} if processes else {})}
