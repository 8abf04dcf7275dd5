"""What a subject already holds: the last message's place, read back after every doubt.

A writer that was restarted, refused or left without an answer asks here before it goes on. The
request goes to the stream's leader (not a direct get), so that it sees every stored message. The headers are
parsed here because nats-py hands non-ASCII header values of such messages over undecoded.
"""

import base64
from dataclasses import dataclass

import msgspec
from nats import errors

from brownfield_api.errors import CorruptBatch, SpineUnavailable
from brownfield_api.header import BatchHeader, from_message_headers
from brownfield_spine.connection import REQUEST_TIMEOUT, Spine

_NO_MESSAGE = 10037  # nats-server errors.json: JSNoMessageFoundErr


@dataclass(frozen=True, slots=True)
class Held:
    """The last message of a subject: its stream sequence, and its header if that can be read."""

    stream_seq: int
    header: BatchHeader | None

    @property
    def place(self) -> tuple[int, int]:
        """(epoch, seq), (0, 0) if the header is not one of ours."""
        return (self.header.epoch, self.header.seq) if self.header else (0, 0)


class _Message(msgspec.Struct, frozen=True):
    seq: int
    hdrs: str = ""


class _Error(msgspec.Struct, frozen=True):
    err_code: int = 0
    description: str = ""


class _Answer(msgspec.Struct, frozen=True):
    message: _Message | None = None
    error: _Error | None = None


async def last_held(spine: Spine, *, stream: str, subject: str) -> Held | None:
    """The last message on `subject`, None if there is none; raises `SpineUnavailable` if nobody can say."""
    request = msgspec.json.encode({"last_by_subj": subject})
    try:
        reply = await spine.nc.request(f"$JS.API.STREAM.MSG.GET.{stream}", request, timeout=REQUEST_TIMEOUT)
        answer = msgspec.json.decode(reply.data, type=_Answer)
    except (errors.Error, OSError, msgspec.MsgspecError) as error:
        raise SpineUnavailable(f"no answer ({type(error).__name__})", where=f"stream {stream}") from error
    if answer.message is not None:
        return Held(answer.message.seq, _header(base64.b64decode(answer.message.hdrs)))
    if answer.error is not None and answer.error.err_code == _NO_MESSAGE:
        return None
    raise SpineUnavailable(answer.error.description if answer.error else "empty answer", where=f"stream {stream}")


def _header(raw: bytes) -> BatchHeader | None:
    lines = raw.decode("utf-8", "replace").split("\r\n")[1:]
    pairs = (line.partition(":") for line in lines if line)
    try:
        return from_message_headers({name.strip(): value.strip() for name, _, value in pairs})
    except CorruptBatch:
        return None
