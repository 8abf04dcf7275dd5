"""Policies, logins and certificates against real servers; what is refused is said in words one can act on."""

import datetime
import logging
import stat
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from asyncua import ua
from asyncua.server.server import Server
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from brownfield_adapters.driver import Driver
from brownfield_adapters.opcua.identity import Login, client_identity, read_login
from brownfield_adapters.opcua.trust import check_server
from brownfield_adapters.recording import RecordingSession
from brownfield_api.errors import LinkLost
from brownfield_api.tables import Tag
from brownfield_plant import Identity, LoginConfig, OpcuaConfig, OpcuaTurbine, make_identity

pytestmark = [pytest.mark.wire, pytest.mark.asyncio(loop_scope="module")]
DriverOf = Callable[..., Driver]
Running = Callable[[Driver, RecordingSession], AbstractAsyncContextManager[Any]]
PASSWORD = "s3cr3t-word"
NOW = datetime.datetime.now(datetime.UTC)
TIME = {"time": Tag(name="time", address="i=2259")}
"""ServerStatus_State, an Int32 that every server has."""


@pytest.fixture(scope="module")
def user() -> Identity:
    return make_identity("urn:test:user", "127.0.0.1", client=True)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def turbine(tmp_path_factory: pytest.TempPathFactory, user: Identity) -> AsyncIterator[OpcuaTurbine]:
    folder = tmp_path_factory.mktemp("pki")
    (folder / "user.der").write_bytes(user.certificate)
    logins = LoginConfig(anonymous=False, users={"reader": "s3cr3t-word"}, certificates=(folder / "user.der",))
    device = OpcuaTurbine(OpcuaConfig(name="r1", record="R1", address="r1.plant:4840", logins=logins), pki=folder)
    await device.start()
    yield device
    await device.stop()


@pytest.fixture
def credentials(tmp_path: Path) -> Path:
    folder = tmp_path / "credentials"
    folder.mkdir()
    return folder


def put_password(folder: Path, password: str = PASSWORD) -> None:
    (folder / "username").write_text("reader\n")
    (folder / "password").write_text(f"{password}\n")


def put_certificate(folder: Path, user: Identity) -> None:
    (folder / "tls.crt").write_bytes(user.certificate)
    (folder / "tls.key").write_bytes(user.key)


async def reads(driver: Driver, running: Running) -> None:
    session = RecordingSession()
    async with running(driver, session):
        await session.until(lambda: session.statuses("s", 0) == [0])


@pytest.mark.parametrize("login", ["password", "certificate"])
@pytest.mark.parametrize("security", ["Sign", "SignAndEncrypt"])
async def test_each_login_works_over_each_mode(
    turbine: OpcuaTurbine,
    user: Identity,
    credentials: Path,
    driver_of: DriverOf,
    running: Running,
    *,
    security: str,
    login: str,
) -> None:
    if login == "password":
        put_password(credentials)
    else:
        put_certificate(credentials, user)
    url = turbine.host.url
    driver = driver_of(url, tags=TIME, policy="Basic256Sha256", security=security, credentials=credentials)
    await reads(driver, running)


@pytest.mark.parametrize("policy", ["Aes128Sha256RsaOaep", "Aes256Sha256RsaPss"])
async def test_the_newer_policies_work(tmp_path: Path, driver_of: DriverOf, running: Running, policy: str) -> None:
    server = Server()
    await server.init()
    server.set_endpoint("opc.tcp://127.0.0.1:0/plant")
    await server.set_application_uri("urn:test:server")
    server.set_security_policy([getattr(ua.SecurityPolicyType, f"{policy}_SignAndEncrypt")])
    identity = make_identity("urn:test:server", "127.0.0.1")
    await server.load_certificate(identity.certificate, "der")
    await server.load_private_key(identity.key, None, "der")
    await server.start()
    try:
        port = server.bserver._server.sockets[0].getsockname()[1]  # type: ignore[union-attr]
        url = f"opc.tcp://127.0.0.1:{port}/plant"
        await reads(driver_of(url, tags=TIME, policy=policy, security="SignAndEncrypt"), running)
    finally:
        await server.stop()


