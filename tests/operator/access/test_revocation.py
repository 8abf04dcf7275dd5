"""Deletion revokes: at once, for that user only, and for good."""

import asyncio
import secrets
import shutil
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from tests.operator.access.trusted_broker import TrustedBroker

from brownfield_api.adapter_config import AdapterConfig
from brownfield_api.errors import SpineUnavailable
from brownfield_api.twin_config import TwinConfig
from brownfield_operator.access.credentials import Due, due, issue, user_of
from brownfield_operator.access.permissions import process_permissions
from brownfield_operator.access.pushing import push_account
from brownfield_operator.access.trust import Trust, new_trust
from brownfield_spine.connection import Spine

pytestmark = pytest.mark.wire

SignIn = Callable[..., Awaitable[Spine]]


async def push(broker: TrustedBroker, trust: Trust) -> None:
    await push_account(broker.servers, trust, now=int(time.time()), random=secrets.token_bytes)


async def until_gone(spine: Spine) -> None:
    async with asyncio.timeout(10):
        while spine.connected:
            await asyncio.sleep(0.01)


async def stays_away(spine: Spine) -> bool:
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(1.5):  # six attempts
            await spine.until_connected()
    return not spine.connected


@pytest.fixture
async def pair(sign_in: SignIn, adapter: AdapterConfig, twin: TwinConfig) -> tuple[Spine, Spine]:
    """A process whose credentials will be revoked, and one that has nothing to do with it."""
    return await sign_in(process_permissions(adapter), "adapter"), await sign_in(process_permissions(twin), "twin")


async def test_a_revoked_user_is_out_and_stays_out_and_nobody_else_notices(
    pair: tuple[Spine, Spine], broker: TrustedBroker, trust: Trust, tmp_path: Path
) -> None:
    revoked, other = pair
    user = user_of((tmp_path / "adapter.creds").read_text())
    changed = trust.revoke({user: int(time.time())}, now=int(time.time()))
    await push(broker, changed)
    await until_gone(revoked)
    assert await stays_away(revoked)
    assert (other.connected, other.connections) == (True, 1)


@pytest.mark.parametrize("kept", ["folder", "configuration"])
async def test_a_revocation_survives_a_restart_of_the_broker(
    kept: str, pair: tuple[Spine, Spine], broker: TrustedBroker, trust: Trust, tmp_path: Path
) -> None:
    revoked, other = pair
    user = user_of((tmp_path / "adapter.creds").read_text())
    changed = trust.revoke({user: int(time.time())}, now=int(time.time()))
    if kept == "folder":  # pushed, and the Secret's newer text has not reached the broker's files yet
        await push(broker, changed)
    await broker.stop()
    if kept == "configuration":  # the broker's volume is new
        shutil.rmtree(broker.accounts)
        broker.trust(changed)
    await broker.start()
    async with asyncio.timeout(10):
        while other.connections < 2:
            await asyncio.sleep(0.01)
    assert await stays_away(revoked)


async def test_the_newer_of_folder_and_configuration_counts(
    pair: tuple[Spine, Spine], broker: TrustedBroker, trust: Trust, tmp_path: Path
) -> None:
    """An account was pushed; then, while the broker was down, another user was revoked."""
    adapter, twin = pair
    now = int(time.time())
    first = trust.revoke({user_of((tmp_path / "adapter.creds").read_text()): now}, now=now)
    await push(broker, first)
    await broker.stop()
    broker.trust(first.revoke({user_of((tmp_path / "twin.creds").read_text()): now}, now=now))
    await broker.start()
    assert await stays_away(adapter)
    assert await stays_away(twin)


async def test_credentials_issued_after_the_revocation_are_good(
    pair: tuple[Spine, Spine], broker: TrustedBroker, trust: Trust, adapter: AdapterConfig, tmp_path: Path
) -> None:
    revoked, _ = pair
    file = tmp_path / "adapter.creds"
    now = int(time.time())
    changed = trust.revoke({user_of(file.read_text()): now}, now=now)
    await push(broker, changed)
    await until_gone(revoked)
    assert due(file.read_text(), changed, process_permissions(adapter), now=now) is Due.REISSUE
    new = issue(changed, "adapter", process_permissions(adapter), now=now + 1, random=secrets.token_bytes,
                previous=file.read_text())  # fmt: skip
    file.write_text(new)
    async with asyncio.timeout(10):
        await revoked.until_connected()


async def test_a_broker_of_another_trust_does_not_take_the_account(broker: TrustedBroker) -> None:
    with pytest.raises(SpineUnavailable, match="does not take the account"):
        await push(broker, new_trust(secrets.token_bytes, now=int(time.time())))


async def test_a_broker_that_is_away_is_said_to_be(broker: TrustedBroker, trust: Trust) -> None:
    await broker.stop()
    with pytest.raises(SpineUnavailable, match="does not take the account"):
        await push(broker, trust)
