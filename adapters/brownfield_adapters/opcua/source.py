"""One source on an OPC UA server: its tags in columns, their nodes on the server of now, and what people are told."""

from collections.abc import Sequence

import numpy as np
from asyncua import ua
from asyncua.ua.status_codes import StatusCodes

from brownfield_adapters.driver import Session
from brownfield_adapters.opcua.address import NodeAddress, parse
from brownfield_adapters.opcua.reasons import status_text
from brownfield_adapters.opcua.values import TagColumns, refused
from brownfield_adapters.remarks import Remarks
from brownfield_api.adapter_config import OpcUaOptions, SourceConfig
from brownfield_api.batch import empty_batch
from brownfield_api.errors import InvalidResource
from brownfield_api.tables import Tag, TagTable

RETRY = 60.0
"""Seconds after which tags the server refused are asked for again; a node may appear any time."""


class OpcUaSource:
    """A source during one connection: a fresh one is made after each."""

    def __init__(self, config: SourceConfig, table: TagTable, session: Session) -> None:
        options = config.options
        if not isinstance(options, OpcUaOptions):
            raise InvalidResource("has no OPC UA options", where=config.name)
        self.name = config.name
        self.tags: Sequence[Tag] = table.tags
        self.options = options
        self.interval = config.interval
        self.columns = TagColumns(table.tags, config.timestamps)
        self.session = session
        self.nodes: list[ua.NodeId | None] = [None] * len(table.tags)
        self.refusals: dict[int, int] = {}
        """Status code by position of the tags that the server does not let us read."""
        self._told: dict[int, int] = {}
        self._addresses = [_parsed(tag.address) for tag in table.tags]
        self.note = Remarks(session, config.name).note

    def interval_of(self, index: int) -> float:
        """Seconds between two samples of a tag."""
        return self.tags[index].interval or self.interval

    def resolve(self, namespaces: Sequence[str]) -> None:
        """Finds the tags' nodes by the server's namespaces of now; what cannot exist is refused."""
        for index, address in enumerate(self._addresses):
            self.nodes[index] = node = address.on(namespaces) if address is not None else None
            if node is None:
                self.refusals[index] = StatusCodes.BadNodeIdUnknown

    def publish(self) -> None:
        """Renews `asOf` with nothing new to say."""
        self.session.deliver(self.name, empty_batch(), as_of=self.session.now())

    def tell_refusals(self) -> None:
        """Delivers a Bad sample for each refused tag that was not told of yet, and says in words what is wrong."""
        news = {index: code for index, code in self.refusals.items() if self._told.get(index) != code}
        self._told = dict(self.refusals)
        if news:
            now = self.session.now()
            index = np.fromiter(news.keys(), np.uint32, len(news))
            status = np.fromiter(news.values(), np.uint32, len(news))
            self.session.deliver(self.name, refused(index, status, now), as_of=now)
        self.note("refused", _refusals_text(self.refusals, self.tags))


def _refusals_text(refusals: dict[int, int], tags: Sequence[Tag]) -> str:
    if not refusals:
        return ""
    index, code = next(iter(refusals.items()))
    others = f" and {len(refusals) - 1} more tags" if len(refusals) > 1 else ""
    return f"{tags[index].name} ({tags[index].address}): {status_text(code)}{others}"


def _parsed(text: str) -> NodeAddress | None:
    """None for an address that is none: the planner refuses it, and here it costs only its own tag."""
    try:
        return parse(text)
    except InvalidResource:
        return None
