"""NATS JWT version 2: what an operator, an account and a user are allowed, signed by whoever stands above them.

Header ``{"typ":"JWT","alg":"ed25519-nkey"}``, body, Ed25519 signature, each base64url without padding. Sources: NATS
ADR-14 "JWT library free jwt user generation" (encoding, `jti`), and https://github.com/nats-io/jwt, v2/types.go,
account_claims.go, operator_claims.go, user_claims.go (fields). Times are seconds since 1970 UTC.
"""

import base64
import hashlib
from collections.abc import Mapping
from typing import TypeVar

import msgspec

from brownfield_api.errors import UNDECODABLE
from brownfield_operator.access.keys import public_key, sign

_VERSION = 2
_UNLIMITED = -1
_EVERYTHING = ">"


class Permission(msgspec.Struct, frozen=True, omit_defaults=True):
    """Subjects; an empty `allow` would allow all that is not denied."""

    allow: tuple[str, ...] = ()
    deny: tuple[str, ...] = ()


class DefaultPermissions(msgspec.Struct, frozen=True, kw_only=True):
    """What a user may do whose own JWT says nothing about it."""

    pub: Permission
    sub: Permission


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """An account's limits; -1 is none. Without `disk_storage` an account has no JetStream."""

    subs: int = _UNLIMITED
    data: int = _UNLIMITED
    payload: int = _UNLIMITED
    imports: int = _UNLIMITED
    exports: int = _UNLIMITED
    wildcards: bool = True
    conn: int = _UNLIMITED
    leaf: int = _UNLIMITED
    mem_storage: int = 0
    disk_storage: int = 0
    streams: int = 0
    consumer: int = 0


class Operator(msgspec.Struct, frozen=True, kw_only=True):
    """The part of an operator JWT that is about operators."""

    system_account: str
    type: str = "operator"
    version: int = _VERSION


class Account(msgspec.Struct, frozen=True, kw_only=True):
    """The part of an account JWT that is about accounts. `revocations`: user key, and the time up to which its
    JWTs count no more.
    """

    limits: Limits
    default_permissions: DefaultPermissions
    revocations: Mapping[str, int] = {}
    type: str = "account"
    version: int = _VERSION


class User(msgspec.Struct, frozen=True, kw_only=True):
    """The part of a user JWT that is about users."""

    pub: Permission
    sub: Permission
    subs: int = _UNLIMITED
    data: int = _UNLIMITED
    payload: int = _UNLIMITED
    allowed_connection_types: tuple[str, ...] = ("STANDARD",)
    type: str = "user"
    version: int = _VERSION


class _Claims(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    jti: str = ""
    iat: int = 0
    iss: str
    name: str
    sub: str
    exp: int = 0


class OperatorClaims(_Claims, frozen=True, kw_only=True):
    """A self-signed operator: the broker's root of trust."""

    nats: Operator


class AccountClaims(_Claims, frozen=True, kw_only=True):
    """An account, signed by the operator."""

    nats: Account


class UserClaims(_Claims, frozen=True, kw_only=True):
    """A user, signed by its account."""

    nats: User


Claims = OperatorClaims | AccountClaims | UserClaims
_ClaimsT = TypeVar("_ClaimsT", AccountClaims, UserClaims)

_NOTHING = DefaultPermissions(pub=Permission(deny=(_EVERYTHING,)), sub=Permission(deny=(_EVERYTHING,)))
_JETSTREAM = Limits(mem_storage=_UNLIMITED, disk_storage=_UNLIMITED, streams=_UNLIMITED, consumer=_UNLIMITED)


def operator_jwt(seed: str, *, system_account: str, issued: int) -> str:
    """The operator, signed by itself."""
    key = public_key(seed)
    return encode(
        OperatorClaims(iss=key, sub=key, name="brownfield", iat=issued, nats=Operator(system_account=system_account)),
        seed,
    )


def account_jwt(operator_seed: str, *, account: str, issued: int, revocations: Mapping[str, int]) -> str:
    """The account all components share, with JetStream; a user without permissions of its own may do nothing."""
    nats = Account(limits=_JETSTREAM, default_permissions=_NOTHING, revocations=dict(revocations))
    return _account(operator_seed, account=account, name="brownfield", issued=issued, nats=nats)


def system_account_jwt(operator_seed: str, *, account: str, issued: int) -> str:
    """The account in which the broker takes orders about accounts."""
    nats = Account(limits=Limits(), default_permissions=_NOTHING)
    return _account(operator_seed, account=account, name="SYS", issued=issued, nats=nats)


def user_jwt(
    account_seed: str, *, user: str, name: str, publish: tuple[str, ...], subscribe: tuple[str, ...], issued: int,
    expires: int,
) -> str:  # fmt: skip
    """A user that may publish and subscribe to these subjects (wildcards allowed) until `expires`."""
    nats = User(pub=_permission(publish), sub=_permission(subscribe))
    claims = UserClaims(iss=public_key(account_seed), sub=user, name=name, iat=issued, exp=expires, nats=nats)
    return encode(claims, account_seed)


def encode(claims: Claims, seed: str) -> str:
    """The JWT of `claims`, signed with `seed`; the same claims give the same text."""
    body = msgspec.json.encode(msgspec.structs.replace(claims, jti=""))
    digest = hashlib.new("sha512_256", body).digest()
    named = msgspec.structs.replace(claims, jti=base64.b32encode(digest).rstrip(b"=").decode())
    header = _text(b'{"typ":"JWT","alg":"ed25519-nkey"}')
    signed = f"{header}.{_text(msgspec.json.encode(named))}"
    return f"{signed}.{_text(sign(seed, signed.encode()))}"


def account_claims(jwt: str, operator_seed: str) -> AccountClaims | None:
    """What an account JWT says, None unless the operator signed it."""
    return _decode(jwt, operator_seed, AccountClaims)


def user_claims(jwt: str, account_seed: str) -> UserClaims | None:
    """What a user JWT says, None unless the account signed it."""
    return _decode(jwt, account_seed, UserClaims)


def _account(operator_seed: str, *, account: str, name: str, issued: int, nats: Account) -> str:
    claims = AccountClaims(iss=public_key(operator_seed), sub=account, name=name, iat=issued, nats=nats)
    return encode(claims, operator_seed)


def _permission(subjects: tuple[str, ...]) -> Permission:
    return Permission(allow=subjects) if subjects else Permission(deny=(_EVERYTHING,))


def _decode(jwt: str, seed: str, kind: type[_ClaimsT]) -> _ClaimsT | None:
    """Ed25519 signs the same content the same way: who holds the seed verifies by signing again."""
    signed, _, signature = jwt.rpartition(".")
    if signature != _text(sign(seed, signed.encode())):
        return None
    body = signed.partition(".")[2]
    try:
        return msgspec.json.decode(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)), type=kind)
    except (ValueError, *UNDECODABLE):
        return None


def _text(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()
