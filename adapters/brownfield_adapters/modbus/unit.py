"""One unit behind an endpoint, hence one source: its poll groups, its tags without an address, its own back-off."""

from collections.abc import Callable, Mapping

from brownfield_adapters.backoff import Backoff
from brownfield_adapters.driver import Session
from brownfield_adapters.modbus.client import ModbusClient
from brownfield_adapters.modbus.plan import Item
from brownfield_adapters.modbus.poll_group import PollGroup
from brownfield_adapters.modbus.refusals import Refusals
from brownfield_adapters.samples import without_value
from brownfield_api.adapter_config import EndpointConfig, ModbusOptions, SourceConfig
from brownfield_api.errors import InvalidResource
from brownfield_api.modbus_address import locate
from brownfield_api.status import Status
from brownfield_api.tables import TagTable

RETRY_FIRST = 1.0
"""Seconds before a silent unit is asked again for the first time."""

BUSY_POLLS = 3
"""Polls in a row that a device puts off before that is worth a note: once in a while is what the exception is for."""

_BUSY = (
    "the device keeps answering that it is busy (Modbus exception 05 or 06), so tags get no new values: "
    "read it less often (interval, maxRequestsPerSecond), or see what else talks to it"
)


class Unit:
    """A source on the connection. `intervals` are those of its poll groups, in seconds."""

    def __init__(
        self,
        config: SourceConfig,
        table: TagTable,
        *,
        requests_per_second: float,
        clock: Callable[[], float],
        random: Callable[[], float],
    ) -> None:
        """`clock`: monotonic seconds; `random`: numbers in [0, 1), for the back-off."""
        if not isinstance(config.options, ModbusOptions):
            raise InvalidResource("not a Modbus source", where=config.name)
        self.source = config.name
        self.number = config.options.unit
        self._names = [tag.name for tag in table.tags]
        self._clock = clock
        self._backoff = Backoff(random, first=RETRY_FIRST)
        self._asked_again = 0.0
        self._refusals = Refusals()
        self._said = (-1, False)
        items, self._wrong = _items(table)
        self._items = [item for group in items.values() for item in group]
        self.intervals = tuple(interval or config.interval for interval in items)
        self._groups = [
            PollGroup(
                config.name,
                group,
                table=table,
                options=config.options,
                requests_per_second=requests_per_second,
                refusals=self._refusals,
                clock=clock,
            )
            for group in items.values()
        ]
        self._say_wrong = bool(self._wrong)

    def restart(self, session: Session) -> None:
        """A new connection: every value counts as new."""
        self._say_wrong = bool(self._wrong)
        for group in self._groups:
            group.restart(session.now())

    def waits(self, now: float) -> bool:
        """Whether the unit was silent and it is too early to ask again."""
        return now < self._asked_again

    def silent(self, session: Session, reason: str) -> None:
        """The unit did not answer: leave it alone for a while."""
        session.lost(self.source, reason)
        self._asked_again = self._clock() + self._backoff.next()

    async def poll(self, group: int, client: ModbusClient, session: Session) -> None:
        """Reads one group. Raises `UnitSilent` or `LinkLost`."""
        complete = await self._groups[group].poll(client, session, self._vouched)
        self._backoff.reset()
        self._asked_again = 0.0
        if complete:
            session.succeeded(self.source)
        if self._say_wrong:
            self._say_wrong = False
            rows = list(self._wrong)
            batch = without_value(rows, Status.BAD_NODE_ID_UNKNOWN, now=session.now())
            session.deliver(self.source, batch, as_of=self._vouched())
        busy = any(group.busy >= BUSY_POLLS for group in self._groups)
        if self._said != (self._refusals.version, busy):
            self._said = (self._refusals.version, busy)
            refused = self._refusals.described(self._items, self._names)
            session.note(self.source, "; ".join(filter(None, [_BUSY if busy else "", *self._wrong.values(), refused])))

    def _vouched(self) -> int:
        return min(group.as_of for group in self._groups)


def make_units(
    endpoint: EndpointConfig,
    tables: Mapping[str, TagTable],
    *,
    clock: Callable[[], float],
    random: Callable[[], float],
) -> list[Unit]:
    """A unit for each source of the endpoint."""
    rate = endpoint.load.max_requests_per_second
    return [
        Unit(source, tables[source.table], requests_per_second=rate, clock=clock, random=random)
        for source in endpoint.sources
    ]


def _items(table: TagTable) -> tuple[dict[float, list[Item]], dict[int, str]]:
    """Items by interval (0 = the source's own; at least one group), and why the other rows have no place."""
    items: dict[float, list[Item]] = {}
    wrong: dict[int, str] = {}
    for row, tag in enumerate(table.tags):
        try:
            place = locate(tag)
        except InvalidResource as error:
            wrong[row] = str(error)
        else:
            items.setdefault(tag.interval, []).append(Item(row, place))
    if not items:
        items[0.0] = []
    return items, wrong
