"""Who a process is to the spine: one line `user:password`, or a NATS creds file (a user JWT and its seed).

The file is read anew at every attempt to connect, so that whoever rotates it need tell nobody. With a JWT all
answers to a process come to a private inbox: the prefix is the one inbox its own JWT lets it subscribe to.
"""

import base64
import re
from dataclasses import dataclass
from pathlib import Path

import msgspec
import nkeys  # type: ignore[import-untyped]  # ships no annotations

from brownfield_api.errors import UNDECODABLE, BrownfieldError

_INBOX = "_INBOX."
_DECORATED = re.compile(r"-{3,}BEGIN ([A-Z ]+?)-{3,}\s+([\w\-.=]+)\s+-{3,}END \1-{3,}")
_JWT, _SEED = "NATS USER JWT", "USER NKEY SEED"


@dataclass(frozen=True, slots=True)
class Password:
    """A user of a broker that knows its users."""

    user: str
    password: str


@dataclass(frozen=True, slots=True)
class UserJwt:
    """A user that brings its rights along: a JWT signed by an account the broker trusts, and the user's own seed."""

    jwt: str
    seed: str

    @property
    def inbox(self) -> str:
        """Prefix of the private inbox the JWT allows, without its last dot; nats-py's default if it names none."""
        allowed = _claims(self.jwt).nats.sub.allow
        own = (subject.removesuffix(".>") for subject in allowed if subject.startswith(_INBOX))
        return next(own, _INBOX.removesuffix("."))

    def sign(self, nonce: str) -> bytes:
        """The broker's nonce signed with the seed, base64: the proof that the JWT is ours."""
        return base64.b64encode(nkeys.from_seed(self.seed.encode()).sign(nonce.encode()))

    def file(self) -> str:
        """The text of a creds file, as the NATS tools write and read it."""
        return (
            f"-----BEGIN {_JWT}-----\n{self.jwt}\n------END {_JWT}------\n\n"
            f"-----BEGIN {_SEED}-----\n{self.seed}\n------END {_SEED}------\n"
        )


Credentials = Password | UserJwt


class _Permission(msgspec.Struct, frozen=True):
    allow: tuple[str, ...] = ()


class _User(msgspec.Struct, frozen=True):
    sub: _Permission = _Permission()


class _Claims(msgspec.Struct, frozen=True):
    nats: _User


def read_credentials(path: Path) -> Credentials:
    """The credentials in a file; raises `BrownfieldError`, or `OSError` if it cannot be read."""
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise _damaged(f"file {path}") from error
    return parse_credentials(text, where=f"file {path}")


def parse_credentials(text: str, *, where: str) -> Credentials:
    """The credentials in `text`; raises `BrownfieldError` naming `where` if they are neither of the two kinds."""
    parts = {match[1]: match[2] for match in _DECORATED.finditer(text)}
    if parts:
        return _user_jwt(parts, where)
    user, colon, password = text.strip().partition(":")
    if not colon or "\n" in password:
        raise _damaged(where)
    return Password(user, password)


def _user_jwt(parts: dict[str, str], where: str) -> UserJwt:
    found = UserJwt(parts.get(_JWT, ""), parts.get(_SEED, ""))
    try:
        _claims(found.jwt)
        nkeys.from_seed(found.seed.encode())
    except (*UNDECODABLE, ValueError, IndexError, nkeys.NkeysError) as error:
        raise _damaged(where) from error
    return found


def _claims(jwt: str) -> _Claims:
    payload = jwt.split(".")[1]
    return msgspec.json.decode(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)), type=_Claims)


def _damaged(where: str) -> BrownfieldError:
    return BrownfieldError(
        "holds no credentials",
        where=where,
        do="It must be one line `user:password`, or a NATS creds file with a user JWT and its seed",
    )
