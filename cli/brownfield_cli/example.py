"""Finds the example that `brownfield demo` plays: in the wheel, or in the checkout it is installed from."""

from pathlib import Path

from brownfield_api.errors import BrownfieldError

_PLACES = (
    Path(__file__).parent / "examples" / "wind-farm",
    Path(__file__).parents[2] / "examples" / "wind-farm",
)


def example_folder(given: Path | None = None) -> Path:
    """The folder of the example, by default the wind farm's; raises `BrownfieldError` if there is none."""
    places = (given,) if given else _PLACES
    for place in places:
        if (place / "plant" / "plant.yaml").is_file():
            return place
    raise BrownfieldError("there is no plant/plant.yaml", str(places[0]), "Name the folder of an example")


def plant_folder(given: Path | None = None) -> Path:
    """The folder of the example's simulated plant."""
    return example_folder(given) / "plant"
