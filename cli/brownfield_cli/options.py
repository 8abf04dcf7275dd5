"""Options that several commands share, spelled and explained once."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from brownfield_api.errors import BrownfieldError
from brownfield_api.resources.durations import seconds

Files = Annotated[
    list[Path], typer.Option("--file", "-f", help="YAML file or folder; may be given several times.", exists=False)
]
State = Annotated[Path, typer.Option(help="Folder for buffers, history and logs.")]
Volumes = Annotated[
    list[str] | None, typer.Option("--volume", metavar="NAME=DIR", help="Folder that a files source's volume is here.")
]
Resolve = Annotated[
    list[str] | None,
    typer.Option(metavar="HOST:PORT=HOST:PORT", help="Connect elsewhere than the YAML says (simulator, SSH tunnel)."),
]
Namespace = Annotated[str, typer.Option("--namespace", "-n", help="For resources that name none.")]
Site = Annotated[str, typer.Option(help="Name of this site.")]
Listen = Annotated[str, typer.Option(metavar="HOST:PORT", help="Page and API of the first twin; port 0: any free one.")]
SpineUrl = Annotated[str, typer.Option("--spine", metavar="URL", help="Use this NATS server instead of our own.")]
SpineCredentials = Annotated[
    Path | None, typer.Option(metavar="FILE", help="File with `user:password` for the server of --spine.")
]
Duration = Annotated[str, typer.Option(metavar="TIME", help="Stop after this time, e.g. 30s or 5m.")]
Report = Annotated[Path | None, typer.Option(metavar="FILE", help="Write what the run did as JSON.")]

DEFAULT_STATE = Path(".brownfield")


def pairs(option: str, given: Sequence[str] | None) -> dict[str, str]:
    """`LEFT=RIGHT` options as a mapping; raises `BrownfieldError` naming the one that is none."""
    found: dict[str, str] = {}
    for text in given or ():
        left, separator, right = text.partition("=")
        if not (left and separator and right):
            raise BrownfieldError(f"{text!r} is not LEFT=RIGHT", option, "See --help")
        found[left] = right
    return found


def duration_seconds(text: str) -> float:
    """Seconds of `--duration`, 0 for none given; raises `BrownfieldError` unless it is one."""
    try:
        return seconds(text) if text else 0.0
    except ValueError as error:
        raise BrownfieldError(str(error), "--duration") from error
