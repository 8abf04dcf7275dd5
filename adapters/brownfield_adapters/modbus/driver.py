"""Modbus TCP behind the runtime's border: one connection, the polls of all units on it, one after the other.

A unit that does not answer waits on its own and does not stop the others, whether its gateway says so
(exceptions 0A, 0B) or just stays silent; after a silence the connection is made anew, so that the late answer
cannot be taken for another's.
"""

import asyncio
import random
from collections.abc import Callable, Mapping
from pathlib import Path

from brownfield_adapters.driver import Driver, Session
from brownfield_adapters.modbus.client import ModbusClient, NoAnswer
from brownfield_adapters.modbus.reading import UnitSilent
from brownfield_adapters.modbus.unit import Unit, make_units
from brownfield_adapters.polling import PollSchedule
from brownfield_api.adapter_config import EndpointConfig, ModbusEndpoint
from brownfield_api.errors import InvalidResource, LinkLost
from brownfield_api.tables import TagTable

SILENCES = 3
"""Unanswered requests in a row, each on a connection of its own, after which the whole endpoint counts as gone."""


def make_driver(endpoint: EndpointConfig, tables: Mapping[str, TagTable], state_dir: Path) -> Driver:  # noqa: ARG001 - the factories' common shape
    """The driver of one Modbus TCP endpoint; it keeps nothing on disk."""
    return ModbusDriver(endpoint, tables, random=random.SystemRandom().random)


class ModbusDriver:
    """`brownfield_adapters.driver.Driver` for Modbus TCP. What it learns of refusals outlives a connection."""

    def __init__(
        self, endpoint: EndpointConfig, tables: Mapping[str, TagTable], *, random: Callable[[], float]
    ) -> None:
        if not isinstance(endpoint.endpoint, ModbusEndpoint):
            raise InvalidResource("not a Modbus endpoint", where=endpoint.key)
        self._address = endpoint.endpoint
        self._load = endpoint.load
        self._units = make_units(endpoint, tables, clock=_monotonic, random=random)
        self._client: ModbusClient | None = None
        self._silences = 0

    async def connect(self) -> None:
        """Opens the connection; raises `LinkLost`."""
        self._client = await ModbusClient.open(self._address.host, self._address.port, timeout=self._load.timeout)

    async def run(self, session: Session) -> None:
        """Polls until the link is lost."""
        clock = asyncio.get_running_loop().time
        polls = [
            ((unit, number), f"{self._address.host}:{self._address.port}/{unit.source}/{number}", interval)
            for unit in self._units
            for number, interval in enumerate(unit.intervals)
        ]
        schedule = PollSchedule(polls, start=clock())
        self._silences = 0
        for unit in self._units:
            unit.restart(session)
        while polls:
            await asyncio.sleep(max(0.0, schedule.next_due() - clock()))
            (unit, group), missed = schedule.take(clock())
            session.scheduled(unit.source, 1 + missed)
            if not unit.waits(clock()):
                await self._poll(unit, group, session)
        await asyncio.Event().wait()

    async def close(self) -> None:
        """Closes the connection, if there is one."""
        if self._client is not None:
            self._client.close()
            self._client = None

    async def _poll(self, unit: Unit, group: int, session: Session) -> None:
        if self._client is None:
            raise LinkLost("not connected", f"{self._address.host}:{self._address.port}")
        try:
            await unit.poll(group, self._client, session)
        except UnitSilent as silent:
            self._silences = 0
            unit.silent(session, str(silent))
        except NoAnswer as silence:
            self._silences += 1
            if len(self._units) == 1 or self._silences >= SILENCES:
                raise
            unit.silent(session, f"unit {unit.number}: {silence}")
            await self.connect()
        else:
            self._silences = 0


def _monotonic() -> float:
    return asyncio.get_running_loop().time()
