"""Where reading goes on after a restart: which files are done, and how far each of the others was read.

The watermark travels with the samples as their `position` and becomes durable with them, so that a restart reads
each row exactly once. It is small: files that were last changed up to `horizon` are done and need no entry, and
while a pass over many files is under way everything changed up to `passing` that sorts before `reached` is done
too. Beyond those, the files that changed last keep their entries, because they may grow.
"""

import json

import msgspec

from brownfield_adapters.files.times import Clock
from brownfield_api.errors import UNDECODABLE, InvalidResource


class FileMark(msgspec.Struct, frozen=True, array_like=True):
    """How far one file was read. `offset` in bytes; `tail` is the CRC32 of the last bytes before it, so that a file
    rewritten in place is seen; `changed` when it last changed (ns); `inode` tells a renamed file from a copy;
    `local` and `fold` are the local clock after its last row.
    """

    offset: int
    tail: int
    changed: int
    inode: int = 0
    local: int | None = None
    fold: int = 0

    @property
    def clock(self) -> Clock:
        return Clock(self.local, self.fold)


class Watermark(msgspec.Struct, frozen=True, omit_defaults=True):
    """Everything a restart needs. Times in ns since 1970; `files` by identity (hash of a file's head);
    `local` and `fold` are the local clock after the last row of any file, from which a new file goes on;
    `newest` is the newest row's time.
    """

    horizon: int = 0
    passing: int = 0
    reached: str = ""
    local: int | None = None
    fold: int = 0
    newest: int = 0
    files: dict[str, FileMark] = {}

    def covers(self, name: str, changed: int) -> bool:
        """Whether a file without an entry was read to its end before."""
        return changed <= self.horizon or (changed <= self.passing and name < self.reached)


def dump(mark: Watermark) -> str:
    """ASCII, because it travels in a message header; file names may be anything."""
    return json.dumps(msgspec.to_builtins(mark), separators=(",", ":"))


def load(position: str) -> Watermark:
    """The watermark in a position; a new one for "". Raises `InvalidResource` for anything else."""
    if not position:
        return Watermark()
    try:
        return msgspec.convert(json.loads(position), Watermark)
    except (ValueError, *UNDECODABLE) as error:
        raise InvalidResource(f"the position {position[:80]!r} is no watermark of files: {error}") from error
