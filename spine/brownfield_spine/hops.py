"""Counting what arrives on a subject by its contiguous sequence numbers: lost, twice, out of order.

Pure: a reader observes each header and uses the batch only if the verdict is `NEW`. The counter's place is
what a checkpoint keeps; resumed from it, what comes again is a duplicate and what is missing is lost.
"""

from collections import OrderedDict
from enum import Enum

from brownfield_api.header import BatchHeader
from brownfield_api.health import Hop

_HOLES = 1024
_EPOCHS = 16


class Verdict(Enum):
    """What to make of a batch. `REORDERED`: it was counted as lost and came late; too late to be used."""

    NEW = "new"
    DUPLICATE = "duplicate"
    REORDERED = "reordered"


class HopCounter:
    """Counts one subject. Give `epoch` and `seq` of a checkpoint to go on behind it; without, counting starts
    with the first batch seen, whatever its number.
    """

    def __init__(self, epoch: int = 0, seq: int = 0) -> None:
        self.epoch = epoch
        self.seq = seq
        self._ended: OrderedDict[int, int] = OrderedDict()
        self._missing: OrderedDict[tuple[int, int], None] = OrderedDict()
        self._batches = self._samples = self._lost = self._duplicated = self._reordered = 0
        self._epochs = self._corrupt = 0

    def observe(self, header: BatchHeader, samples: int) -> Verdict:
        """Count one batch of `samples` rows."""
        if header.epoch == self.epoch and header.seq > self.seq:
            self._lose(self.seq + 1, header.seq)
        elif header.epoch > self.epoch:
            self._begin_epoch(header)
        else:
            return self._late(header)
        self.seq = header.seq
        self._batches += 1
        self._samples += samples
        return Verdict.NEW

    def corrupt(self) -> None:
        """Count a batch that was refused: its checksum, header or columns are wrong."""
        self._corrupt += 1

    def snapshot(self) -> Hop:
        """The counts so far."""
        return Hop(
            batches=self._batches,
            samples=self._samples,
            lost=self._lost,
            duplicated=self._duplicated,
            reordered=self._reordered,
            epochs=self._epochs,
            corrupt=self._corrupt,
        )

    def _begin_epoch(self, header: BatchHeader) -> None:
        if self.epoch:
            self._epochs += 1
            self._ended[self.epoch] = self.seq
            if len(self._ended) > _EPOCHS:
                self._ended.popitem(last=False)
            self.epoch = header.epoch
            self._lose(1, header.seq)
        self.epoch = header.epoch

    def _late(self, header: BatchHeader) -> Verdict:
        place = (header.epoch, header.seq)
        if place in self._missing:
            del self._missing[place]
            self._lost -= 1
        elif header.epoch == self.epoch or header.seq <= self._ended.get(header.epoch, 0):
            self._duplicated += 1
            return Verdict.DUPLICATE
        self._reordered += 1
        return Verdict.REORDERED

    def _lose(self, first: int, behind: int) -> None:
        """Count `first` up to but not including `behind`; remember the newest, should they come late."""
        self._lost += behind - first
        for seq in range(max(first, behind - _HOLES), behind):
            self._missing[self.epoch, seq] = None
        while len(self._missing) > _HOLES:
            self._missing.popitem(last=False)
