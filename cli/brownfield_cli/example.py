"""Finds the example that `brownfield demo` plays: in the wheel, or in the checkout it is installed from."""

from pathlib import Path

from brownfield_api.errors import BrownfieldError

_PLACES = (
    Path(__file__).parent / "examples" / "wind-farm",
    Path(__file__).parents[2] / "examples" / "wind-farm",
)


def wind_farm() -> Path:
    """The folder of the example; raises `BrownfieldError` if this installation has none."""
    for place in _PLACES:
        if (place / "plant" / "plant.yaml").is_file():
            return place
    raise BrownfieldError("this installation has no example", str(_PLACES[0]), "Name a folder: brownfield demo EXAMPLE")
