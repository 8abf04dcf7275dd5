"""The spine as somebody meets it who has credentials of ours, of a neighbour, or none."""

import asyncio
import base64
import re
import secrets
import subprocess
import time
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from hack.cluster.kubectl import Kubectl
from hack.cluster_demo.deployment import SYSTEM
from nats.aio.client import Client
from nats.errors import Error
from tests.api_server.admin import Admin, Json

from brownfield_operator import names
from brownfield_operator.access.claims import user_jwt
from brownfield_operator.access.keys import KeyKind, new_seed, public_key
from brownfield_operator.access.trust import Trust
from brownfield_spine.credentials import UserJwt, parse_credentials

TRUST = "brownfield-spine-trust"
_SECONDS = 10
_REFUSAL_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class Door:
    """The spine's port on this machine, whatever the provider of the cluster, through `kubectl port-forward`."""

    kubectl: Kubectl
    folder: Path

    @contextmanager
    def open(self) -> Iterator[str]:
        """A URL for one connection: when the spine resets one, `kubectl port-forward` ends."""
        command = [str(self.kubectl.program), f"--kubeconfig={self.kubectl.kubeconfig}", "--namespace", SYSTEM]
        errors = self.folder / "port-forward.log"
        with (
            errors.open("wb") as said,
            subprocess.Popen(
                [*command, "port-forward", "service/brownfield-spine", ":4222"],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=said,
                text=True,
            ) as forward,
        ):
            try:
                assert forward.stdout is not None
                found = re.search(r"127\.0\.0\.1:(\d+)", forward.stdout.readline())
                assert found, errors.read_text()
                yield f"nats://127.0.0.1:{found[1]}"
            finally:
                forward.terminate()


@dataclass(slots=True)
class Knock:
    """A connection, and what the spine said against what was done with it."""

    client: Client
    refusals: list[str] = field(default_factory=list)

    async def refused(self, subject: str) -> bool:
        """Whether the spine forbids publishing to the subject; it is given two seconds to say so."""
        before, deadline = len(self.refusals), time.monotonic() + _REFUSAL_SECONDS
        await self.client.publish(subject, b"forged")
        await self.client.flush(_SECONDS)
        while time.monotonic() < deadline:
            if any(f'violation for publish to "{subject}"'.lower() in text.lower() for text in self.refusals[before:]):
                return True
            await asyncio.sleep(0.02)
        return False


@asynccontextmanager
async def knock(door: Door, credentials: str = "") -> AsyncIterator[Knock]:
    """Connects once with the text of a creds file, or as nobody. Raises what nats-py raises when it is refused."""
    client = Client()
    made = Knock(client)

    async def failed(error: Exception) -> None:
        made.refusals.append(str(error))

    options: dict[str, object] = {}
    if credentials:
        user = parse_credentials(credentials, where="credentials")
        assert isinstance(user, UserJwt)
        jwt = user.jwt
        options = {
            "user_jwt_cb": lambda: bytearray(jwt.encode()), "signature_cb": user.sign, "inbox_prefix": user.inbox,
        }  # fmt: skip
    with door.open() as url:
        try:
            await client.connect(
            servers=[url], error_cb=failed, allow_reconnect=False, max_reconnect_attempts=1, reconnect_time_wait=0,
            connect_timeout=_SECONDS, **options,  # type: ignore[arg-type]  # a dictionary of differing types
        )  # fmt: skip
            yield made
        finally:
            await client.close()


async def await_refusal(door: Door, credentials: str, *, seconds: float = 30.0) -> None:
    """Returns when the spine lets nobody in with these credentials any more: a revocation takes a moment to arrive."""
    deadline = time.monotonic() + seconds
    while await _is_let_in(door, credentials):
        assert time.monotonic() < deadline, f"credentials are accepted {seconds:.0f} s after they should not be"
        await asyncio.sleep(0.1)


async def _is_let_in(door: Door, credentials: str) -> bool:
    try:
        async with knock(door, credentials):
            return True
    except Error as error:
        if "authorization" in str(error).lower():
            return False
        raise


def credentials_of(admin: Admin, namespace: str, stateful_set: str) -> str:
    """A process's creds file as an administrator reads it; empty if there is none."""
    secret = admin.get("Secret", namespace, names.spine_secret(stateful_set)) or {}
    return _text(secret).get(names.spine_key(stateful_set), "")


def replace_credentials(admin: Admin, namespace: str, stateful_set: str, credentials: str) -> None:
    """Writes other credentials of a process into its Secret."""
    data = {names.spine_key(stateful_set): base64.b64encode(credentials.encode()).decode()}
    admin.patch("Secret", namespace, names.spine_secret(stateful_set), {"data": data})


def trust(admin: Admin) -> Trust:
    """The root of trust, which only an administrator may read."""
    secret = admin.get("Secret", SYSTEM, TRUST)
    assert secret is not None
    return Trust.from_secret_data(_text(secret), where=TRUST)


def master_credentials(admin: Admin) -> str:
    """Credentials of somebody who may do everything, signed with the account's own key."""
    seed, now = new_seed(KeyKind.USER, secrets.token_bytes), int(time.time())
    everything = (">",)
    jwt = user_jwt(
        trust(admin).account_seed, user=public_key(seed), name="master", publish=everything, subscribe=everything,
        issued=now, expires=now + 3600,
    )  # fmt: skip
    return UserJwt(jwt, seed).file()


def _text(secret: Json) -> Mapping[str, str]:
    return {key: base64.b64decode(value).decode() for key, value in (secret.get("data") or {}).items()}
