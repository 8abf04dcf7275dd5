"""Who we are to an OPC UA server: one certificate per adapter, made once, and the login from the credentials.

Every server keeps a trust list that a person has to edit, so the certificate must stay the same for years: it is
made at the first connection that needs one and kept in the state folder (key 0600). Logins are read again at
every connect, so that a rotated Secret needs no restart. Nothing here ever puts a secret into a message.
"""

import asyncio
import datetime
import os
from dataclasses import dataclass, field
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_der_private_key,
    load_pem_private_key,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from brownfield_api.errors import LinkLost

APPLICATION_URI = "urn:brownfield:adapter"
"""Our application's URI; the certificate carries it too, and servers compare them (Part 4 §5.7.2)."""

_VALID = datetime.timedelta(days=3650)
_CERTIFICATE, _KEY = "opcua-client.der", "opcua-client.key.pem"


@dataclass(frozen=True, slots=True)
class ClientIdentity:
    """Our certificate (DER) and private key (PEM). `thumbprint` is what a server's trust list shows (SHA-1)."""

    certificate: bytes
    key: bytes = field(repr=False)

    @property
    def thumbprint(self) -> str:
        return thumbprint(x509.load_der_x509_certificate(self.certificate))


@dataclass(frozen=True, slots=True)
class Login:
    """How to log in: user and password, a user certificate with its key, or anonymously (all empty)."""

    username: str = ""
    password: str = field(default="", repr=False)
    certificate: x509.Certificate | None = None
    key: rsa.RSAPrivateKey | None = field(default=None, repr=False)


def thumbprint(certificate: x509.Certificate) -> str:
    """SHA-1 of the certificate in hex, as OPC UA identifies certificates (Part 6 §6.7.2)."""
    return certificate.fingerprint(hashes.SHA1()).hex().upper()  # noqa: S303 - an identifier that the standard names


def client_identity(state_dir: Path, now: datetime.datetime) -> ClientIdentity:
    """The certificate kept in `state_dir`, made when there is none; raises `LinkLost` if it cannot be kept."""
    certificate, key = state_dir / _CERTIFICATE, state_dir / _KEY
    try:
        if certificate.exists() and key.exists():
            return ClientIdentity(certificate.read_bytes(), key.read_bytes())
        made = _make(now)
        state_dir.mkdir(parents=True, exist_ok=True)
        _write(key, made.key)
        _write(certificate, made.certificate)
    except OSError as error:
        raise LinkLost(
            f"the client certificate cannot be kept ({error.strerror})", str(state_dir), "Make the folder writable"
        ) from error
    return made


async def our_thumbprint(state_dir: Path) -> str:
    """Thumbprint of our certificate, which is made if need be, in a thread: a key takes a second to find."""
    identity = await asyncio.to_thread(client_identity, state_dir, datetime.datetime.now(datetime.UTC))
    return identity.thumbprint


def read_login(directory: str) -> Login:
    """What the credentials folder holds ("" or only certificates to trust = anonymous); a user name counts before a
    certificate.

    Raises `LinkLost` that names the file, never its content.
    """
    if not directory:
        return Login()
    folder = Path(directory)
    username = _text(folder / "username")
    if username:
        return Login(username=username, password=_text(folder / "password"))
    certificate = read_certificate(folder / "tls.crt")
    if certificate is None and any((folder / name).exists() for name in ("server.crt", "ca.crt")):
        return Login()
    if certificate is None:  # a Secret with other keys: to log in as nobody instead would look like success
        raise LinkLost(
            "has neither username nor tls.crt", str(folder), "Add username and password, or tls.crt and tls.key"
        )
    return Login(certificate=certificate, key=_read_key(folder / "tls.key"))


def read_certificate(path: Path) -> x509.Certificate | None:
    """The (first) certificate in a PEM or DER file, None if there is no file; raises `LinkLost` for anything else."""
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise LinkLost(f"cannot be read ({error.strerror})", str(path)) from error
    try:
        if b"-----BEGIN" in content:
            return x509.load_pem_x509_certificate(content)
        return x509.load_der_x509_certificate(content)
    except ValueError as error:
        raise LinkLost("is no certificate", str(path), "Give a PEM or DER file") from error


def _read_key(path: Path) -> rsa.RSAPrivateKey:
    try:
        content = path.read_bytes()
        pem = b"-----BEGIN" in content
        key = load_pem_private_key(content, None) if pem else load_der_private_key(content, None)
    except OSError as error:
        raise LinkLost(f"cannot be read ({error.strerror})", str(path), "tls.crt needs its tls.key") from error
    except (ValueError, TypeError):
        # The library's message is left out: it may quote what it could not read.
        raise LinkLost("is no private key without a password", str(path), "Give an RSA key as PEM or DER") from None
    if not isinstance(key, rsa.RSAPrivateKey):
        raise LinkLost("is not an RSA key", str(path), "OPC UA's security policies need RSA")
    return key


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8").rstrip("\r\n")
    except FileNotFoundError:
        return ""
    except (OSError, UnicodeDecodeError) as error:
        raise LinkLost(f"cannot be read ({type(error).__name__})", str(path)) from error


def _write(path: Path, content: bytes) -> None:
    """Whole or not at all, and never readable by others, not even for a moment."""
    fresh = path.with_suffix(".new")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)


def _make(now: datetime.datetime) -> ClientIdentity:
    """A self-signed application instance certificate (Part 6 §6.2.2)."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    name = x509.Name(
        [
            x509.NameAttribute(NameOID.COMMON_NAME, "Brownfield adapter"),
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Brownfield"),
        ]
    )
    usage = x509.KeyUsage(
        digital_signature=True,
        content_commitment=True,
        key_encipherment=True,
        data_encipherment=True,
        key_agreement=False,
        key_cert_sign=True,
        crl_sign=False,
        encipher_only=False,
        decipher_only=False,
    )
    names = x509.SubjectAlternativeName([x509.UniformResourceIdentifier(APPLICATION_URI)])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + _VALID)
        .add_extension(names, critical=False)
        .add_extension(usage, critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH]), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return ClientIdentity(certificate.public_bytes(Encoding.DER), pem)
