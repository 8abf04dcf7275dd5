"""A writer's own copies of the tables its unsent batches need.

The journal may hold batches whose table never reached the spine, because the process died or the spine
was away; a restart with another configuration would not offer that table again.
"""

from pathlib import Path

import structlog

_SUFFIX = ".table"

_log = structlog.get_logger()


class TableShelf:
    """Packed tables by hash, as files in `directory`; in memory where the disk refuses."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._in_memory: dict[str, bytes] = {}
        self._kept: set[str] = set()
        self._names = {path.stem for path in directory.glob(f"*{_SUFFIX}")}

    def keep(self, name: str, packed: bytes) -> None:
        """Keep a table, unless it is here already."""
        self._kept.add(name)
        if name in self._names or name in self._in_memory:
            return
        path = self._directory / f"{name}{_SUFFIX}"
        partial = path.with_suffix(".partial")
        try:
            partial.write_bytes(packed)
            partial.replace(path)
        except OSError as error:
            _log.error("table cannot be written beside the journal", table=name, error=str(error))
            self._in_memory[name] = packed
        else:
            self._names.add(name)

    def get(self, name: str) -> bytes | None:
        """The packed table, None if it was never kept here or cannot be read."""
        if name in self._names:
            try:
                return (self._directory / f"{name}{_SUFFIX}").read_bytes()
            except OSError as error:
                _log.error("table beside the journal cannot be read", table=name, error=str(error))
        return self._in_memory.get(name)

    def clear(self) -> None:
        """Nothing unsent needs the tables any more, except those kept since the start."""
        for name in self._names - self._kept:
            (self._directory / f"{name}{_SUFFIX}").unlink(missing_ok=True)
        self._names &= self._kept
