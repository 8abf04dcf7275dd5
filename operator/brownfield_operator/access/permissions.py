"""What each process may do on the spine, and nothing else: publish its own subjects, ask for what it reads.

Pure. The requests are those `brownfield_spine` makes; `docs/spine-access.md` lists them and says what is wider than
one would like, and why. A subscription is only ever to the private inbox: messages of a stream come to it because a
consumer was asked for, and that request names stream and subjects.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from brownfield_api.adapter_config import AdapterConfig
from brownfield_api.errors import BrownfieldError
from brownfield_api.pipeline_config import PipelineConfig
from brownfield_api.process import ProcessConfig
from brownfield_api.subjects import (
    ASSET_STREAM,
    HEALTH_BUCKET,
    LEVEL_BUCKET,
    QUARANTINE_STREAM,
    RAW_STREAM,
    STREAM_SUBJECTS,
    TABLE_BUCKET,
    health_key,
)
from brownfield_api.twin_config import TwinConfig

_API = "$JS.API"
_HEALTH_STREAM = f"KV_{HEALTH_BUCKET}"
_LEVEL_STREAM = f"KV_{LEVEL_BUCKET}"
_TABLE_STREAM = f"OBJ_{TABLE_BUCKET}"
_TABLE_CHUNKS = f"$O.{TABLE_BUCKET}.C.*"
_TABLE_NAMES = f"$O.{TABLE_BUCKET}.M.*"
_STREAMS = (RAW_STREAM, ASSET_STREAM, QUARANTINE_STREAM, _TABLE_STREAM, _HEALTH_STREAM, _LEVEL_STREAM)
_TOKEN = re.compile(r"[A-Za-z0-9_-]+")


@dataclass(frozen=True, slots=True)
class Permissions:
    """Subjects, wildcards included, that a user may publish to and subscribe to; sorted, each once."""

    publish: tuple[str, ...]
    subscribe: tuple[str, ...]


def process_permissions(config: ProcessConfig) -> Permissions:
    """What the process with this configuration needs. Raises `BrownfieldError` if a name is no single token."""
    who = _tokens(config.kind, config.namespace, config.name)
    match config:
        case AdapterConfig():
            own = _adapter(config)
        case PipelineConfig():
            own = _pipeline(config)
        case TwinConfig():
            own = _twin(config)
        case _:
            raise BrownfieldError(
                f"is of no kind that has rights on the spine: {config.kind}", f"process {config.name}"
            )
    return _permissions([_health(*who), *own], ".".join(who))


def operator_permissions(replica: str) -> Permissions:
    """What the operator needs: make and adjust streams, empty what nobody owns any more, read all health records,
    keep the books of service levels.
    `replica` is the name of its pod: each has an inbox of its own.
    """
    streams = [
        f"{_API}.{verb}.{stream}"
        for stream in _STREAMS
        for verb in ("STREAM.INFO", "STREAM.CREATE", "STREAM.UPDATE", "STREAM.PURGE")
    ]
    read = [
        *_read(_HEALTH_STREAM, [f"$KV.{HEALTH_BUCKET}.>"]),
        *_read(_LEVEL_STREAM, [f"$KV.{LEVEL_BUCKET}.>"]),
    ]
    books = (f"$KV.{LEVEL_BUCKET}.*", f"$KV.{HEALTH_BUCKET}.levels.*.*")
    return _permissions([*streams, *read, *books], ".".join(("operator", *_tokens(replica))))


def _adapter(config: AdapterConfig) -> Iterable[str]:
    sources = (source for endpoint in config.endpoints for source in endpoint.sources)
    for source in sources:
        yield from _write(RAW_STREAM, source.subject)
    yield from _write_tables()


def _pipeline(config: PipelineConfig) -> Iterable[str]:
    yield from _write(ASSET_STREAM, config.output_subject)
    yield from _write(QUARANTINE_STREAM, config.quarantine_subject)
    yield from _read(RAW_STREAM, [_subject(RAW_STREAM, source.subject) for source in config.sources])
    yield from _write_tables()


def _twin(config: TwinConfig) -> Iterable[str]:
    subjects = [_subject(ASSET_STREAM, item.subject) for item in config.inputs]
    yield from _read(ASSET_STREAM, subjects)
    for subject in subjects:
        yield from _last(ASSET_STREAM, subject)
    yield from _read_tables()
    yield from _read(_HEALTH_STREAM, [_health("*", config.namespace, "*")])


def _write(stream: str, subject: str) -> Iterable[str]:
    """Publish, and ask what the subject holds after a doubt (`brownfield_spine.chain`)."""
    yield _subject(stream, subject)
    yield from _last(stream, subject)


def _last(stream: str, subject: str) -> Iterable[str]:
    """A consumer that begins with the subject's last message (`brownfield_spine.held`)."""
    yield from _consume(stream, [subject])


