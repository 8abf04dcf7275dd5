"""The connection to the spine: one per process, kept for ever, lost and found with one log line each.

nats-py gives up after a number of attempts, closes for good on most errors a server sends, and logs a
traceback for every failed attempt; none of that suits a plant, where a broker may be away for a
weekend. Everything that reads or writes the spine takes a `Spine` and asks it, not nats-py, whether it
is there.
"""

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import structlog
from nats import errors
from nats.aio.client import Client, Srv
from nats.js import JetStreamContext

from brownfield_api.errors import BrownfieldError
from brownfield_api.process import SpineConfig
from brownfield_spine.credentials import Credentials, Password, UserJwt, read_credentials
from brownfield_spine.jetstream import JetStream
from brownfield_spine.publish import Publisher
from brownfield_spine.retry import Refusals
from brownfield_spine.tasks import spawn, stop

REQUEST_TIMEOUT = 5.0
"""Seconds a request to the spine may take before it counts as unanswered."""

_RECONNECT_WAIT = 0.25
_PING_INTERVAL = 10

_log = structlog.get_logger()


@dataclass(slots=True, eq=False, weakref_slot=True)
class Spine:
    """A connection that is made and mended in the background. `connections` counts how often it was made."""

    nc: Client
    js: JetStreamContext
    publisher: Publisher
    name: str
    connections: int = 0
    refusals: Refusals = field(default_factory=Refusals)
    _there: asyncio.Event = field(default_factory=asyncio.Event)
    _reconnected: list[Callable[[], None]] = field(default_factory=list)
    _connecting: "asyncio.Task[None] | None" = None

    @property
    def connected(self) -> bool:
        """Whether the spine can be reached right now."""
        return self._there.is_set() and self.nc.is_connected

    async def until_connected(self) -> None:
        """Return as soon as the spine can be reached."""
        await self._there.wait()

    def on_reconnect(self, call: Callable[[], None]) -> Callable[[], None]:
        """Have `call` run after every reconnect; the returned function takes that back."""
        self._reconnected.append(call)
        return lambda: self._reconnected.remove(call)

    async def close(self) -> None:
        """Close for good."""
        if self._connecting is not None:
            await stop(self._connecting)
        if self.connections:
            await self.nc.close()
        self.publisher.disconnected()


class _Client(Client):
    def __init__(self, credentials: Path | None) -> None:
        super().__init__()
        self._credentials = credentials
        self._inbox = ""
        self.expired = False

    async def close(self) -> None:
        """Close for good, even if the attempt to reconnect did not hear that it was cancelled (see `tasks.stop`)."""
        with suppress(OSError):  # nats-py flushes first, also to a broker that has just gone
            await super().close()
        if self._reconnection_task is not None and self._reconnection_task is not asyncio.current_task():
            await stop(self._reconnection_task)
        if self._transport is not None:
            self._transport.close()  # type: ignore[no-untyped-call]  # nats-py's; that attempt may have opened another

    async def _process_err(self, err_msg: str) -> None:
        """Mend the connection after an error line of the server, where nats-py would close it for good."""
        if "permissions violation" in err_msg:
            await self._error_cb(errors.Error(f"nats: {err_msg}"))
        else:
            self.expired = "authentication expired" in err_msg
            await self._process_op_err(errors.Error(f"nats: {err_msg}"))

    async def _connect_to_server(self, s: Srv) -> None:
        """Close the socket of an attempt that was refused; nats-py drops it open."""
        if self._transport is not None:
            self._transport.close()  # type: ignore[no-untyped-call]  # nats-py's
        await super()._connect_to_server(s)

    def _connect_command(self) -> bytes:
        """Present the credentials as they are now. What nats-py does not expect to be raised here would end it."""
        if self._credentials is not None:
            try:
                self._present(read_credentials(self._credentials))
            except BrownfieldError as error:
                raise errors.Error(str(error)) from error
        return super()._connect_command()

    def _present(self, credentials: Credentials) -> None:
        match credentials:
            case Password(user, password):
                self.options["user"], self.options["password"] = user, password
            case UserJwt(jwt):
                self._use_inbox(credentials.inbox)
                self._signature_cb = credentials.sign
                self._user_jwt_cb = lambda: bytearray(jwt.encode())

    def _use_inbox(self, inbox: str) -> None:
        """Subscriptions outlive a connection: once there are some, the inbox they are in must stay the same."""
        if self._inbox not in {"", inbox}:
            raise BrownfieldError(
                f"allow the inbox {inbox}, and {self._inbox} is in use", "credentials", "They are another process's"
            )
        self._inbox = inbox
        self._inbox_prefix = bytearray(inbox.encode())


