"""Telling the running broker about a revocation: the account, signed anew, over `$SYS.REQ.CLAIMS.UPDATE`.

The broker disconnects whom the new account revokes and keeps the account in its resolver's folder, so neither a
reload nor a restart is needed. Source: docs.nats.io, "NATS Based Resolver", and nats-server's accounts.go.
"""

from collections.abc import Callable, Sequence

import msgspec
from nats import errors
from nats.aio.client import Client

from brownfield_api.errors import UNDECODABLE, SpineUnavailable
from brownfield_operator.access.claims import user_jwt
from brownfield_operator.access.keys import KeyKind, new_seed, public_key
from brownfield_operator.access.trust import Trust
from brownfield_spine.credentials import UserJwt

_UPDATE = "$SYS.REQ.CLAIMS.UPDATE"
_INBOX = "_INBOX.claims"
_SECONDS = 5
_VALIDITY = 300


class _Data(msgspec.Struct, frozen=True):
    code: int = 0
    message: str = ""


class _Error(msgspec.Struct, frozen=True):
    code: int = 0
    description: str = ""


class _Answer(msgspec.Struct, frozen=True):
    data: _Data | None = None
    error: _Error | None = None


async def push_account(servers: Sequence[str], trust: Trust, *, now: int, random: Callable[[int], bytes]) -> None:
    """Give the broker the account as it is in `trust`; returns when the broker has taken it.

    The order is given by a user of the system account that may do nothing else and lives for minutes. Raises
    `SpineUnavailable`: nobody answered, or the broker refused; try again.
    """
    where = ", ".join(servers)
    try:
        answer = msgspec.json.decode(await _request(servers, trust, now, random), type=_Answer)
    except (errors.Error, OSError, TimeoutError, *UNDECODABLE) as error:
        raise SpineUnavailable(f"does not take the account ({str(error) or type(error).__name__})", where) from error
    if answer.error is not None or answer.data is None or answer.data.code != 200:
        said = answer.error.description if answer.error else "an answer without a result"
        raise SpineUnavailable(f"does not take the account: {said}", where, "Does it run with this trust.conf?")


async def _request(servers: Sequence[str], trust: Trust, now: int, random: Callable[[int], bytes]) -> bytes:
    user = _claims_user(trust, now, random)
    client = Client()
    try:
        await client.connect(
            servers=list(servers),
            name="operator.claims",
            user_jwt_cb=lambda: bytearray(user.jwt.encode()),
            signature_cb=user.sign,
            inbox_prefix=user.inbox,
            allow_reconnect=False,
            max_reconnect_attempts=1,  # nats-py tries the first time, too, that often plus one, and waits meanwhile
            reconnect_time_wait=0,
            connect_timeout=_SECONDS,
            error_cb=_ignore,
        )
        reply = await client.request(_UPDATE, trust.account_jwt.encode(), timeout=_SECONDS)
        return reply.data
    finally:
        await client.close()


def _claims_user(trust: Trust, now: int, random: Callable[[int], bytes]) -> UserJwt:
    seed = new_seed(KeyKind.USER, random)
    jwt = user_jwt(
        trust.system_seed,
        user=public_key(seed),
        name="operator.claims",
        publish=(_UPDATE,),
        subscribe=(f"{_INBOX}.>",),
        issued=now,
        expires=now + _VALIDITY,
    )
    return UserJwt(jwt, seed)


async def _ignore(_: Exception) -> None:
    """Whatever goes wrong is raised by the call that needed it; nats-py would log it a second time."""
