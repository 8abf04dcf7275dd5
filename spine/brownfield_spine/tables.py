"""Tag and asset tables on the spine, by content hash.

The bucket is a NATS object store, which cuts a table into chunks (a single message may not exceed
1 MiB). Content never changes under its name, so a table is stored once and cached for ever; only a
reconnect makes a writer look again, because the spine behind it may be an empty one.
"""

import asyncio
import base64
from collections.abc import Iterable
from weakref import WeakKeyDictionary

import structlog
from nats import errors
from nats.js.errors import NotFoundError
from nats.js.object_store import ObjectStore

from brownfield_api.errors import CorruptBatch, SpineUnavailable
from brownfield_api.subjects import TABLE_BUCKET
from brownfield_api.tables import AnyTable, pack, unpack
from brownfield_spine.connection import REQUEST_TIMEOUT, Spine

_STREAM = f"OBJ_{TABLE_BUCKET}"
_META = f"$O.{TABLE_BUCKET}.M."
_POLL_SECONDS = (0.05, 0.1, 0.2, 0.5, 1.0)
_TRANSFER_TIMEOUT = 30.0
_READS_OF_DAMAGED = 2

_log = structlog.get_logger()


class TableStore:
    """The tables of one spine; share one per process."""

    def __init__(self, spine: Spine) -> None:
        self._spine = spine
        self._store = ObjectStore(name=TABLE_BUCKET, stream=_STREAM, js=spine.js)
        self._cache: dict[str, AnyTable] = {}
        self._stored: dict[str, int] = {}
        self._unreadable: set[str] = set()
        self._lock = asyncio.Lock()

    def is_stored(self, name: str) -> bool:
        """Whether this connection has seen the table on the spine."""
        return self._stored.get(name) == self._spine.connections

    async def put(self, table: AnyTable) -> str:
        """Store `table` unless the spine has it; returns its hash. Raises `SpineUnavailable`."""
        name, packed = pack(table)
        await self.put_packed(name, packed)
        return name

    async def put_packed(self, name: str, packed: bytes) -> None:
        """Store an already packed table; acknowledged when this returns.

        One that is there is read back first: a broker that lost a block of its store may list what it cannot give.
        """
        if self.is_stored(name):
            return
        async with self._lock:
            if self.is_stored(name):
                return
            connections = self._spine.connections
            try:
                async with asyncio.timeout(_TRANSFER_TIMEOUT):
                    await self._store_readable(name, packed)
            except (errors.Error, OSError, TimeoutError) as error:
                raise SpineUnavailable(f"cannot be stored ({type(error).__name__})", where=f"table {name}") from error
            self._stored[name] = connections

    async def get(self, name: str, *, deadline: float = 30.0) -> AnyTable:
        """The table called `name`, waiting for it to appear.

        Raises `SpineUnavailable` if it is not there within `deadline` seconds, `CorruptBatch` if it is not
        what its name says.
        """
        if name in self._cache:
            return self._cache[name]
        try:
            async with asyncio.timeout(deadline):
                table = await self._fetch(name)
        except TimeoutError:
            damaged = name in self._unreadable
            raise SpineUnavailable(
                f"{'on the spine but unreadable' if damaged else 'not on the spine'} within {deadline:g} s",
                where=f"table {name}",
                do="Its writer stores it again when it is started"
                if damaged
                else "Its writer stores it; is it running?",
            ) from None
        self._unreadable.discard(name)
        self._cache[name] = table
        return table

    def forget(self, keep: Iterable[str] = ()) -> None:
        """Drop cached tables that are not in `keep`."""
        kept = set(keep)
        self._cache = {name: table for name, table in self._cache.items() if name in kept}

    async def _store_readable(self, name: str, packed: bytes) -> None:
        if await self._has(name):
            if await self._read(name) == packed:
                return
            _log.warning("table on the spine cannot be read; it is stored again", table=name)
        await self._store.put(name, packed)
        if await self._read(name) == packed:
            return
        await self._leave_damage_behind()
        await self._store.put(name, packed)
        if await self._read(name) != packed:
            raise SpineUnavailable("was stored, but cannot be read back", where=f"table {name}")

    async def _leave_damage_behind(self) -> None:
        """Empty the store and put back every table that could be read.

        nats-server 2.15 keeps no newer message of a subject while a damaged one is in the stream's index, and
        can neither delete nor purge that one by itself. What another writer stores meanwhile is not purged.
        """
        state = (await self._spine.js.stream_info(_STREAM, subjects_filter=f"{_META}>")).state
        names = [base64.urlsafe_b64decode(subject.removeprefix(_META)).decode() for subject in state.subjects or ()]
        _log.warning("the spine's store of tables is damaged; what can be read is stored again", tables=len(names))
        tables = await asyncio.gather(*(self._read(name) for name in names))
        await self._spine.js.purge_stream(_STREAM, seq=state.last_seq + 1)
        for name, packed in zip(names, tables, strict=True):
            if packed is not None:
                await self._store.put(name, packed)

    async def _has(self, name: str) -> bool:
        try:
            await self._store.get_info(name)
        except NotFoundError:
            return False
        return True

    async def _fetch(self, name: str) -> AnyTable:
        attempt = 0
        while True:
            packed = await self._read(name)
            if packed is not None:
                try:
                    return unpack(name, packed)
                except CorruptBatch:
                    if attempt == _READS_OF_DAMAGED:
                        raise
            await asyncio.sleep(_POLL_SECONDS[min(attempt, len(_POLL_SECONDS) - 1)])
            attempt += 1

    async def _read(self, name: str) -> bytes | None:
        """The stored bytes, None if there are none or the transfer broke: another attempt will tell."""
        await self._spine.until_connected()
        try:
            # A consumer that is lost on the way would make nats-py wait for ever.
            async with asyncio.timeout(REQUEST_TIMEOUT):
                result = await self._store.get(name)
        except NotFoundError:
            return None
        except (errors.Error, OSError, TimeoutError) as error:
            self._say_unreadable(name, error)
            return None
        return result.data

    def _say_unreadable(self, name: str, error: Exception) -> None:
        if self._spine.connected and name not in self._unreadable:
            self._unreadable.add(name)
            _log.error("table on the spine cannot be read", table=name, error=str(error) or type(error).__name__)


_shared: "WeakKeyDictionary[Spine, TableStore]" = WeakKeyDictionary()


def table_store(spine: Spine) -> TableStore:
    """The one table store of a connection, so that two hundred writers of like machines store a table once."""
    return _shared.setdefault(spine, TableStore(spine))
