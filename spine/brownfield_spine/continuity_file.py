"""`Continuity` on disk beside the journal, written before the first batch that needs it."""

from pathlib import Path

import msgspec
import structlog

from brownfield_api.errors import UNDECODABLE
from brownfield_spine.continuity import Continuity

_NAME = "continuity.json"

_log = structlog.get_logger()


class ContinuityFile:
    """The file in `directory`; there is none while everything in the journal is in line with the subject."""

    def __init__(self, directory: Path) -> None:
        self._path = directory / _NAME
        self._saved = self._load()

    @property
    def saved(self) -> Continuity:
        """What was saved last."""
        return self._saved

    def save(self, continuity: Continuity) -> None:
        """Replace it. A disk that refuses is said; then a kill in this very moment may cost or double batches."""
        if continuity == self._saved:
            return
        self._saved = continuity
        partial = self._path.with_suffix(".partial")
        try:
            if continuity == Continuity():
                self._path.unlink(missing_ok=True)
            else:
                partial.write_bytes(msgspec.json.encode(continuity))
                partial.replace(self._path)
        except OSError as error:
            _log.error("numbering cannot be written beside the journal", path=str(self._path), error=str(error))

    def _load(self) -> Continuity:
        try:
            return msgspec.json.decode(self._path.read_bytes(), type=Continuity)
        except FileNotFoundError:
            return Continuity()
        except (OSError, *UNDECODABLE) as error:
            _log.error("numbering beside the journal cannot be read", path=str(self._path), error=str(error))
            return Continuity()