async def test_the_channels_keys_are_renewed_while_values_go_on(
    turbine: OpcuaTurbine, credentials: Path, driver_of: DriverOf, running: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("brownfield_adapters.opcua.link._CHANNEL_LIFETIME", 0.4)
    put_password(credentials)
    session = RecordingSession()
    options = {"tags": TIME, "policy": "Basic256Sha256", "security": "SignAndEncrypt", "credentials": credentials}
    async with running(driver_of(turbine.host.url, mode="Poll", **options), session) as task:
        await session.until(lambda: session.successes["s"] >= 5)
        turbine.journal.clear()
        await session.until(lambda: turbine.journal.functions["OpenSecureChannelRequest"] >= 3)
        assert not task.done()


async def test_a_password_over_an_unsecured_channel_works_and_is_remarked_on_only_if_it_is_readable(
    turbine: OpcuaTurbine, credentials: Path, driver_of: DriverOf, running: Running
) -> None:
    put_password(credentials)
    session = RecordingSession()
    async with running(driver_of(turbine.host.url, tags=TIME, credentials=credentials), session):
        await session.until(lambda: session.statuses("s", 0) == [0])
    assert all("unencrypted" in text for _, text in session.notes)


async def test_a_wrong_password_is_said_without_the_password_and_mended_without_a_restart(
    turbine: OpcuaTurbine, credentials: Path, driver_of: DriverOf, running: Running, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    put_password(credentials, "not-the-word")
    url = turbine.host.url
    driver = driver_of(url, tags=TIME, policy="Basic256Sha256", security="SignAndEncrypt", credentials=credentials)
    with pytest.raises(LinkLost, match="server refuses the login") as refused:
        await driver.connect()
    put_password(credentials)
    await reads(driver, running)
    ours = [record.getMessage() for record in caplog.records if not record.name.startswith("asyncua.server")]
    assert not any("-word" in text for text in [*ours, str(refused.value)])


async def test_a_policy_the_server_has_not_is_refused_with_those_it_has(
    turbine: OpcuaTurbine, driver_of: DriverOf
) -> None:
    driver = driver_of(turbine.host.url, tags=TIME, policy="Aes256Sha256RsaPss", security="Sign")
    with pytest.raises(LinkLost, match="offers Basic256Sha256/Sign, Basic256Sha256/SignAndEncrypt, None"):
        await driver.connect()


async def test_a_secured_server_refuses_an_unsecured_session_in_plain_words(driver_of: DriverOf) -> None:
    device = OpcuaTurbine(OpcuaConfig(name="r2", record="R2", address="r2.plant:4840", security=("Sign",)))
    await device.start()
    try:
        with pytest.raises(LinkLost, match=r"unsecured|security|refuses"):
            await driver_of(device.host.url, tags=TIME).connect()
    finally:
        await device.stop()


async def test_a_server_that_shows_another_certificate_than_the_pinned_is_refused(
    turbine: OpcuaTurbine, credentials: Path, driver_of: DriverOf, running: Running
) -> None:
    put_password(credentials)
    url = turbine.host.url
    driver = driver_of(url, tags=TIME, policy="Basic256Sha256", security="Sign", credentials=credentials)
    assert turbine.host.identity is not None
    (credentials / "server.crt").write_bytes(turbine.host.identity.certificate)
    await reads(driver, running)
    (credentials / "server.crt").write_bytes(make_identity("urn:other", "127.0.0.1").certificate)
    with pytest.raises(LinkLost, match="server's certificate has changed"):
        await driver.connect()


def signed(
    issuer: rsa.RSAPrivateKey, issuer_name: str, name: str, key: rsa.RSAPrivateKey, days: int
) -> x509.Certificate:
    def named(text: str) -> x509.Name:
        return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])

    builder = x509.CertificateBuilder().subject_name(named(name)).issuer_name(named(issuer_name))
    builder = builder.public_key(key.public_key()).serial_number(x509.random_serial_number())
    builder = builder.not_valid_before(NOW - datetime.timedelta(days=100))
    return builder.not_valid_after(NOW + datetime.timedelta(days=days)).sign(issuer, hashes.SHA256())


async def test_an_authority_vouches_for_a_server_until_its_certificate_expires(credentials: Path) -> None:
    root, key = (rsa.generate_private_key(public_exponent=65537, key_size=2048) for _ in range(2))
    (credentials / "ca.crt").write_bytes(signed(root, "root", "root", root, 50).public_bytes(Encoding.PEM))
    folder = str(credentials)
    assert check_server(signed(root, "root", "server", key, 50), folder, "url", NOW) == ""
    with pytest.raises(LinkLost, match="expired on"):
        check_server(signed(root, "root", "server", key, -1), folder, "url", NOW)
    with pytest.raises(LinkLost, match=r"not issued by ca\.crt"):
        check_server(signed(key, "other", "server", key, 50), folder, "url", NOW)
    assert "expired on" in check_server(signed(root, "root", "server", key, -1), "", "url", NOW)


async def test_credentials_that_are_none_are_named_by_file(
    turbine: OpcuaTurbine, user: Identity, credentials: Path, driver_of: DriverOf
) -> None:
    driver = driver_of(turbine.host.url, tags=TIME, credentials=credentials)
    (credentials / "tls.crt").write_text("no certificate")
    with pytest.raises(LinkLost, match=r"tls\.crt: is no certificate"):
        await driver.connect()
    put_certificate(credentials, user)
    (credentials / "tls.key").unlink()
    with pytest.raises(LinkLost, match=r"tls\.key: cannot be read"):
        await driver.connect()
    (credentials / "tls.key").write_text("-----BEGIN PRIVATE KEY-----\nsecret\n-----END PRIVATE KEY-----\n")
    with pytest.raises(LinkLost, match="is no private key") as refused:
        await driver.connect()
    assert "secret" not in str(refused.value)


async def test_the_client_certificate_is_made_once_and_its_key_is_nobody_elses(tmp_path: Path) -> None:
    first = client_identity(tmp_path / "state", NOW)
    assert client_identity(tmp_path / "state", NOW + datetime.timedelta(days=900)) == first
    key = tmp_path / "state" / "opcua-client.key.pem"
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    certificate = x509.load_der_x509_certificate(first.certificate)
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.UniformResourceIdentifier) == ["urn:brownfield:adapter"]
    assert len(first.thumbprint) == 40
    assert "PRIVATE" not in repr(first)


async def test_a_key_that_needs_a_password_is_refused(credentials: Path, user: Identity) -> None:
    from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, load_der_private_key

    key = load_der_private_key(user.key, None)
    (credentials / "tls.crt").write_bytes(user.certificate)
    sealed = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"x"))
    (credentials / "tls.key").write_bytes(sealed)
    with pytest.raises(LinkLost, match="without a password"):
        read_login(str(credentials))
    (credentials / "tls.key").write_bytes(key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption()))
    assert read_login(str(credentials)).certificate is not None


async def test_a_secret_with_other_keys_is_no_anonymous_login(tmp_path: Path) -> None:
    (tmp_path / "user").write_text("operator")
    with pytest.raises(LinkLost, match=r"neither username nor tls\.crt"):
        read_login(str(tmp_path))
    (tmp_path / "ca.crt").write_text("whom to trust")
    assert read_login(str(tmp_path)) == Login()
