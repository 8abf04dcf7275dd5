"""The OPC UA driver: connects to one of the endpoint's servers, subscribes or polls, and says when the link is gone.

While connected these run side by side and the first that fails ends them all: the publish pump, the watch over
keep-alives, the polls, the retry of refused tags, the renewal of the channel, and one that waits for the
connection to close.
"""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from pathlib import Path
from typing import Any

import structlog
from asyncua.common.utils import Buffer
from asyncua.ua.status_codes import StatusCodes
from asyncua.ua.uaerrors import UaStatusCodeError

from brownfield_adapters.driver import Driver, Session
from brownfield_adapters.opcua.identity import our_thumbprint
from brownfield_adapters.opcua.link import Link, open_link
from brownfield_adapters.opcua.messages import publication
from brownfield_adapters.opcua.polling import Poll, polls_of
from brownfield_adapters.opcua.reasons import plainly, status_text
from brownfield_adapters.opcua.source import RETRY, OpcUaSource
from brownfield_adapters.opcua.subscription import Subscription, subscribe
from brownfield_adapters.polling import PollSchedule
from brownfield_adapters.together import first_failure
from brownfield_api.adapter_config import EndpointConfig, OpcUaEndpoint
from brownfield_api.errors import InvalidResource, LinkLost
from brownfield_api.tables import TagTable

_log = structlog.get_logger("brownfield.adapter.opcua")

_NO_SUBSCRIPTIONS = frozenset(
    {
        StatusCodes.BadServiceUnsupported,
        StatusCodes.BadNotImplemented,
        StatusCodes.BadNotSupported,
        StatusCodes.BadTooManySubscriptions,
        StatusCodes.BadUserAccessDenied,
    }
)
_MOST_PUBLISHES = 8
"""Publish requests the server may hold; one more than subscriptions is enough, and old servers take few."""


def make_driver(endpoint: EndpointConfig, tables: Mapping[str, TagTable], state_dir: Path) -> Driver:
    """The driver of an OPC UA endpoint; `state_dir` keeps the client certificate."""
    if not isinstance(endpoint.endpoint, OpcUaEndpoint):
        raise InvalidResource("is no OPC UA endpoint", where=endpoint.key)
    # Whatever asyncua's client logs reaches us as an exception too, and while a server is away it would say it
    # again at every try.
    for name in ("asyncua.client", "asyncua.uaprotocol", "asyncua.crypto", "asyncua.common"):
        logging.getLogger(name).setLevel(logging.CRITICAL + 1)
    return OpcUaDriver(endpoint, endpoint.endpoint, tables, state_dir)


class OpcUaDriver:
    """One endpoint: one server at a time, one session, one subscription per source."""

    def __init__(
        self, config: EndpointConfig, endpoint: OpcUaEndpoint, tables: Mapping[str, TagTable], state_dir: Path
    ) -> None:
        self._config = config
        self._endpoint = endpoint
        self._tables = tables
        self._state_dir = state_dir
        self._link: Link | None = None
        self._thumbprint_told = ""

    async def connect(self) -> None:
        """Opens a session on the first of the redundant servers that gives one; raises `LinkLost`."""
        await self.close()
        if self._endpoint.security_policy != "None":
            self._tell_thumbprint(await our_thumbprint(self._state_dir))
        failures: list[LinkLost] = []
        for url in self._endpoint.urls:
            try:
                self._link = await open_link(url, self._config, self._endpoint, self._state_dir)
            except LinkLost as lost:
                failures.append(lost)
                continue
            return
        if len(failures) == 1:
            raise failures[0]
        raise LinkLost(" | ".join(str(lost) for lost in failures), do="None of the redundant servers can be used")

    async def run(self, session: Session) -> None:
        """Reads until the link is lost; raises `LinkLost`."""
        link = self._link
        if link is None:
            raise LinkLost("not connected", self._config.key)
        sources = [OpcUaSource(source, self._tables[source.table], session) for source in self._config.sources]
        with plainly(link.where, "subscribing"):
            for source in sources:
                source.resolve(link.namespaces)
                source.note("server", "; ".join(link.remarks))
            subscriptions, polls = await _start(sources, link)
        tasks: list[Coroutine[Any, Any, None]] = [_until_gone(link), link.keep_channel()]
        if subscriptions:
            tasks.append(_pump({each.id: each for each in subscriptions}, link, session))
            tasks += [_watch(each) for each in subscriptions]
        if polls:
            tasks.append(_poll(polls, link))
        tasks.append(_retry(sources, subscriptions, polls, link))
        await first_failure(tasks)

    async def close(self) -> None:
        """Ends the session and the connection; never raises."""
        link, self._link = self._link, None
        if link is not None:
            await link.close()

    def _tell_thumbprint(self, thumbprint: str) -> None:
        """Before the first try: a server that does not know the certificate yet will refuse it."""
        if thumbprint != self._thumbprint_told:
            self._thumbprint_told = thumbprint
            _log.info(
                "client certificate: put it on the server's trust list",
                endpoint=self._config.key,
                thumbprint=thumbprint,
            )


