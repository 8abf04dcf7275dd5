"""Reading by ourselves, where the server has no subscriptions or the source asks for it.

Tags with the same interval are read together, in as few requests as the server allows. A value that has not
changed since it was last sent (same status, value and time stamps) is not sent again: the read itself vouches
for it, through `asOf`.
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from brownfield_adapters.opcua.chunks import pieces
from brownfield_adapters.opcua.decode import STRING, Values
from brownfield_adapters.opcua.link import Link, encode_nodes
from brownfield_adapters.opcua.source import OpcUaSource


class Poll:
    """The tags of one source that share an interval (seconds); `name` gives it its phase."""

    def __init__(self, source: OpcUaSource, interval: float, indices: Sequence[int]) -> None:
        self.source = source
        self.interval = interval
        self.name = f"{source.name}/{interval:g}"
        self._indices = indices
        self._encoded: list[tuple[npt.NDArray[np.uint32], bytes]] = []
        self._last = _LastRead(len(source.tags), source.columns.deadband)

    def encode(self, most: int) -> None:
        """Encodes the requests for the nodes the source knows now, of at most `most` nodes."""
        nodes = [(index, node) for index in self._indices if (node := self.source.nodes[index]) is not None]
        self._encoded = [
            (np.array([index for index, _ in piece], np.uint32), encode_nodes([node for _, node in piece]))
            for piece in pieces(nodes, most)
        ]

    async def read(self, link: Link) -> None:
        """Reads all tags once and hands over what is new; raises `LinkLost` or `ua.UaStatusCodeError`."""
        source, session = self.source, self.source.session
        for index, encoded in self._encoded:
            async with session.request(source.name):
                values = await link.read(encoded, len(index))
            now = session.now()
            rows = self._last.changed(index, values)
            if len(rows):
                session.deliver(source.name, source.columns.batch(index[rows], taken(values, rows), now), as_of=now)
            else:
                source.publish()


class _LastRead:
    """What was last sent of each tag."""

    def __init__(self, count: int, deadband: npt.NDArray[np.float64]) -> None:
        self._status = np.zeros(count, np.uint32)
        self._number = np.full(count, np.nan)
        self._bits = np.zeros(count, np.int64)
        self._ticks = np.full(count, -1, np.int64)
        self._known = np.zeros(count, np.bool_)
        self._texts = [""] * count
        self._deadband = deadband

    def changed(self, index: npt.NDArray[np.uint32], values: Values) -> npt.NDArray[np.intp]:
        """Rows whose value, status or source time differ from what was last sent (now they were)."""
        within = np.abs(values.number - self._number[index]) <= self._deadband[index]
        banded = within & (self._deadband[index] > 0)
        # NaN is never equal to itself; a broken sensor is not news each second.
        numbers = (values.number == self._number[index]) | (np.isnan(values.number) & np.isnan(self._number[index]))
        equal = numbers & (values.bits == self._bits[index]) & (values.source_ticks == self._ticks[index])
        same = self._known[index] & (values.status == self._status[index]) & (equal | banded)
        for row in values.texts:
            same[row] &= values.texts[row] == self._texts[int(index[row])]
        rows = np.flatnonzero(~same)
        sent = index[rows]
        self._known[sent] = True
        self._status[sent] = values.status[rows]
        self._number[sent] = values.number[rows]
        self._bits[sent] = values.bits[rows]
        self._ticks[sent] = values.source_ticks[rows]
        for row in values.texts:
            self._texts[int(index[row])] = values.texts[row]
        return rows


def taken(values: Values, rows: npt.NDArray[np.intp]) -> Values:
    """The given rows of `values`."""
    if len(rows) == len(values):
        return values
    texts = {at: values.texts[row] for at, row in enumerate(rows.tolist()) if values.kind[row] == STRING}
    return Values(
        values.handle[rows],
        values.kind[rows],
        values.number[rows],
        values.bits[rows],
        values.status[rows],
        values.source_ticks[rows],
        values.server_ticks[rows],
        texts,
    )


def polls_of(source: OpcUaSource) -> list[Poll]:
    """The source's tags by interval, shortest first."""
    groups: dict[float, list[int]] = {}
    for index in range(len(source.tags)):
        groups.setdefault(source.interval_of(index), []).append(index)
    return [Poll(source, interval, groups[interval]) for interval in sorted(groups)]
