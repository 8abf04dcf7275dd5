"""The credentials of one process: issued, looked at, renewed. Pure: time and randomness are arguments.

A process keeps its user key for as long as its Secret lives, so that a renewal is nothing but a newer JWT. Times are
seconds since 1970 UTC.
"""

from collections.abc import Callable
from enum import Enum

from brownfield_api.errors import BrownfieldError
from brownfield_operator.access.claims import UserClaims, user_claims, user_jwt
from brownfield_operator.access.keys import KeyKind, is_seed, new_seed, public_key
from brownfield_operator.access.permissions import Permissions
from brownfield_operator.access.trust import DAY, VALIDITY, Trust
from brownfield_spine.credentials import UserJwt, parse_credentials

RENEWAL = 60 * DAY
"""Age in seconds at which a JWT is renewed, long before it ends: the operator may be away for the rest."""

LONGEST = 512 * 1024
"""Bytes of credentials that fit into the broker's CONNECT and into a Secret beside others."""


class Due(Enum):
    """Whether to issue again. REISSUE: what is there does not fit, and waiting is no choice."""

    NO = "no"
    RENEW = "renew"
    REISSUE = "reissue"


def issue(
    trust: Trust,
    name: str,
    permissions: Permissions,
    *,
    now: int,
    random: Callable[[int], bytes],
    previous: str = "",
) -> str:
    """The creds file of the process `name`; it keeps the user key of `previous` (an earlier one, or "").

    Raises `BrownfieldError` if it would be too large for the broker.
    """
    seed = _seed(previous) or new_seed(KeyKind.USER, random)
    jwt = user_jwt(
        trust.account_seed,
        user=public_key(seed),
        name=name,
        publish=permissions.publish,
        subscribe=permissions.subscribe,
        issued=now,
        expires=now + VALIDITY,
    )
    text = UserJwt(jwt, seed).file()
    if len(text) > LONGEST:
        raise BrownfieldError(
            f"names {len(permissions.publish)} subjects: its credentials are too large ({len(text)} bytes)",
            f"process {name}",
            "Split the group",
        )
    return text


def due(creds: str, trust: Trust, permissions: Permissions, *, now: int) -> Due:
    """Whether `creds` ("" if there are none) has to be issued again for these permissions."""
    claims = _claims(creds, trust)
    if claims is None or _permissions(claims) != permissions or now >= claims.exp or _is_revoked(claims, trust):
        return Due.REISSUE
    return Due.RENEW if now >= claims.iat + RENEWAL else Due.NO


def user_of(creds: str) -> str:
    """The user's public key, what a revocation names; "" if the text is damaged."""
    seed = _seed(creds)
    return public_key(seed) if seed else ""


def _seed(creds: str) -> str:
    found = _parse(creds)
    return found.seed if found else ""


def _claims(creds: str, trust: Trust) -> UserClaims | None:
    found = _parse(creds)
    claims = user_claims(found.jwt, trust.account_seed) if found else None
    return claims if found and claims and claims.sub == public_key(found.seed) else None


def _parse(creds: str) -> UserJwt | None:
    try:
        found = parse_credentials(creds, where="credentials")
    except BrownfieldError:
        return None
    return found if isinstance(found, UserJwt) and is_seed(found.seed, KeyKind.USER) else None


def _permissions(claims: UserClaims) -> Permissions:
    return Permissions(claims.nats.pub.allow, claims.nats.sub.allow)


def _is_revoked(claims: UserClaims, trust: Trust) -> bool:
    return claims.iat <= trust.revocations.get(claims.sub, -1)
