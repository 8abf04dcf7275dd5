"""Reads the YAML a command is given, the way `kubectl apply -f` looks for it: files, and folders not deep."""

from collections.abc import Sequence
from pathlib import Path

from brownfield_api.errors import BrownfieldError

SUFFIXES = (".yaml", ".yml", ".json")

MAX_FILE_BYTES = 16 * 1024 * 1024
"""A single file above this size is refused before it is parsed."""


def read_files(paths: Sequence[Path]) -> list[tuple[str, str]]:
    """(path, text) of every file named, and of every YAML or JSON file directly in a folder named, in order.

    Raises `BrownfieldError` for a path that does not exist, cannot be read, or holds no YAML at all.
    """
    found: list[Path] = []
    for path in paths:
        if path.is_dir():
            inside = sorted(item for item in path.iterdir() if item.suffix in SUFFIXES and item.is_file())
            if not inside:
                raise BrownfieldError("the folder holds no YAML files", str(path), "Name another with -f")
            found += inside
        else:
            found.append(path)
    return [(str(path), _read(path)) for path in dict.fromkeys(found)]


def _read(path: Path) -> str:
    try:
        if path.stat().st_size > MAX_FILE_BYTES:
            raise BrownfieldError(f"larger than {MAX_FILE_BYTES} bytes", str(path), "Split it")
        return path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise BrownfieldError(
            f"cannot be read ({error.strerror})", str(path), "Check the path given with -f"
        ) from error
    except UnicodeDecodeError as error:
        raise BrownfieldError(f"is not UTF-8 text ({error.reason})", str(path), "Save it as UTF-8") from error
