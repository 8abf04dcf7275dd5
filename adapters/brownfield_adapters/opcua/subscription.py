"""One source's subscription: what the server tells by itself, as one batch per publish response.

A quiet server still sends a keep-alive about once a second, which renews `asOf` and counts as a poll that
succeeded; when even that stays away the link is lost, whatever TCP believes. Queues have an explicit size and
drop their oldest sample; the server marks the survivor and it is delivered with `GapBefore` (Part 4 §5.13.1.5).
"""

import asyncio
import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from asyncua import ua
from asyncua.ua.attribute_ids import AttributeIds
from asyncua.ua.status_codes import StatusCodes

from brownfield_adapters.opcua.chunks import in_pieces
from brownfield_adapters.opcua.decode import Values
from brownfield_adapters.opcua.link import Link
from brownfield_adapters.opcua.messages import Publication
from brownfield_adapters.opcua.reasons import advised
from brownfield_adapters.opcua.source import OpcUaSource
from brownfield_api.errors import LinkLost
from brownfield_api.status import Reason
from brownfield_api.tables import ValueType

_KEEP_ALIVE = 1.0
"""Seconds of silence after which the server shall say that it is alive (never less than a publishing interval)."""

_LIFETIME = 60.0
"""Seconds without a publish request after which the server may drop the subscription."""

_PATIENCE = 3.0
"""Keep-alive periods without a word after which the link counts as lost."""

_NO_DEADBAND = frozenset(
    {
        StatusCodes.BadFilterNotAllowed,
        StatusCodes.BadMonitoredItemFilterInvalid,
        StatusCodes.BadMonitoredItemFilterUnsupported,
        StatusCodes.BadDeadbandFilterInvalid,
    }
)
_UNFILTERED = frozenset({ValueType.BOOL, ValueType.STRING})


