"""Who a simulated OPC UA server is (its certificate) and whom it lets in.

Certificates are self-signed application instance certificates (OPC 10000-6 §6.2.2), generated in memory or, with
a folder, once and for all: a client that trusts the server by its thumbprint still does after a restart.
"""

import socket
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path
from typing import Any

from asyncua import ua
from asyncua.crypto.cert_gen import generate_private_key, generate_self_signed_app_certificate
from asyncua.crypto.permission_rules import User, UserRole
from asyncua.server.user_managers import UserManager
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID

from brownfield_api.errors import BrownfieldError
from brownfield_plant.config import LoginConfig

POLICIES = {
    "None": ua.SecurityPolicyType.NoSecurity,
    "Sign": ua.SecurityPolicyType.Basic256Sha256_Sign,
    "SignAndEncrypt": ua.SecurityPolicyType.Basic256Sha256_SignAndEncrypt,
}


@dataclass(frozen=True)
class Identity:
    """A certificate and its private key, both DER (the key PKCS #8, unencrypted)."""

    certificate: bytes
    key: bytes


def make_identity(application_uri: str, host: str, *, client: bool = False) -> Identity:
    """A new self-signed application certificate, valid for a year, RSA 2048."""
    key = generate_private_key()
    try:
        name: x509.GeneralName = x509.IPAddress(ip_address(host))
    except ValueError:
        name = x509.DNSName(host)
    usage = ExtendedKeyUsageOID.CLIENT_AUTH if client else ExtendedKeyUsageOID.SERVER_AUTH
    aliases = [x509.DNSName("localhost"), x509.DNSName(socket.gethostname())]
    names = [x509.UniformResourceIdentifier(application_uri), name, *aliases]
    certificate = generate_self_signed_app_certificate(
        key, application_uri, {"organizationName": "Brownfield simulated plant"}, names, extended=[usage]
    )
    return Identity(
        certificate.public_bytes(Encoding.DER),
        key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption()),
    )


def kept_identity(folder: Path, name: str, application_uri: str, host: str) -> Identity:
    """The identity kept as `<name>.der` and `<name>.key.der` in `folder`, made when it is not there."""
    certificate, key = folder / f"{name}.der", folder / f"{name}.key.der"
    try:
        if certificate.exists() and key.exists():
            return Identity(certificate.read_bytes(), key.read_bytes())
        made = make_identity(application_uri, host)
        folder.mkdir(parents=True, exist_ok=True)
        key.touch(mode=0o600)
        key.write_bytes(made.key)
        certificate.write_bytes(made.certificate)
    except OSError as error:
        raise BrownfieldError(f"the certificate cannot be kept: {error}", name, "Name another folder") from error
    return made


class Doorkeeper(UserManager):
    """Lets in whom `logins` names. asyncua calls it after the token's own signature was verified."""

    def __init__(self, logins: LoginConfig) -> None:
        self._logins = logins
        self._certificates = {_der(path) for path in logins.certificates}

    def tokens(self) -> list[type]:
        """The identity tokens the server offers."""
        offered: list[tuple[bool, type]] = [
            (self._logins.anonymous, ua.AnonymousIdentityToken),
            (bool(self._logins.users), ua.UserNameIdentityToken),
            (bool(self._certificates), ua.X509IdentityToken),
        ]
        return [token for wanted, token in offered if wanted]

    def get_user(
        self,
        iserver: Any,  # noqa: ARG002 - the library's signature.
        username: str | None = None,
        password: str | None = None,
        certificate: Any = None,
    ) -> User | None:
        """A reader's rights, or None.

        Without a user name the token was anonymous or a certificate; asyncua does not say which. Where
        anonymous sessions are allowed both may enter, otherwise the certificate must be a trusted one.
        """
        if username is not None:
            expected = self._logins.users.get(username)
            return User(UserRole.User, username) if expected is not None and expected == password else None
        if self._logins.anonymous or certificate in self._certificates:
            return User(UserRole.User, "certificate" if certificate in self._certificates else "anonymous")
        return None


def _der(path: Path) -> bytes:
    try:
        content = path.read_bytes()
        pem = content.lstrip().startswith(b"-----BEGIN")
        certificate = x509.load_pem_x509_certificate(content) if pem else x509.load_der_x509_certificate(content)
    except (OSError, ValueError) as error:
        raise BrownfieldError(f"is no certificate: {error}", str(path), "Give a DER or PEM file") from error
    return certificate.public_bytes(Encoding.DER)