async def _start(sources: Sequence[OpcUaSource], link: Link) -> tuple[list[Subscription], list[Poll]]:
    subscriptions: list[Subscription] = []
    polls: list[Poll] = []
    for source in sources:
        if source.options.mode != "Poll":
            try:
                subscriptions.append(await subscribe(source, link))
                continue
            except UaStatusCodeError as error:
                if error.code not in _NO_SUBSCRIPTIONS:
                    raise
                source.note("mode", f"the server gives no subscription ({status_text(error.code)}): it is polled")
        source.tell_refusals()
        polls += polls_of(source)
    return subscriptions, polls


async def _until_gone(link: Link) -> None:
    await link.gone.wait()
    raise LinkLost("the server closed the connection", link.where)


async def _pump(subscriptions: Mapping[int, Subscription], link: Link, session: Session) -> None:
    """Keeps publish requests at the server and hands each answer on in the order it arrived."""
    answers: asyncio.Queue[asyncio.Future[Buffer]] = asyncio.Queue()
    acknowledged: list[tuple[int, int]] = []
    wanted = min(len(subscriptions) + 1, _MOST_PUBLISHES)
    out = 0
    with plainly(link.where, "waiting for notifications"):
        while True:
            while out < wanted:
                async with session.request():
                    link.publish(acknowledged).add_done_callback(answers.put_nowait)
                acknowledged.clear()
                out += 1
            answer = await answers.get()
            out -= 1
            try:
                content = publication(link.checked(answer.result()), link.where)
            except UaStatusCodeError as error:
                if error.code == StatusCodes.BadTooManyPublishRequests and wanted > 1:
                    wanted -= 1
                elif error.code != StatusCodes.BadTimeout:
                    raise
                continue
            subscription = subscriptions.get(content.subscription)
            if subscription is not None:
                subscription.take(content)
            if not content.keep_alive:
                acknowledged.append((content.subscription, content.sequence))


async def _watch(subscription: Subscription) -> None:
    while True:
        await asyncio.sleep(subscription.period)
        subscription.tick()


async def _poll(polls: Sequence[Poll], link: Link) -> None:
    for poll in polls:
        poll.encode(link.most_reads)
    schedule = PollSchedule([(poll, poll.name, poll.interval) for poll in polls], start=time.monotonic())
    with plainly(link.where, "reading"):
        while True:
            await asyncio.sleep(max(0.0, schedule.next_due() - time.monotonic()))
            due = schedule.take(time.monotonic())
            source = due.poll.source
            source.session.scheduled(source.name, 1 + due.missed)
            await _within_limits(due.poll, polls, link)
            source.session.succeeded(source.name)


async def _within_limits(poll: Poll, polls: Sequence[Poll], link: Link) -> None:
    """Reads; a server that finds the request too large is asked for less from now on."""
    too_much = (
        StatusCodes.BadTooManyOperations,
        StatusCodes.BadResponseTooLarge,
        StatusCodes.BadEncodingLimitsExceeded,
    )
    while True:
        try:
            return await poll.read(link)
        except UaStatusCodeError as error:
            if error.code not in too_much or link.most_reads == 1:
                raise
        link.most_reads //= 2
        for each in polls:
            each.encode(link.most_reads)


async def _retry(
    sources: Sequence[OpcUaSource], subscriptions: Sequence[Subscription], polls: Sequence[Poll], link: Link
) -> None:
    """Asks again for what was refused: a node may have been added, a right granted, a namespace loaded."""
    watching: dict[str, Callable[[Sequence[int]], Awaitable[None]]] = {
        each.source.name: each.watch_tags for each in subscriptions
    }
    while True:
        await asyncio.sleep(RETRY)
        with plainly(link.where, "asking again for refused tags"):
            for source in sources:
                refused = list(source.refusals)
                if not refused:
                    continue
                async with source.session.request(source.name):
                    await link.learn()
                source.refusals.clear()
                source.resolve(link.namespaces)
                if source.name in watching:
                    await watching[source.name](refused)
                else:
                    source.tell_refusals()
            for poll in polls:
                poll.encode(link.most_reads)
