"""The files driver: looks into the folder once in each interval and reads what is new there.

The folder is the link: as long as it can be listed the sources are connected, and an unchanged folder is a poll
that succeeded. Rows wait in their files while the spine is away, so nothing is ever dropped.
"""

import asyncio
import time
from collections.abc import Mapping
from pathlib import Path

from brownfield_adapters.driver import Driver, Session
from brownfield_adapters.files.folder import listing
from brownfield_adapters.files.quoting import listed
from brownfield_adapters.files.reader import FilesReader, Piece
from brownfield_adapters.polling import PollSchedule
from brownfield_adapters.remarks import Remarks
from brownfield_adapters.samples import without_value
from brownfield_adapters.together import first_failure
from brownfield_api.adapter_config import EndpointConfig, FilesEndpoint, FilesOptions, SourceConfig
from brownfield_api.errors import InvalidResource
from brownfield_api.status import Status
from brownfield_api.tables import TagTable


def make_driver(endpoint: EndpointConfig, tables: Mapping[str, TagTable], state_dir: Path) -> Driver:  # noqa: ARG001
    """The driver of a folder; it keeps no state of its own, the watermark travels with the samples."""
    if not isinstance(endpoint.endpoint, FilesEndpoint):
        raise InvalidResource("is no folder", where=endpoint.key)
    return FilesDriver(endpoint, endpoint.endpoint, tables)


class FilesDriver:
    """One folder and the sources that read files in it."""

    def __init__(self, config: EndpointConfig, endpoint: FilesEndpoint, tables: Mapping[str, TagTable]) -> None:
        self._config = config
        self._directory = endpoint.directory
        self._tables = tables

    async def connect(self) -> None:
        """Looks whether the folder can be listed; raises `LinkLost`."""
        await asyncio.to_thread(listing, self._directory, "")

    async def run(self, session: Session) -> None:
        """Reads until the folder is gone; raises `LinkLost`."""
        await first_failure(
            [
                _SourceReading(self._directory, source, self._tables[source.table], session).run()
                for source in self._config.sources
            ]
        )

    async def close(self) -> None:
        """Nothing stays open between two pieces of a file."""


class _SourceReading:
    """One source during one connection."""

    def __init__(self, directory: str, config: SourceConfig, table: TagTable, session: Session) -> None:
        if not isinstance(config.options, FilesOptions):
            raise InvalidResource("has no files options", where=config.name)
        self._config = config
        self._session = session
        self._remarks = Remarks(session, config.name)
        self._notes: list[tuple[str, str]] = []
        self._position = session.position(config.name)
        self._told: frozenset[int] = frozenset()
        self._tags = table.tags
        self._reader = FilesReader(
            directory,
            config.options,
            table.tags,
            self._position,
            # Called in a thread; handed on when the piece is.
            note=lambda matter, text: self._notes.append((matter, text)),
            clock=session.now,
        )

    async def run(self) -> None:
        name, session = self._config.name, self._session
        schedule = PollSchedule([(name, name, self._config.interval)], start=time.monotonic())
        while True:
            await asyncio.sleep(max(0.0, schedule.next_due() - time.monotonic()))
            session.scheduled(name, 1 + schedule.take(time.monotonic()).missed)
            await self._pass()
            session.succeeded(name)

    async def _pass(self) -> None:
        session, name = self._session, self._config.name
        pieces = self._reader.pass_over()
        while True:
            await session.room(name)
            async with session.request(name):
                piece = await asyncio.to_thread(next, pieces, None)
            self._tell()
            if piece is None:
                return
            self._deliver(piece)

    def _deliver(self, piece: Piece) -> None:
        self._position = piece.position
        as_of = min(piece.newest, self._session.now())
        self._session.deliver(self._config.name, piece.batch, as_of=as_of, position=piece.position)

    def _tell(self) -> None:
        """Passes on what the reader noted, and tags without a column: once Bad, not with every row."""
        for matter, text in self._notes:
            self._remarks.note(matter, text)
        self._notes.clear()
        unknown = self._reader.unknown
        if unknown == self._told:
            return
        news = sorted(unknown - self._told)
        self._told = unknown
        columns = listed([self._tags[index].address for index in sorted(unknown)])
        self._remarks.note("columns", f"no column {columns}" if unknown else "")
        if news:
            session, now = self._session, self._session.now()
            batch = without_value(news, Status.BAD_NODE_ID_UNKNOWN, now=now)
            as_of = min(self._reader.newest, now)
            session.deliver(self._config.name, batch, as_of=as_of, position=self._position)
