"""Certificates, policies and logins of the simulated OPC UA servers."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from asyncua import ua
from asyncua.client.client import Client
from asyncua.crypto.security_policies import SecurityPolicyBasic256Sha256
from asyncua.ua.uaerrors import BadIdentityTokenRejected, BadUserAccessDenied

from brownfield_api.errors import BrownfieldError
from brownfield_plant import Identity, LoginConfig, OpcuaConfig, OpcuaTurbine, make_identity
from brownfield_plant.opcua_security import Doorkeeper, kept_identity

pytestmark = [pytest.mark.wire, pytest.mark.asyncio(loop_scope="module")]
CLIENT_URI = "urn:test:client"


def _keep(folder: Path, name: str, identity: Identity) -> tuple[Path, Path]:
    certificate, key = folder / f"{name}.der", folder / f"{name}.key.der"
    certificate.write_bytes(identity.certificate)
    key.write_bytes(identity.key)
    return certificate, key


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("pki")


@pytest.fixture(scope="module")
def user(folder: Path) -> tuple[Path, Path]:
    return _keep(folder, "user", make_identity(CLIENT_URI, "127.0.0.1", client=True))


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def turbine(folder: Path, user: tuple[Path, Path]) -> AsyncIterator[OpcuaTurbine]:
    logins = LoginConfig(anonymous=False, users={"reader": "secret"}, certificates=(user[0],))
    device = OpcuaTurbine(
        OpcuaConfig(name="r1", record="R1", address="r1.plant:4840", logins=logins), pki=folder / "servers"
    )
    await device.start()
    yield device
    await device.stop()


async def _serial_is_readable(client: Client) -> bool:
    async with client:
        index = await client.get_namespace_index("urn:senvion:mm82")
        value = await client.get_node(f"ns={index};s=R1.Serial").read_data_value(raise_on_bad_status=False)
    return bool(value.StatusCode is not None)


async def _secured(turbine: OpcuaTurbine, user: tuple[Path, Path], mode: ua.MessageSecurityMode) -> Client:
    client = Client(turbine.host.url)
    client.application_uri = CLIENT_URI
    await client.set_security(SecurityPolicyBasic256Sha256, user[0], user[1], mode=mode)
    return client


async def test_the_policies_are_offered_with_the_kept_certificate(turbine: OpcuaTurbine, folder: Path) -> None:
    endpoints = await Client(turbine.host.url).connect_and_get_server_endpoints()
    modes = {endpoint.SecurityMode for endpoint in endpoints}
    assert modes == {
        ua.MessageSecurityMode.None_,
        ua.MessageSecurityMode.Sign,
        ua.MessageSecurityMode.SignAndEncrypt,
    }
    assert endpoints[0].ServerCertificate == (folder / "servers" / "r1.der").read_bytes()


async def test_a_user_with_the_right_password_reads(turbine: OpcuaTurbine) -> None:
    client = Client(turbine.host.url)
    client.set_user("reader")
    client.set_password("secret")
    assert await _serial_is_readable(client)


async def test_a_wrong_password_is_denied(turbine: OpcuaTurbine) -> None:
    client = Client(turbine.host.url)
    client.set_user("reader")
    client.set_password("guess")
    with pytest.raises(BadUserAccessDenied):
        await client.connect()


async def test_anonymous_is_rejected_where_it_is_not_configured(turbine: OpcuaTurbine) -> None:
    with pytest.raises(BadIdentityTokenRejected):
        await Client(turbine.host.url).connect()


@pytest.mark.parametrize("mode", [ua.MessageSecurityMode.Sign, ua.MessageSecurityMode.SignAndEncrypt])
async def test_a_password_travels_over_a_secured_channel(
    turbine: OpcuaTurbine, user: tuple[Path, Path], mode: ua.MessageSecurityMode
) -> None:
    client = await _secured(turbine, user, mode)
    client.set_user("reader")
    client.set_password("secret")
    assert await _serial_is_readable(client)


async def test_a_trusted_certificate_logs_in(turbine: OpcuaTurbine, user: tuple[Path, Path]) -> None:
    client = await _secured(turbine, user, ua.MessageSecurityMode.SignAndEncrypt)
    await client.load_client_certificate(str(user[0]))
    await client.load_private_key(user[1])
    assert await _serial_is_readable(client)


async def test_a_certificate_nobody_trusts_is_denied(turbine: OpcuaTurbine, folder: Path) -> None:
    stranger = _keep(folder, "stranger", make_identity(CLIENT_URI, "127.0.0.1", client=True))
    client = await _secured(turbine, stranger, ua.MessageSecurityMode.SignAndEncrypt)
    await client.load_client_certificate(str(stranger[0]))
    await client.load_private_key(stranger[1])
    with pytest.raises(BadUserAccessDenied):
        await client.connect()


async def test_an_identity_is_made_once_and_kept(folder: Path) -> None:
    first = kept_identity(folder / "kept", "r9", "urn:r9", "localhost")
    assert kept_identity(folder / "kept", "r9", "urn:r9", "localhost") == first
    assert (folder / "kept" / "r9.key.der").stat().st_mode & 0o077 == 0


async def test_a_file_that_is_no_certificate_is_named(folder: Path) -> None:
    path = folder / "text.der"
    path.write_text("hello", encoding="utf-8")
    with pytest.raises(BrownfieldError, match=r"text.der: is no certificate"):
        Doorkeeper(LoginConfig(certificates=(path,)))


async def test_a_port_in_use_is_an_error_to_act_on(turbine: OpcuaTurbine) -> None:
    listen = f"127.0.0.1:{turbine.host.bound[1]}"
    config = OpcuaConfig(name="r2", record="R2", address="r2.plant:4840", listen=listen, security=("None",))
    with pytest.raises(BrownfieldError, match=r"r2: port .* is in use"):
        await OpcuaTurbine(config).start()
