"""The requests of one poll: asks for blocks, gathers the answers, searches refused blocks for the refused value.

The search halves a block on the spot until the culprit stands alone, so one bad tag costs its neighbours not even
one poll; it is bounded, so that a device with a wrong address list is not drowned in questions.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

from brownfield_adapters.driver import Session
from brownfield_adapters.modbus.client import DeviceException, ModbusClient
from brownfield_adapters.modbus.plan import Block, halve
from brownfield_adapters.modbus.refusals import BUSY, SILENT, Refusals, status_for
from brownfield_api.errors import SourceError
from brownfield_api.status import Status

SEARCH_REQUESTS = 32
"""Extra requests one poll may spend on finding refused values; the search goes on with the next poll."""

_ILLEGAL_FUNCTION = 1


class UnitSilent(SourceError):
    """The gateway answers, the unit behind it does not."""


@dataclass(slots=True)
class Answers:
    """What came since the last hand-over: blocks, their data, when they were asked for and when they came (ns) in
    step, and what was refused alone.
    """

    blocks: list[Block] = field(default_factory=list)
    payloads: list[bytes] = field(default_factory=list)
    asked: list[int] = field(default_factory=list)
    came: list[int] = field(default_factory=list)
    refused: list[tuple[Block, Status]] = field(default_factory=list)


class Reading:
    """One poll of one unit. `complete` unless something was neither answered nor refused for good;
    `began` is when the first block that was answered was asked for (ns), 0 before it; `busy` whether the device put
    a request off.
    """

    def __init__(
        self,
        client: ModbusClient,
        session: Session,
        *,
        source: str,
        unit: int,
        refusals: Refusals,
        clock: Callable[[], float],
    ) -> None:
        self.complete = True
        self.busy = False
        self.began = 0
        self.answers = Answers()
        self._client = client
        self._session = session
        self._source = source
        self._unit = unit
        self._refusals = refusals
        self._clock = clock
        self._search_left = SEARCH_REQUESTS

    async def read(self, block: Block) -> None:
        """Asks for the block and, if it is refused, for its parts. Raises `UnitSilent` or `LinkLost`."""
        code = await self._ask(block)
        if code:
            await self._search(block, code)

    async def retry(self, block: Block) -> None:
        """Asks once more for a single value that was refused before."""
        code = await self._ask(block)
        if code and code not in BUSY:
            self._refuse(block, code)
        elif not code:
            self._refusals.accept(block)

    def take(self) -> Answers:
        """The answers since the last call."""
        taken, self.answers = self.answers, Answers()
        return taken

    async def _ask(self, block: Block) -> int:
        """0 if the block was answered, else the exception code."""
        async with self._session.request(self._source):
            asked = self._session.now()
            try:
                payload = await self._client.read(self._unit, block.function, block.start, block.count)
            except DeviceException as refusal:
                self.busy = self.busy or refusal.code in BUSY
                if refusal.code in SILENT:
                    raise UnitSilent(f"unit {self._unit}: {refusal.what}", refusal.where) from refusal
                return refusal.code
        answers = self.answers
        answers.blocks.append(block)
        answers.payloads.append(payload)
        answers.asked.append(asked)
        answers.came.append(self._session.now())
        self.began = self.began or asked
        return 0

    async def _search(self, block: Block, code: int) -> None:
        isolated = exhausted = False
        self._refusals.forget_search()
        parts: list[tuple[Block, int]] = [(block, code)]
        while parts:
            part, refusal = parts.pop()
            if not refusal:
                exhausted = self._search_left == 0
                if exhausted:
                    self.complete = False
                    break
                self._search_left -= 1
                refusal = await self._ask(part)
            if refusal in BUSY:
                self.complete = False
            elif refusal and part.divisible and refusal != _ILLEGAL_FUNCTION:
                left, right = halve(part)
                self._refusals.split(right)
                parts += [(right, 0), (left, 0)]
            elif refusal:
                isolated = True
                self._refuse(part, refusal)
        self._refusals.settle(isolated=isolated and not exhausted)

    def _refuse(self, block: Block, code: int) -> None:
        self._refusals.refuse(block, code, self._clock())
        self.answers.refused.append((block, status_for(code)))
