"""NATS keys (nkeys): Ed25519 pairs whose text says what they are for.

A seed begins with S and the kind, a public key with the kind: O operator, A account, U user. Source: NATS nkeys,
https://github.com/nats-io/nkeys, README "Encoding"; the same is told in NATS ADR-14.
"""

from collections.abc import Callable
from enum import Enum

import nkeys  # type: ignore[import-untyped]  # ships no annotations

_SEED_BYTES = 32


class KeyKind(Enum):
    """What a key is for; the value is the byte nkeys encodes it with."""

    OPERATOR = nkeys.PREFIX_BYTE_OPERATOR
    ACCOUNT = nkeys.PREFIX_BYTE_ACCOUNT
    USER = nkeys.PREFIX_BYTE_USER


def new_seed(kind: KeyKind, random: Callable[[int], bytes]) -> str:
    """A new seed; `random` gives that many unpredictable bytes (`secrets.token_bytes`)."""
    seed: bytes = nkeys.encode_seed(random(_SEED_BYTES), kind.value)
    return seed.decode()


def public_key(seed: str) -> str:
    """The public key of a seed."""
    key: bytes = nkeys.from_seed(seed.encode()).public_key
    return key.decode()


def sign(seed: str, content: bytes) -> bytes:
    """Ed25519 signature, 64 bytes; the same for the same content."""
    signature: bytes = nkeys.from_seed(seed.encode()).sign(content)
    return signature


def is_seed(text: str, kind: KeyKind) -> bool:
    """Whether `text` is a whole, undamaged seed of that kind."""
    try:
        found, raw = nkeys.decode_seed(text.encode())
    except (ValueError, nkeys.NkeysError):
        return False
    # decode_seed looks at the first bytes only; encoding again compares the checksum too.
    return bool(found == kind.value and len(raw) == _SEED_BYTES and nkeys.encode_seed(raw, found) == text.encode())
