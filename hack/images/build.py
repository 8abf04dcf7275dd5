"""Builds targets, or finds that they are built: one archive for each content, in the cache."""

import json
import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from hack.cluster.folders import cache_folder
from hack.cluster.lock import locked
from hack.cluster.progress import told
from hack.images.archive import Layer, layers, rename
from hack.images.engines import Engine, choose
from hack.images.recipe import Stage, files, fingerprint, needed, read_stages

from brownfield_api.errors import BrownfieldError

ROOT = Path(__file__).resolve().parents[2]
TARGETS = ("operator", "adapter", "pipeline", "twin", "spine", "plant", "cli")
"""The images, in the order in which a reader wants to know of them."""

_KEPT = 3
"""Archives kept of each target: one may still want the image of before."""


@dataclass(frozen=True, slots=True)
class Built:
    """An image as it is built now: its name with the tag of its content, its archive, its layers."""

    target: str
    reference: str
    archive: Path
    layers: tuple[Layer, ...]


def build(targets: Sequence[str] = TARGETS) -> list[Built]:
    """Build what has changed. Raises `BrownfieldError` if a target is unknown or its build fails."""
    unknown = sorted(set(targets) - set(TARGETS))
    if unknown:
        raise BrownfieldError(f"there is no target {unknown[0]}", "Dockerfile", f"Use {', '.join(TARGETS)}")
    engine = choose()
    folder = cache_folder().with_name("images")
    with locked(folder / "build.lock"):
        return _built(engine, folder, targets)


def _built(engine: Engine, folder: Path, targets: Sequence[str]) -> list[Built]:
    stages = read_stages((ROOT / "Dockerfile").read_text(encoding="utf-8"))
    with tempfile.TemporaryDirectory(prefix="brownfield-images-") as scratch:
        context = Path(scratch)
        _stage(context, list(stages.values()))
        tags = {target: fingerprint(context, needed(stages, target), engine.base) for target in targets}
        missing = [target for target in targets if not _facts(folder, target, tags[target]).exists()]
        if missing:
            engine.prepare(context)
        for target in missing:
            _make(engine, context, folder, target, tags[target])
    return [_found(folder, target, tags[target]) for target in targets]


def _stage(context: Path, stages: Sequence[Stage]) -> None:
    """Copy what the Dockerfile copies, so that nobody changes it while it is built."""
    sources = frozenset().union(*(stage.sources for stage in stages))
    for file in [ROOT / "Dockerfile", *(file for source in sorted(sources) for file in files(ROOT / source))]:
        place = context / file.relative_to(ROOT)
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(file, place)


def _make(engine: Engine, context: Path, folder: Path, target: str, tag: str) -> None:
    with told(f"building {_reference(target, tag)}"):
        _archive(engine, context, folder, target, tag)
    _forget_old(folder, target)


def _archive(engine: Engine, context: Path, folder: Path, target: str, tag: str) -> None:
    archive = _facts(folder, target, tag).with_suffix(".tar")
    unfinished = archive.with_suffix(".unfinished")
    unfinished.unlink(missing_ok=True)
    engine.build(context, target, _reference(target, tag))
    engine.save(_reference(target, tag), unfinished)
    rename(unfinished, [_reference(target, tag), _reference(target, "dev")])
    known = {layer.digest: layer for facts in folder.glob("*.json") for layer in _layers(facts)}
    found = [asdict(layer) for layer in layers(unfinished, known)]
    unfinished.replace(archive)
    _facts(folder, target, tag).write_text(json.dumps(found), encoding="utf-8")  # last: it says that all is there


def _found(folder: Path, target: str, tag: str) -> Built:
    facts = _facts(folder, target, tag)
    return Built(target, _reference(target, tag), facts.with_suffix(".tar"), _layers(facts))


def _layers(facts: Path) -> tuple[Layer, ...]:
    return tuple(Layer(**item) for item in json.loads(facts.read_text(encoding="utf-8")))


def _forget_old(folder: Path, target: str) -> None:
    kept = sorted(folder.glob(f"{target}-*.json"), key=lambda path: path.stat().st_mtime, reverse=True)
    for facts in kept[_KEPT:]:
        facts.unlink()
        facts.with_suffix(".tar").unlink(missing_ok=True)


def _facts(folder: Path, target: str, tag: str) -> Path:
    return folder / f"{target}-{tag}.json"


def _reference(target: str, tag: str) -> str:
    return f"localhost/brownfield-{target}:{tag}"
