"""Acknowledged publishing, lean enough for hundreds of writers on one connection.

`js.publish` makes a unique inbox, a lambda and a waiting task per message. Here all acknowledgements
come back on one subscription whose last token is a counter. Every outcome a writer must tell
apart has its own exception; see `brownfield_spine.writer` for what each means.
"""

import asyncio
from collections.abc import Mapping

import msgspec
from nats import errors
from nats.aio.client import Client
from nats.aio.msg import Msg

from brownfield_api.errors import SpineUnavailable

EXPECTED_LAST = "Nats-Expected-Last-Subject-Sequence"
"""Header by which a publish is refused unless the subject's last message has this stream sequence."""

_WRONG_LAST_SEQUENCE = (10071, 10164)  # nats-server errors.json: JSStreamWrongLastSequenceErrF, …ConstantErr


class WrongLastSequence(Exception):
    """The subject's last message is not the one the writer expected."""


class Unanswered(SpineUnavailable):
    """No acknowledgement came: the message may or may not be stored."""


class NotStored(SpineUnavailable):
    """The spine said that it did not store the message; `what` says why."""


class _ApiError(msgspec.Struct, frozen=True):
    code: int = 0
    err_code: int = 0
    description: str = ""


class _Acknowledgement(msgspec.Struct, frozen=True):
    seq: int = 0
    error: _ApiError | None = None


_decode = msgspec.json.Decoder(_Acknowledgement).decode


class Publisher:
    """Publishes and matches acknowledgements; shared by all writers of a connection."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._inbox = ""
        self._waiting: dict[str, asyncio.Future[Msg]] = {}
        self._count = 0

    async def start(self) -> None:
        """Listen for acknowledgements; once, as soon as the client is connected."""
        self._inbox = self._client.new_inbox()
        await self._client.subscribe(f"{self._inbox}.*", cb=self._answered)

    async def publish(self, subject: str, payload: bytes, headers: Mapping[str, str], *, timeout: float) -> int:
        """Store one message and return its stream sequence.

        Raises `WrongLastSequence`, `NotStored`, or `Unanswered` after `timeout` seconds or when disconnected.
        """
        self._count += 1
        token = str(self._count)
        answer: asyncio.Future[Msg] = asyncio.get_running_loop().create_future()
        self._waiting[token] = answer
        try:
            async with asyncio.timeout(timeout):
                await self._client.publish(subject, payload, reply=f"{self._inbox}.{token}", headers=dict(headers))
                message = await answer
        except (TimeoutError, errors.Error, OSError) as error:
            raise Unanswered(f"no acknowledgement ({type(error).__name__})", where=subject) from error
        finally:
            del self._waiting[token]
        return _sequence(message, subject)

    def disconnected(self) -> None:
        """Tell everybody who waits that no answer will come any more."""
        for answer in self._waiting.values():
            if not answer.done():
                answer.set_exception(errors.ConnectionClosedError())

    async def _answered(self, message: Msg) -> None:
        answer = self._waiting.get(message.subject.rpartition(".")[2])
        if answer is not None and not answer.done():
            answer.set_result(message)


def _sequence(message: Msg, subject: str) -> int:
    if not message.data:
        raise NotStored("no stream takes this subject, or JetStream is down", where=subject)
    acknowledgement = _decode(message.data)
    error = acknowledgement.error
    if error is None:
        return acknowledgement.seq
    if error.err_code in _WRONG_LAST_SEQUENCE:
        raise WrongLastSequence
    raise NotStored(f"{error.description} (error {error.err_code})", where=subject)
