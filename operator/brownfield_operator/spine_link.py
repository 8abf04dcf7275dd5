"""The operator's own connection to the spine: streams and buckets, health records, revocations, service levels.

Nothing else waits for it. While the spine is away resources are planned and processes brought into being as ever;
only `Connected` says that nobody knows.
"""

import asyncio
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import structlog

from brownfield_api.errors import BrownfieldError, SpineUnavailable
from brownfield_api.health import HealthRecord
from brownfield_api.process import SpineConfig
from brownfield_operator.access.credentials import issue
from brownfield_operator.access.permissions import operator_permissions
from brownfield_operator.access.pushing import push_account
from brownfield_operator.access.trust import DAY, Trust
from brownfield_operator.kube.port import KubePort
from brownfield_operator.root_of_trust import seconds, store
from brownfield_operator.settings import OperatorSettings
from brownfield_slo.bookkeeper import Bookkeeper
from brownfield_spine.connection import Spine, connect
from brownfield_spine.health import records, watch
from brownfield_spine.provision import Limits, provision
from brownfield_spine.stream_metrics import StreamMetrics
from brownfield_spine.tasks import spawn, stop

_log = structlog.get_logger()

AWAY = 30.0
"""Seconds without the spine before statuses say so."""

_LOOK = 1.0
"""Seconds between looks at what is to be done."""


@dataclass(slots=True)
class Heard:
    """A process's newest health record, and when it came (monotonic seconds)."""

    record: HealthRecord
    at: float


def is_news(before: HealthRecord | None, record: HealthRecord) -> bool:
    """Whether a record is worth a look at statuses before their time."""
    return before is None or _telling(before) != _telling(record)


def _telling(record: HealthRecord) -> tuple[object, ...]:
    links = tuple((source.name, source.state, source.message) for source in record.sources)
    twin = (record.twin.fresh, record.twin.assets) if record.twin else ()
    return links, twin, record.message


@dataclass(slots=True)
class SpineLink:
    """`heard` by health key; `changed` is told the key of each record that comes; `informed` is set when all records
    that there are have been heard. `listed`, set by others, says that all resources are known: before, the ledger would
    take those it does not see for deleted and close their accounts.
    """

    kube: KubePort
    settings: OperatorSettings
    namespace: str
    replica: str
    folder: Path
    trust: Trust
    keeper: Bookkeeper
    streams: StreamMetrics
    changed: Callable[[str, HealthRecord | None, HealthRecord], None] = lambda _key, _before, _now: None
    heard: dict[str, Heard] = field(default_factory=dict)
    informed: asyncio.Event = field(default_factory=asyncio.Event)
    listed: asyncio.Event = field(default_factory=asyncio.Event)
    _revoked: dict[str, int] = field(default_factory=dict)
    _unpushed: bool = True
    _last_there: float = float("-inf")

    @property
    def reachable(self) -> bool:
        """False when it has been away for `AWAY`: a broker that restarts is no news for a thousand statuses."""
        return time.monotonic() - self._last_there < AWAY

    def revoke(self, user: str) -> None:
        """Have everything issued to this user so far counted no more."""
        self._revoked[user] = seconds()

    async def run(self) -> None:
        """Connects and goes on until cancelled."""
        credentials = self.folder / "spine.creds"
        self._write_credentials(credentials)
        config = SpineConfig(servers=self.settings.spine.servers, credentials=str(credentials))
        spine = await connect(config, name=f"operator.{self.replica}", wait=False)
        tasks = [
            spawn(self._follow_health(spine), name="health records"),
            spawn(self._keep(spine, credentials), name="spine"),
            spawn(self._keep_books(spine), name="service levels"),
            spawn(self.streams.follow(spine), name="figures of the spine"),
        ]
        try:
            await asyncio.gather(*tasks)
        finally:
            for task in tasks:
                await stop(task)  # a task group asks once, and nats-py may not hear it
            await spine.close()

    async def _keep_books(self, spine: Spine) -> None:
        await self.listed.wait()
        await self.keeper.run(spine)

    def _write_credentials(self, path: Path) -> None:
        permissions = operator_permissions(self.replica)
        text = issue(self.trust, "operator", permissions, now=seconds(), random=secrets.token_bytes)
        path.touch(mode=0o600)
        path.write_text(text, encoding="utf-8")

    async def _follow_health(self, spine: Spine) -> None:
        await spine.until_connected()
        self._last_there = time.monotonic()
        try:
            for key, record in (await records(spine)).items():
                self._hear(key, record)
        except SpineUnavailable as error:
            _log.info("no health records yet", why=error.what)
        self.informed.set()
        async for key, record in watch(spine):
            self._hear(key, record)

    def _hear(self, key: str, record: HealthRecord) -> None:
        self.keeper.hear(key, record)
        before = self.heard.get(key)
        self.heard[key] = Heard(record, time.monotonic() - max(0.0, (time.time_ns() - record.time) / 1e9))
        self.changed(key, before.record if before else None, record)

    async def _keep(self, spine: Spine, credentials: Path) -> None:
        provisioned, written, said = 0, time.monotonic(), ""
        limits = Limits.within(self.settings.spine.store_bytes)
        while True:
            await asyncio.sleep(_LOOK)
            if spine.connected:
                self._last_there = time.monotonic()
            if time.monotonic() - written > DAY:
                self._write_credentials(credentials)
                written = time.monotonic()
            try:
                await self._revoke_all()
                if spine.connected and provisioned != spine.connections:
                    await provision(spine, limits)
                    provisioned = spine.connections
                    self._unpushed = True
                    _log.info("streams and buckets of the spine are there")
                if spine.connected and self._unpushed:
                    await push_account(
                        self.settings.spine.servers, self.trust, now=seconds(), random=secrets.token_bytes
                    )
                    self._unpushed = False
                said = ""
            except BrownfieldError as error:
                if said != str(error):  # each state of affairs once, not once a second
                    said = str(error)
                    _log.warning("spine is not in order yet", error=said)

    async def _revoke_all(self) -> None:
        """Writes revocations into the Secret first: from there they are pushed until the spine has taken them."""
        if not self._revoked:
            return
        users, self._revoked = self._revoked, {}
        changed = self.trust.revoke(users, now=seconds())
        try:
            await store(self.kube, self.namespace, changed)
        except BaseException:
            self._revoked = {**users, **self._revoked}
            raise
        self.trust, self._unpushed = changed, True
