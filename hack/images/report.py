"""How large the images are, alone and together: what an edge box pulls once is not counted twice."""

from collections.abc import Iterable, Sequence

from hack.images.archive import Layer
from hack.images.build import Built

_MIB = 1024 * 1024


def table(images: Sequence[Built]) -> str:
    """A line for each image: MiB it adds to the layers that all Python images share, and as a whole."""
    shared = _shared(images)
    rows = [f"{'MiB':<9} {'own, unpacked':>14} {'own, pulled':>12} {'whole, unpacked':>16} {'whole, pulled':>14}"]
    for image in images:
        own = [layer for layer in image.layers if layer.digest not in shared]
        rows.append(f"{image.target:<9} {_sum(own, 14, 12)} {_sum(image.layers, 16, 14)}")
    everything = {layer.digest: layer for image in images for layer in image.layers}
    rows.append(f"{'together':<9} {'':>14} {'':>12} {_sum(everything.values(), 16, 14)}")
    return "\n".join(rows)


def _shared(images: Sequence[Built]) -> frozenset[str]:
    """Digests of layers that more than one of the images has."""
    seen = [layer.digest for image in images for layer in image.layers]
    return frozenset(digest for digest in seen if seen.count(digest) > 1)


def _sum(layers: Iterable[Layer], unpacked: int, packed: int) -> str:
    found = list(layers)
    return (
        f"{sum(layer.unpacked for layer in found) / _MIB:>{unpacked}.1f}"
        f" {sum(layer.packed for layer in found) / _MIB:>{packed}.1f}"
    )