class _Watch:
    """nats-py's callbacks: keeps `Spine` up to date and says each change once."""

    def __init__(self, spine: Spine, client: _Client, servers: str) -> None:
        self._spine = spine
        self._client = client
        self._servers = servers
        self._said = ""

    async def failed(self, error: Exception) -> None:
        if not self._spine.connected:
            self._say("refuses the credentials" if "uthorization" in str(error) else "is away", error)
        elif not isinstance(error, OSError | errors.UnexpectedEOF):
            _log.warning("spine reports an error", error=_words(error), servers=self._servers)

    async def lost(self) -> None:
        if not self._spine.nc.is_closed:
            self._spine._there.clear()  # noqa: SLF001
            self._spine.publisher.disconnected()
            expired, self._client.expired = self._client.expired, False
            self._say("is away: the credentials expired, those in the file are next" if expired else "is away")

    async def back(self) -> None:
        self._spine.connections += 1
        self._spine._there.set()  # noqa: SLF001
        self.say_back()
        for call in tuple(self._spine._reconnected):  # noqa: SLF001
            call()

    def say_back(self) -> None:
        if self._said:
            _log.info("spine is back", servers=self._servers)
        self._said = ""

    def _say(self, what: str, error: Exception | None = None) -> None:
        if self._said != what:
            self._said = what
            _log.warning(f"spine {what}", servers=self._servers, error=_words(error or self._client.last_error))


async def connect(config: SpineConfig, *, name: str, wait: bool = True) -> Spine:
    """Connect under `name` (shown by the broker), trying for ever; returns when connected for the first time.

    Without `wait` it returns at once and connects in the background: for who has something to do meanwhile.
    The credentials file is read at every attempt, so that rotating it needs no restart.
    """
    client = _Client(Path(config.credentials) if config.credentials else None)
    js = JetStream(client, timeout=REQUEST_TIMEOUT)
    spine = Spine(nc=client, js=js, publisher=Publisher(client), name=name)
    first = _connect_first(spine, client, config.servers)
    if wait:
        await _until_done(first)
    else:
        spine._connecting = spawn(first, name="connect to the spine")  # noqa: SLF001
    return spine


async def _connect_first(spine: Spine, client: _Client, servers: Sequence[str]) -> None:
    watch = _Watch(spine, client, ", ".join(servers))
    try:
        await client.connect(
            servers=list(servers),
            name=spine.name,
            max_reconnect_attempts=-1,
            reconnect_time_wait=_RECONNECT_WAIT,  # type: ignore[arg-type]  # annotated int, used as asyncio.sleep's argument
            ping_interval=_PING_INTERVAL,
            error_cb=watch.failed,
            disconnected_cb=watch.lost,
            reconnected_cb=watch.back,
        )
    except asyncio.CancelledError:
        await client.close()  # a handshake may be halfway
        raise
    watch.say_back()
    spine.connections += 1
    await spine.publisher.start()
    if client.is_connected:
        spine._there.set()  # noqa: SLF001


async def _until_done(work: Coroutine[Any, Any, None]) -> None:
    """Await `work`, in a task of its own so that a cancel can be repeated until it is heard (see `tasks.stop`)."""
    task = asyncio.get_running_loop().create_task(work)
    try:
        await asyncio.shield(task)
    except asyncio.CancelledError:
        await stop(task)
        raise


def _words(error: Exception | None) -> str:
    return str(error) or type(error).__name__ if error is not None else ""
