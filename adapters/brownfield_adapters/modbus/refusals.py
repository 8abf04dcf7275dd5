"""What a unit refuses, and what follows from it for the plan; kept for the life of the process.

A value that was refused alone is left out of the blocks and tried again alone, now and then: somebody may have
finished the device's configuration. The borders found on the way to it are forgotten, because leaving it out
puts its neighbours into blocks of their own. Borders that ended without a refused value are the device's own
limits and are kept.
"""

from collections.abc import Iterable, Sequence

from brownfield_adapters.modbus.plan import Block, Border, Item, border, coalesce
from brownfield_api.modbus_address import Function
from brownfield_api.status import Status

RETRY_AFTER = 60.0
"""Seconds until a refused value is tried again."""

RETRIES_PER_POLL = 4
"""Refused values tried again in one poll at most: they must not eat the budget of those that work."""

_STATUS = {
    1: Status.BAD_NOT_READABLE,
    2: Status.BAD_NODE_ID_UNKNOWN,
    3: Status.BAD_NOT_READABLE,
    4: Status.BAD_DEVICE_FAILURE,
    8: Status.BAD_DEVICE_FAILURE,
}

SILENT = frozenset({0x0A, 0x0B})
"""Exceptions with which a gateway says that the unit behind it does not answer (V1.1b3 §7)."""

BUSY = frozenset({0x05, 0x06})
"""Exceptions that mean: not now. Nothing is learned from them."""


def status_for(code: int) -> Status:
    """The status of a tag that the device refuses with exception `code`."""
    return _STATUS.get(code, Status.BAD_NOT_READABLE)


class Refusals:
    """Refused places and borders of one source. Times are monotonic seconds."""

    def __init__(self) -> None:
        self._until: dict[Border, float] = {}
        self._codes: dict[Border, int] = {}
        self._borders: frozenset[Border] = frozenset()
        self._tentative: set[Border] = set()
        self.version = 0

    def plan(self, items: Iterable[Item], *, max_gap: int, max_block: int) -> tuple[Block, ...]:
        """The blocks of `items` without those that are refused."""
        open_items = [item for item in items if _place(item) not in self._codes]
        return coalesce(open_items, max_gap=max_gap, max_block=max_block, borders=self._borders)

    def split(self, block: Block) -> None:
        """A refused block was cut where `block` begins."""
        self._tentative.add(border(block))

    def refuse(self, block: Block, code: int, now: float) -> None:
        """All values of the block were refused for good (until tried again)."""
        for item in block.items:
            self._codes[_place(item)] = code
            self._until[_place(item)] = now + RETRY_AFTER
        self.version += 1

    def forget_search(self) -> None:
        """A new search begins; one that a lost link has cut short says nothing."""
        self._tentative.clear()

    def settle(self, *, isolated: bool) -> None:
        """The end of a search in a refused block; `isolated`: it ended with a refused value alone."""
        if self._tentative and not isolated:
            self._borders |= self._tentative
            self.version += 1
        self._tentative.clear()

    def accept(self, block: Block) -> None:
        """What was refused is readable now: back into the plan."""
        for item in block.items:
            self._codes.pop(_place(item), None)
            self._until.pop(_place(item), None)
        self.version += 1

    def due(self, items: Iterable[Item], now: float) -> tuple[Block, ...]:
        """Refused values among `items` to try again now, each alone."""
        late = [item for item in items if self._until.get(_place(item), now + 1.0) <= now] if self._until else []
        alone = frozenset(_place(item) for item in late)
        return coalesce(late, borders=alone)[:RETRIES_PER_POLL]

    def described(self, items: Sequence[Item], names: Sequence[str]) -> str:
        """What is refused, for people; "" if nothing is."""
        refused = [item for item in items if _place(item) in self._codes]
        if not refused:
            return ""
        shown = ", ".join(f"{names[item.row]} ({self._codes[_place(item)]:02X})" for item in refused[:5])
        more = f" and {len(refused) - 5} more" if len(refused) > 5 else ""
        return f"the device refuses {len(refused)} of {len(items)} tags (Modbus exception): {shown}{more}"


def _place(item: Item) -> tuple[Function, int, int]:
    return item.place.function, item.place.start, item.place.count
