"""The root of trust of one spine: three seeds, and the account with its revocations.

The broker is told the public half (`trust_conf`), the operator keeps the seeds in a Secret. From then on every user
is made by signing, and the broker needs no reload for it; only a revocation is news that must be pushed.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Self

from brownfield_api.errors import BrownfieldError
from brownfield_operator.access.claims import account_claims, account_jwt, operator_jwt, system_account_jwt
from brownfield_operator.access.keys import KeyKind, is_seed, new_seed, public_key

DAY = 86400
VALIDITY = 90 * DAY
"""Seconds a user's JWT is valid."""

RESOLVER_DIR = "/data/accounts"
"""Where the spine keeps the newest account it was pushed; on its volume, so that it survives a restart."""

TRUST_CONF = "trust.conf"
"""Key of the Secret: the fragment of the broker's configuration, the only part the broker may see."""

_CONTROL_LINE = 1024 * 1024
"""Longest CONNECT the broker takes, in bytes. It holds the user JWT: the default, 4096, ends at a few dozen sources."""

_CREATED = "created"
_OPERATOR, _ACCOUNT, _SYSTEM = "operator.seed", "account.seed", "system.seed"
_ACCOUNT_JWT = "account.jwt"


@dataclass(frozen=True, slots=True, kw_only=True)
class Trust:
    """All secrets of a spine's accounts. Times are seconds since 1970 UTC; `issued` is the account's, and grows with
    every change of `revocations` (user key, and the time up to which its JWTs count no more).
    """

    operator_seed: str = field(repr=False)
    account_seed: str = field(repr=False)
    system_seed: str = field(repr=False)
    created: int
    issued: int
    revocations: Mapping[str, int] = field(default_factory=dict)

    @property
    def account(self) -> str:
        """Public key of the account all components share."""
        return public_key(self.account_seed)

    @property
    def account_jwt(self) -> str:
        """The account as the broker has to know it."""
        return account_jwt(self.operator_seed, account=self.account, issued=self.issued, revocations=self.revocations)

    def revoke(self, users: Mapping[str, int], *, now: int) -> Self:
        """JWTs of these users (public key) that were issued up to the given time count no more.

        What is older than any JWT that could still be valid is forgotten. Push the account afterwards.
        """
        newest = {**self.revocations, **{user: max(at, self.revocations.get(user, 0)) for user, at in users.items()}}
        kept = {user: at for user, at in sorted(newest.items()) if at > now - VALIDITY}
        return self if kept == self.revocations else replace(self, revocations=kept, issued=max(now, self.issued + 1))

    def secret_data(self, resolver_dir: str = RESOLVER_DIR) -> dict[str, str]:
        """The Secret's content, as text by key."""
        return {
            _OPERATOR: self.operator_seed,
            _ACCOUNT: self.account_seed,
            _SYSTEM: self.system_seed,
            _CREATED: str(self.created),
            _ACCOUNT_JWT: self.account_jwt,
            TRUST_CONF: trust_conf(self, resolver_dir),
        }

    @classmethod
    def from_secret_data(cls, data: Mapping[str, str], *, where: str) -> Self:
        """The trust in a Secret's content; raises `BrownfieldError` if anything of it is missing or damaged."""
        seeds = {key: data.get(key, "") for key in (_OPERATOR, _ACCOUNT, _SYSTEM)}
        for key, seed in seeds.items():
            if not is_seed(seed, KeyKind.OPERATOR if key == _OPERATOR else KeyKind.ACCOUNT):
                raise _damaged(f"{key} is {'damaged' if seed else 'missing'}", where)
        claims = account_claims(data.get(_ACCOUNT_JWT, ""), seeds[_OPERATOR])
        if claims is None or claims.sub != public_key(seeds[_ACCOUNT]):
            raise _damaged(f"{_ACCOUNT_JWT} is not this account's", where)
        if not data.get(_CREATED, "").isdecimal():
            raise _damaged(f"{_CREATED} is no time", where)
        return cls(
            operator_seed=seeds[_OPERATOR],
            account_seed=seeds[_ACCOUNT],
            system_seed=seeds[_SYSTEM],
            created=int(data[_CREATED]),
            issued=claims.iat,
            revocations=claims.nats.revocations,
        )


def new_trust(random: Callable[[int], bytes], *, now: int) -> Trust:
    """A root of trust nobody had before; `random` gives that many unpredictable bytes."""
    return Trust(
        operator_seed=new_seed(KeyKind.OPERATOR, random),
        account_seed=new_seed(KeyKind.ACCOUNT, random),
        system_seed=new_seed(KeyKind.ACCOUNT, random),
        created=now,
        issued=now,
    )


def trust_conf(trust: Trust, resolver_dir: str = RESOLVER_DIR) -> str:
    """What the broker's configuration includes: whom it trusts, the account as it is, where it keeps a newer one.

    The account pushed last wins, be it in `resolver_dir` or here (nats-server compares when they were issued).
    Nobody without a JWT gets in: there is no user that needs none.
    """
    system = public_key(trust.system_seed)
    operator = operator_jwt(trust.operator_seed, system_account=system, issued=trust.created)
    system_jwt = system_account_jwt(trust.operator_seed, account=system, issued=trust.created)
    return f"""\
# Written by the operator; the seeds that belong to it are in the same Secret.
max_control_line: {_CONTROL_LINE}
operator: "{operator}"
system_account: "{system}"
resolver: {{
  type: full
  dir: "{resolver_dir}"
  allow_delete: false
}}
resolver_preload: {{
  "{system}": "{system_jwt}"
  "{trust.account}": "{trust.account_jwt}"
}}
"""


def _damaged(what: str, where: str) -> BrownfieldError:
    return BrownfieldError(
        what,
        where=where,
        do="Restore the Secret from a backup, or delete it, empty the spine's volume and restart the spine: the "
        "operator makes a new Secret and all components get new credentials; what was stored was of another account",
    )