def _health(kind: str, namespace: str, name: str) -> str:
    return f"$KV.{HEALTH_BUCKET}.{health_key(kind, namespace, name)}"


def _read(stream: str, subjects: Sequence[str]) -> Iterable[str]:
    """Consumers, and the stream's identity, by which a reader knows that its position means nothing any more."""
    if subjects:
        yield from _consume(stream, subjects)
        yield f"{_API}.STREAM.INFO.{stream}"


def _consume(stream: str, subjects: Sequence[str]) -> Iterable[str]:
    """Consumers (`brownfield_spine.feed`), their flow control and removal.

    One subject stands in the request, `$JS.API.CONSUMER.CREATE.<stream>.<consumer>.<filter>` (nats-server 2.9,
    jetstream_api.go, JSApiConsumerCreateEx); several stand in its body, where no permission reaches.
    """
    only = f".{subjects[0]}" if len(subjects) == 1 else ""
    yield f"{_API}.CONSUMER.CREATE.{stream}.*{only}"
    yield f"{_API}.CONSUMER.DELETE.{stream}.*"
    yield f"$JS.FC.{stream}.>"


def _read_tables() -> Iterable[str]:
    """Tables by hash (`brownfield_spine.tables`, nats-py's object store).

    No direct get, narrow as it is: its answer is a message as somebody wrote it, and goes to whatever subject the
    asker names as reply, permitted or not. That way anybody could write batches of anybody.
    """
    yield f"{_API}.STREAM.NAMES"
    yield f"{_API}.STREAM.MSG.GET.{_TABLE_STREAM}"
    yield f"{_API}.CONSUMER.CREATE.{_TABLE_STREAM}.*.{_TABLE_CHUNKS}"
    yield f"$JS.FC.{_TABLE_STREAM}.>"


def _write_tables() -> Iterable[str]:
    """Any name: a journal may still hold batches of a table that the configuration no longer has."""
    yield _TABLE_CHUNKS
    yield _TABLE_NAMES
    yield from _read_tables()


def _permissions(publish: Iterable[str], inbox: str) -> Permissions:
    return Permissions(tuple(sorted(set(publish))), (f"_INBOX.{inbox}.>",))


def _subject(stream: str, subject: str) -> str:
    """The subject, if it is one of the stream's and no wider than itself."""
    prefix = STREAM_SUBJECTS[stream].removesuffix(">")
    _tokens(*subject.split("."))
    if not subject.startswith(prefix):
        raise BrownfieldError(f"{subject!r} is none of {stream}'s subjects", "spine", f"It must begin with {prefix}")
    return subject


def _tokens(*tokens: str) -> tuple[str, ...]:
    """The tokens, if each is one: a name that could widen a subject must never get this far."""
    for token in tokens:
        if not _TOKEN.fullmatch(token):
            raise BrownfieldError(f"{token!r} cannot be part of a subject", "spine", "Letters, digits, - and _ only")
    return tokens
