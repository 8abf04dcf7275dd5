"""What a target of the Dockerfile is made from, read off the Dockerfile itself.

A second list beside it would be wrong one day. Only the instructions this project uses are understood: FROM, and
COPY and RUN with `--from`; a source of COPY is a file or folder of the checkout.
"""

import hashlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

_STAGE = re.compile(r"^FROM (?P<parent>\S+) AS (?P<name>\S+)$")
_OTHER_STAGE = re.compile(r"(?:--from=|,from=)([a-z]+)")


@dataclass(frozen=True, slots=True)
class Stage:
    """A stage: its instructions, the stages it takes something from, the paths of the checkout it copies."""

    name: str
    instructions: tuple[str, ...]

    @property
    def stages(self) -> frozenset[str]:
        """Names of other stages, or of images that come from elsewhere."""
        parent = _STAGE.match(self.instructions[0])
        found = {parent["parent"]} if parent else set()
        return frozenset(found.union(*(_OTHER_STAGE.findall(line) for line in self.instructions)))

    @property
    def sources(self) -> frozenset[str]:
        """Paths relative to the checkout."""
        copies = (line.split()[1:-1] for line in self.instructions if line.startswith("COPY ") and "--from" not in line)
        return frozenset(source for copy in copies for source in copy)


def read_stages(dockerfile: str) -> Mapping[str, Stage]:
    """The stages by name, in their order."""
    grouped: dict[str, list[str]] = {}
    name = ""
    for line in _instructions(dockerfile):
        if match := _STAGE.match(line):
            name = match["name"]
            grouped[name] = []
        if name:
            grouped[name].append(line)
    return {name: Stage(name, tuple(lines)) for name, lines in grouped.items()}


def needed(stages: Mapping[str, Stage], target: str) -> list[Stage]:
    """The target and all stages it stands on."""
    wanted, waiting = {target}, [target]
    while waiting:
        for name in stages[waiting.pop()].stages & stages.keys() - wanted:
            wanted.add(name)
            waiting.append(name)
    return [stage for name, stage in stages.items() if name in wanted]


def fingerprint(root: Path, stages: list[Stage], base: str) -> str:
    """Hash of everything that makes the image: instructions, the files they copy, the base. 12 hex digits."""
    digest = hashlib.sha256(base.encode())
    for stage in stages:
        digest.update("\n".join(stage.instructions).encode())
    for source in sorted(frozenset().union(*(stage.sources for stage in stages))):
        for file in files(root / source):
            digest.update(f"\0{file.relative_to(root)}\0".encode() + file.read_bytes())
    return digest.hexdigest()[:12]


def files(path: Path) -> list[Path]:
    """The files at or below a path, without what Python leaves there."""
    if path.is_file():
        return [path]
    return sorted(found for found in path.rglob("*") if found.is_file() and "__pycache__" not in found.parts)


def _instructions(dockerfile: str) -> Iterator[str]:
    """Each instruction on one line, without comments."""
    lines = (line for line in dockerfile.splitlines() if not line.startswith("#"))
    for line in re.sub(r"\\\n\s*", "", "\n".join(lines)).splitlines():
        if line.strip():
            yield " ".join(line.split())
