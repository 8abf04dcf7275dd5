"""Names that others wrote, as people are told them: a note holds neither a whole file nor what steers a terminal."""

from collections.abc import Sequence

_LONGEST = 60
_MOST = 8
"""Names of one list; the others are counted."""


def plain(name: str) -> str:
    """The name without characters that cannot be printed, and cut to 60 characters."""
    # Cut before as well as after: a first line without a delimiter is one name of up to a megabyte.
    printable = "".join(each for each in name[: 4 * _LONGEST] if each.isprintable())
    cut = len(printable) > _LONGEST or len(name) > 4 * _LONGEST
    return printable[: _LONGEST - 1] + "…" if cut else printable


def listed(names: Sequence[str]) -> str:
    """The first names, and how many more there are."""
    more = len(names) - _MOST
    return ", ".join(plain(name) for name in names[:_MOST]) + (f" and {more} more" if more > 0 else "")
