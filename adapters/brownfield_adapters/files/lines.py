"""Bytes of a text file to lines and cells. A record is one line: an unfinished quote would swallow the rest."""

import csv
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

MAX_LINE = 1024 * 1024
"""Bytes of the longest line that is read; a longer one is skipped as a broken row."""

_MARKS = ((b"\xef\xbb\xbf", "utf-8"), (b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be"))
"""Byte order marks, and what follows them whatever the configuration says."""


@dataclass(frozen=True, slots=True)
class Encoding:
    """A codec whose line ends can be found without decoding: `unit` is the numpy type of one code unit."""

    codec: str
    unit: str

    def line_ends(self, data: bytes) -> npt.NDArray[np.intp]:
        """Offsets just behind each line feed, in bytes."""
        width = np.dtype(self.unit).itemsize
        units = np.frombuffer(data, self.unit, len(data) // width)
        return (np.flatnonzero(units == ord("\n")) + 1) * width


def encoding_of(head: bytes, configured: str) -> tuple[Encoding, int]:
    """How a file is encoded by its byte order mark or else the configuration, and where its text begins."""
    for mark, codec in _MARKS:
        if head.startswith(mark):
            return _encoding(codec), len(mark)
    return _encoding(configured), 0


def _encoding(codec: str) -> Encoding:
    name = codec.lower().replace("_", "-").removesuffix("-sig")
    if name.startswith(("utf-16", "utf16")):
        big = name.endswith("be")
        return Encoding("utf-16-be" if big else "utf-16-le", ">u2" if big else "<u2")
    return Encoding(name, "u1")


def cells(text: str, delimiter: str) -> list[list[str] | None]:
    """The cells of each line of `text` (whole lines, each with its line feed); None for a line that is no record.

    A byte that the encoding does not know stands as U+FFFD in its cell, which then is no number.
    """
    lines = text.split("\n")[:-1]
    if '"' not in text:
        return [line.rstrip("\r").split(delimiter) for line in lines]
    return [_quoted(line.rstrip("\r"), delimiter) for line in lines]


def _quoted(line: str, delimiter: str) -> list[str] | None:
    if '"' not in line:
        return line.split(delimiter)
    try:
        return next(csv.reader([line], delimiter=delimiter, strict=True))
    except (csv.Error, StopIteration):
        return None


def fitted(row: Sequence[str], width: int) -> Sequence[str] | None:
    """The row in `width` cells; None if it has fewer, or more that are not empty (a trailing delimiter is common)."""
    if len(row) == width:
        return row
    if len(row) > width and not any(cell.strip() for cell in row[width:]):
        return row[:width]
    return None
