"""One poll: the tags of a source that share an interval, read block by block and handed over chunk by chunk."""

from collections.abc import Callable, Sequence

from brownfield_adapters.deadband import Deadband
from brownfield_adapters.driver import Session
from brownfield_adapters.modbus.client import ModbusClient
from brownfield_adapters.modbus.decode import Decoder
from brownfield_adapters.modbus.plan import Block, Item, chunks
from brownfield_adapters.modbus.reading import Answers, Reading
from brownfield_adapters.modbus.refusals import Refusals
from brownfield_adapters.samples import without_value
from brownfield_api.adapter_config import ModbusOptions
from brownfield_api.tables import TagTable

CHUNK_ROWS = 2500
"""Samples handed over together if they arrive fast enough: a batch costs as much as a thousand samples in it."""

CHUNK_SECONDS = 0.05
"""What a sample may wait for others of its chunk, at the budget's rate."""


class PollGroup:
    """The tags of `source` in `items`. `as_of` is the time up to which their good values are vouched for (ns);
    `busy` counts the polls in a row that the device put off, wholly or in part.
    """

    def __init__(
        self,
        source: str,
        items: Sequence[Item],
        *,
        table: TagTable,
        options: ModbusOptions,
        requests_per_second: float,
        refusals: Refusals,
        clock: Callable[[], float],
    ) -> None:
        """`clock`: monotonic seconds; `refusals` are shared by all groups of the source."""
        self.source = source
        self.items = tuple(items)
        self.as_of = 0
        self.busy = 0
        self._tags = table.tags
        self._options = options
        self._most = max(1, int(requests_per_second * CHUNK_SECONDS))
        self._refusals = refusals
        self._clock = clock
        self._deadband = Deadband.of(table)
        self._planned = -1
        self._chunks: tuple[Decoder, ...] = ()

    def restart(self, now: int) -> None:
        """A new connection at `now` (ns): every value counts as new."""
        self.as_of = now
        if self._deadband is not None:
            self._deadband.reset()

    async def poll(self, client: ModbusClient, session: Session, vouched: Callable[[], int]) -> bool:
        """Reads everything once; whether every value was read or refused for good.

        `vouched` gives the source's `as_of` over all its groups. Raises `UnitSilent` or `LinkLost`.
        """
        if self._planned != self._refusals.version:
            self._plan()
        reading = Reading(
            client, session, source=self.source, unit=self._options.unit, refusals=self._refusals, clock=self._clock
        )
        last = len(self._chunks) - 1
        for number, decoder in enumerate(self._chunks):
            for block in decoder.blocks:
                await reading.read(block)
            if number == last and reading.complete and reading.began:
                self.as_of = reading.began
            self._hand_over(reading.take(), decoder, session, vouched())
        if last < 0:
            self.as_of = session.now()
        for block in self._refusals.due(self.items, self._clock()):
            await reading.retry(block)
        self._hand_over(reading.take(), None, session, vouched())
        self.busy = self.busy + 1 if reading.busy else 0
        return reading.complete

    def _plan(self) -> None:
        blocks = self._refusals.plan(self.items, max_gap=self._options.max_gap, max_block=self._options.max_block)
        self._chunks = tuple(self._decoder(chunk) for chunk in chunks(blocks, rows=CHUNK_ROWS, most=self._most))
        self._planned = self._refusals.version

    def _decoder(self, blocks: Sequence[Block]) -> Decoder:
        return Decoder(blocks, self._tags, self._options.byte_order)

    def _hand_over(self, answers: Answers, decoder: Decoder | None, session: Session, as_of: int) -> None:
        """Delivers what was read; `decoder` fits if every block it was made for was answered."""
        if answers.blocks:
            if decoder is None or tuple(answers.blocks) != decoder.blocks:
                decoder = self._decoder(answers.blocks)
            batch = decoder.decode(answers.payloads, answers.asked, answers.came)
            if self._deadband is not None:
                batch = self._deadband.changed(batch)
            session.deliver(self.source, batch, as_of=as_of)
        for block, status in answers.refused:
            rows = [item.row for item in block.items]
            session.deliver(self.source, without_value(rows, status, now=session.now()), as_of=as_of)
