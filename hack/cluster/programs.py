"""Runs a program to its end; what it complained about becomes the error's text."""

import subprocess
from collections.abc import Mapping, Sequence
from typing import IO

from brownfield_api.errors import BrownfieldError


def run(
    command: Sequence[str],
    *,
    where: str,
    do: str = "",
    text: str | None = None,
    stdin: IO[bytes] | None = None,
    environment: Mapping[str, str] | None = None,
    timeout: float | None = None,
) -> str:
    """What the program printed; `text` or the file `stdin` is its input. `BrownfieldError` if it fails or hangs."""
    try:
        done = subprocess.run(
            command,
            input=None if text is None else text.encode(),
            stdin=None if text is not None else stdin or subprocess.DEVNULL,
            capture_output=True,
            env=environment,
            timeout=timeout,
            check=False,
        )
    except FileNotFoundError as missing:
        raise BrownfieldError(f"there is no program {command[0]}", where=where, do=do) from missing
    except subprocess.TimeoutExpired as hung:
        raise BrownfieldError(f"{command[0]} did not answer within {timeout:.0f} s", where=where, do=do) from hung
    if done.returncode:
        said = done.stderr.decode(errors="replace").strip() or done.stdout.decode(errors="replace").strip()
        raise BrownfieldError(f"{command[0]} failed ({done.returncode}): {said}", where=where, do=do)
    return done.stdout.decode(errors="replace")
