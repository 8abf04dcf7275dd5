"""One tree of errors, each saying what is wrong, where, and what to do about it.

::

    BrownfieldError
    ├── InvalidResource      a resource or a value in it is refused before anything starts
    ├── CorruptBatch         bytes that are not what their header says
    ├── SpineUnavailable     the spine cannot be reached or refuses to store
    ├── Fenced               somebody else writes our subject: stop
    └── SourceError          a legacy system did not answer as it should
        ├── LinkLost         the connection is gone or cannot be made
        └── RequestRefused   the device refuses this request, the link is fine

The sentence a person reads is made in one place, `BrownfieldError.__str__`.
"""

import msgspec

UNDECODABLE = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError)
"""What msgspec raises on bytes that nobody vouches for: only the first of the three is its own."""


class BrownfieldError(Exception):
    """What went wrong (`what`), in which file, resource, field or device (`where`), what helps (`do`)."""

    def __init__(self, what: str, where: str = "", do: str = "") -> None:
        super().__init__(what, where, do)
        self.what = what
        self.where = where
        self.do = do

    def __str__(self) -> str:
        text = f"{self.where}: {self.what}" if self.where else self.what
        return f"{text}. {self.do}" if self.do else text


class InvalidResource(BrownfieldError):
    """A resource, or a value in it, that cannot be accepted."""


class CorruptBatch(BrownfieldError):
    """A batch whose checksum, schema or bounds are wrong; nothing of it was used."""


class SpineUnavailable(BrownfieldError):
    """The spine cannot be reached or does not store; retry later."""


class Fenced(BrownfieldError):
    """Another writer owns the subject; going on would interleave two histories."""


class SourceError(BrownfieldError):
    """A legacy system did not answer as it should."""


class LinkLost(SourceError):
    """The connection to the legacy system is gone or cannot be made."""


class RequestRefused(SourceError):
    """The device answered and refused this one request; the link itself is fine."""