class Subscription:
    """A subscription on the server. `period` is the longest the server keeps silent, in seconds."""

    def __init__(self, source: OpcUaSource, link: Link, result: ua.CreateSubscriptionResult) -> None:
        self.source = source
        self.id = int(result.SubscriptionId)
        publishing = float(result.RevisedPublishingInterval) / 1000
        self.period = max(publishing * int(result.RevisedMaxKeepAliveCount), publishing)
        self.gaps = 0
        self._link = link
        self._next = 1
        self._due = 0.0
        self._gap_before = np.zeros(len(source.tags), np.bool_)
        self._clock = asyncio.get_running_loop().time
        self._heard = self._clock()
        self._revisions: dict[str, int] = {}
        asked = source.options.publishing_interval
        if publishing > asked * 1.01:
            source.note("publishing", f"the server publishes every {publishing:g} s where {asked:g} s was asked for")

    async def watch_tags(self, indices: Sequence[int]) -> None:
        """Creates the monitored items of these tags; refusals go into the source, which tells them."""
        source = self.source
        wanted = [index for index in indices if source.nodes[index] is not None]
        plain: list[int] = []
        for index, result in zip(wanted, await self._create(wanted, deadband=True), strict=True):
            code = result.StatusCode.value
            if code in _NO_DEADBAND and source.tags[index].deadband > 0:
                plain.append(index)
            else:
                self._created(index, result)
        if plain:
            source.note("deadband", f"the server has no deadband for {len(plain)} tags: every change is sent")
            for index, result in zip(plain, await self._create(plain, deadband=False), strict=True):
                self._created(index, result)
        told = [f"{what} for {count} tags" for what, count in self._revisions.items()]
        source.note("revised", f"the server revised {', '.join(told)}" if told else "")
        source.tell_refusals()

    def take(self, publication: Publication) -> None:
        """Hands the samples of one publish response over; raises `LinkLost` if the server ended the subscription."""
        source = self.source
        self._heard = self._clock()
        now = source.session.now()
        if publication.status is not None and publication.status >> 30 != 0:
            raise advised(publication.status, self._link.where)
        self._check_order(publication)
        for values in publication.values:
            self._deliver(values, now)
        if not publication.values:
            source.publish()

    def tick(self) -> None:
        """Once each `period`: counts the polls it stands for, which succeed together; raises `LinkLost` when the
        server has been silent too long.
        """
        session, source = self.source.session, self.source.name
        silent = self._clock() - self._heard
        if silent > _PATIENCE * self.period + self._link.timeout:
            raise LinkLost(f"no notification and no keep-alive for {silent:.0f} s", self._link.where)
        self._due += self.period / self.source.interval
        for _ in range(int(self._due)):
            session.scheduled(source)
            if silent <= 1.5 * self.period:
                session.succeeded(source)
        self._due %= 1.0

    def _deliver(self, values: Values, now: int) -> None:
        source = self.source
        index = values.handle
        if len(index) and int(index.max()) >= len(source.tags):
            raise LinkLost("a notification for an item we do not have", self._link.where)
        batch = source.columns.batch(index, values, now)
        self._mark_gaps(index, batch.reasons)
        dropped = int(np.count_nonzero(batch.reasons & np.uint16(Reason.GAP_BEFORE)))
        if dropped:
            self._count_gaps(dropped)
        source.session.deliver(source.name, batch, as_of=now)

    def _mark_gaps(self, index: npt.NDArray[np.uint32], reasons: npt.NDArray[np.uint16]) -> None:
        if self._gap_before.any():
            _, first = np.unique(index, return_index=True)
            first = first[self._gap_before[index[first]]]
            reasons[first] |= np.uint16(Reason.GAP_BEFORE)
            self._gap_before[index[first]] = False

    def _check_order(self, publication: Publication) -> None:
        """Sequence numbers are contiguous (Part 4 §7.26); a keep-alive carries the next one."""
        if publication.sequence != self._next:
            self._gap_before[:] = True
        if not publication.keep_alive:
            self._next = 1 if publication.sequence == 0xFFFF_FFFF else publication.sequence + 1
        elif publication.sequence != self._next:
            self._next = publication.sequence

    def _count_gaps(self, count: int) -> None:
        self.gaps += count
        self.source.note(
            "gaps",
            "the server dropped samples between two publishes (marked GapBefore): "
            "raise queueSize or shorten publishingInterval",
        )

    def _created(self, index: int, result: ua.MonitoredItemCreateResult) -> None:
        code = int(result.StatusCode.value)
        if code >> 30:
            self.source.refusals[index] = code
            return
        self.source.refusals.pop(index, None)
        interval, queue = self.source.interval_of(index), self.source.options.queue_size
        revised = float(result.RevisedSamplingInterval) / 1000
        if revised > interval * 1.01:
            self._revise(f"the sampling interval from {interval:g} to {revised:g} s")
        if int(result.RevisedQueueSize) < queue:
            self._revise(f"the queue size from {queue} to {int(result.RevisedQueueSize)}")

    def _revise(self, what: str) -> None:
        self._revisions[what] = self._revisions.get(what, 0) + 1

    async def _create(self, indices: Sequence[int], *, deadband: bool) -> list[ua.MonitoredItemCreateResult]:
        async def ask(piece: Sequence[int]) -> Sequence[ua.MonitoredItemCreateResult]:
            request = ua.CreateMonitoredItemsRequest()
            request.Parameters.SubscriptionId = _wire(self.id)
            request.Parameters.TimestampsToReturn = ua.TimestampsToReturn.Both
            request.Parameters.ItemsToCreate = [self._item(index, deadband=deadband) for index in piece]
            async with self.source.session.request(self.source.name):
                response = await self._link.send(request, ua.CreateMonitoredItemsResponse)
            results: list[ua.MonitoredItemCreateResult] = response.Results
            return results

        return await in_pieces(indices, self._link.most_items, ask)

    def _item(self, index: int, *, deadband: bool) -> ua.MonitoredItemCreateRequest:
        tag = self.source.tags[index]
        node: Any = self.source.nodes[index]
        parameters = ua.MonitoringParameters(
            ClientHandle=_wire(index),
            SamplingInterval=_wire(self.source.interval_of(index) * 1000),
            QueueSize=_wire(max(self.source.options.queue_size, 1)),
            DiscardOldest=_wire(True),  # noqa: FBT003 - a value on the wire
        )
        if deadband and tag.deadband > 0 and tag.type not in _UNFILTERED:
            parameters.Filter = ua.DataChangeFilter(
                Trigger=ua.DataChangeTrigger.StatusValue,
                DeadbandType=_wire(int(ua.DeadbandType.Absolute)),
                DeadbandValue=_wire(tag.deadband),
            )
        return ua.MonitoredItemCreateRequest(
            ItemToMonitor=ua.ReadValueId(NodeId=node, AttributeId=_wire(AttributeIds.Value)),
            MonitoringMode=ua.MonitoringMode.Reporting,
            RequestedParameters=parameters,
        )


async def subscribe(source: OpcUaSource, link: Link) -> Subscription:
    """A subscription with the items of all tags; raises `ua.UaStatusCodeError` if the server gives none."""
    interval = source.options.publishing_interval
    keep_alive = max(1, math.floor(_KEEP_ALIVE / interval))
    request = ua.CreateSubscriptionRequest()
    parameters = request.Parameters
    parameters.RequestedPublishingInterval = _wire(interval * 1000)
    parameters.RequestedMaxKeepAliveCount = _wire(keep_alive)
    parameters.RequestedLifetimeCount = _wire(max(3 * keep_alive, math.ceil(_LIFETIME / interval)))
    parameters.MaxNotificationsPerPublish = _wire(0)
    parameters.PublishingEnabled = _wire(True)  # noqa: FBT003 - a value on the wire
    async with source.session.request(source.name):
        response = await link.send(request, ua.CreateSubscriptionResponse)
    subscription = Subscription(source, link, response.Parameters)
    await subscription.watch_tags(range(len(source.tags)))
    return subscription


def _wire(value: Any) -> Any:
    """Asyncua annotates its structures with wire types where it takes Python's own; see there."""
    return value
