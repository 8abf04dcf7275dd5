"""The folder in which `brownfield run` keeps everything that must survive it.

::

    STATE/lock                       held while a run uses the folder
    STATE/configs/PROCESS.json       what the planner rendered
    STATE/secrets/NAMESPACE/NAME/KEY Secrets of the given YAML, readable by the owner alone
    STATE/processes/PROCESS/         buffers, checkpoints, certificates of that process
    STATE/logs/PROCESS.log           bounded logs
    STATE/spine/                     the broker's store
    STATE/history/                   Parquet files
    STATE/spine.json                 where the spine of the last run was, for `brownfield watch`
    STATE/prometheus/                configuration, rules and samples of `demo --prometheus`
    STATE/metrics-targets.json       where to scrape, in Prometheus' file_sd format
"""

import contextlib
import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from brownfield_api.errors import BrownfieldError

_SECRET_KEY = re.compile(r"[-._a-zA-Z0-9]{1,253}")


@contextlib.contextmanager
def locked(state: Path) -> Iterator[None]:
    """Holds the folder for one run; raises `BrownfieldError` if another run holds it."""
    try:
        state.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(state / "lock", os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise BrownfieldError(
            f"cannot be written ({error.strerror})", f"state folder {state}", "Give another one with --state"
        ) from error
    try:
        try:
            _lock(descriptor)
        except OSError as error:
            raise BrownfieldError(
                "another `brownfield run` uses this folder", str(state), "Stop it, or give another one with --state"
            ) from error
        yield
    finally:
        os.close(descriptor)


def _lock(descriptor: int) -> None:
    """Takes an exclusive lock that ends with the process, on any system."""
    if os.name == "nt":
        import msvcrt  # the only such lock Windows has

        msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined,unused-ignore]
    else:
        import fcntl

        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)


def private_file(path: Path, content: bytes) -> None:
    """Writes a file only its owner can read, complete or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    temporary = path.with_name(path.name + ".new")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
    temporary.replace(path)


def write_secret(folder: Path, contents: Mapping[str, bytes]) -> None:
    """Lays a Secret out as a mounted volume would: a file per key in `folder` (`secrets/NAMESPACE/NAME`).

    Raises `BrownfieldError` for a key that Kubernetes would not take (and that could leave the folder).
    """
    for key in contents:
        if not _SECRET_KEY.fullmatch(key) or key.startswith(".."):
            raise BrownfieldError(
                f"{key!r} is no name for a key", f"Secret/{folder.name}", "Use letters, digits, - _ and ."
            )
    for key, content in contents.items():
        private_file(folder / key, content)


def spine_file(state: Path) -> Path:
    """Where a run leaves the address of its spine for `brownfield watch`."""
    return state / "spine.json"
