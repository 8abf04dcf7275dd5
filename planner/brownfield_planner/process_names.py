"""What an adapter process is called: by its own identity alone, so that no other source ever renames it.

A renamed process would begin without its buffer, and on a cluster beside the old one: two connections to a device
that bears one. A name is therefore never made distinct by looking at the others. It is readable where that cannot
make two of them alike, and carries a hash of the identity everywhere else.
"""

import hashlib
import re
from collections.abc import Iterable

LONGEST_NAME = 40
"""With the kind before it still short enough for a StatefulSet, whose pods' labels add a hash of their own."""

_UNFIT = re.compile(r"[^a-z0-9]+")
_PLAIN_ADDRESS = re.compile(
    r"tcp://[a-z0-9.]+:(?!4840$)[0-9]+"  # a port has one protocol: without the other's usual one no two are alike
    r"|opc\.tcp://[a-z0-9.]+:(4840|[0-9]+(/[a-z0-9]+)+)"
)
_PLAIN_WORDS = re.compile(r"[a-z][a-z0-9]*(-[a-z][a-z0-9]*)*")


def adapter_name(key: str, groups: Iterable[str]) -> str:
    """Name of the process for the endpoint `key`, or for the first by name of the `groups` its sources are in."""
    group = min((group for group in groups if group), default="")
    if group:
        return _named("group", group, plain=_PLAIN_WORDS.fullmatch(group) is not None)
    scheme, _, rest = key.partition(":")
    if scheme == "volume":
        volume = rest.rpartition("/")[2]
        return _named("volume", volume, plain=_PLAIN_WORDS.fullmatch(volume) is not None)
    return _named("", key.partition("://")[2], plain=_PLAIN_ADDRESS.fullmatch(key) is not None, identity=key)


def _named(prefix: str, text: str, *, plain: bool, identity: str = "") -> str:
    """`prefix-text`; a hash behind it where the text is not plain or too long."""
    name = "-".join(part for part in (prefix, slug(text)) if part)
    if plain and len(name) <= LONGEST_NAME:
        return name
    digest = hashlib.sha256((identity or f"{prefix}:{text}").encode()).hexdigest()[:8]
    return f"{name[: LONGEST_NAME - 9].rstrip('-')}-{digest}"


def slug(text: str) -> str:
    """`text` in lower-case letters, digits and single dashes."""
    return _UNFIT.sub("-", text.lower()).strip("-") or "endpoint"
