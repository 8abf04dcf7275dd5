"""A Modbus unit's memory: four tables of which only some addresses exist.

Registers are kept big-endian (`>u2`), so that a read is one slice and its bytes go out as they are.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from brownfield_plant.modbus_frames import (
    BITS,
    ILLEGAL_ADDRESS,
    ILLEGAL_VALUE,
    MOST_BITS,
    MOST_REGISTERS,
    READ_COILS,
    READ_DISCRETE,
    READ_HOLDING,
    READ_INPUT,
)


class Refusal(Exception):
    """The unit answers with an exception response of this code."""

    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True)
class Place:
    """Where a value lies: function code of its table, first zero-based address, number of addresses."""

    function: int
    address: int
    count: int

    @property
    def addresses(self) -> slice:
        return slice(self.address, self.address + self.count)


class Table:
    """Values (`>u2`, or bool for bits), shape (size,), beside masks of what exists and what is refused."""

    def __init__(self, size: int, *, bits: bool) -> None:
        self.values: NDArray[np.uint16 | np.bool_] = np.zeros(size, dtype=np.bool_ if bits else ">u2")
        self.exists: NDArray[np.bool_] = np.zeros(size, dtype=np.bool_)
        self.refused: NDArray[np.bool_] = np.zeros(size, dtype=np.bool_)
        self.whole = False
        """Every address exists and none is refused: the masks need not be looked at."""

    def readable(self, first: int, count: int) -> bool:
        end = first + count
        if end > len(self.values):
            return False
        return self.whole or bool(self.exists[first:end].all() and not self.refused[first:end].any())


@dataclass
class Image:
    """The memory of one unit. `before_read` is told of each read that will be answered: function, first, count."""

    coils: Table = field(default_factory=lambda: Table(0, bits=True))
    discrete: Table = field(default_factory=lambda: Table(0, bits=True))
    holding: Table = field(default_factory=lambda: Table(0, bits=False))
    input: Table = field(default_factory=lambda: Table(0, bits=False))
    before_read: Callable[[int, int, int], None] | None = None

    def table(self, function: int) -> Table:
        """The table that a reading function (1 to 4) reads."""
        return {
            READ_COILS: self.coils,
            READ_DISCRETE: self.discrete,
            READ_HOLDING: self.holding,
            READ_INPUT: self.input,
        }[function]

    def read(self, function: int, first: int, count: int) -> bytes:
        """The data of a response; raises `Refusal` with exception code 2 or 3.

        `before_read` is called between the check and the read, so counters in the image move only
        when the request is answered.
        """
        if not 1 <= count <= (MOST_BITS if function in BITS else MOST_REGISTERS):
            raise Refusal(ILLEGAL_VALUE)
        table = self.table(function)
        if not table.readable(first, count):
            raise Refusal(ILLEGAL_ADDRESS)
        if self.before_read is not None:
            self.before_read(function, first, count)
        values = table.values[first : first + count]
        return np.packbits(values, bitorder="little").tobytes() if function in BITS else values.tobytes()
