"""Whether the server is the one it should be: its certificate against `server.crt` and `ca.crt`, in plain words.

With `server.crt` in the credentials the server must show exactly that certificate; with `ca.crt` one that this
authority issued. Given either, an expired certificate is refused; given neither, the connection is made and what
is odd is only said, because old servers live long with the certificate of their installation.
"""

import datetime
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.serialization import Encoding

from brownfield_adapters.opcua.identity import read_certificate, thumbprint
from brownfield_api.errors import LinkLost


def check_server(certificate: x509.Certificate, credentials: str, where: str, now: datetime.datetime) -> str:
    """A remark about the certificate, "" if all is well; raises `LinkLost` if the credentials do not accept it."""
    folder = Path(credentials) if credentials else None
    pinned = read_certificate(folder / "server.crt") if folder else None
    authority = read_certificate(folder / "ca.crt") if folder else None
    if pinned is not None and pinned.public_bytes(Encoding.DER) != certificate.public_bytes(Encoding.DER):
        raise LinkLost(
            f"the server's certificate has changed: it shows {thumbprint(certificate)} "
            f"({_subject(certificate)}), server.crt is {thumbprint(pinned)}",
            where,
            "If it was renewed on purpose, put the new one into server.crt; otherwise find out who answers",
        )
    if authority is not None and not _issued(certificate, authority):
        raise LinkLost(
            f"the server's certificate {thumbprint(certificate)} ({_subject(certificate)}) was not issued by ca.crt "
            f"({_subject(authority)})",
            where,
            "Put the issuer's certificate into ca.crt, or the server's own into server.crt",
        )
    validity = _validity(certificate, now)
    if validity and (pinned is not None or authority is not None):
        raise LinkLost(validity, where, "Renew the certificate on the server, or set the clocks")
    return validity


def _validity(certificate: x509.Certificate, now: datetime.datetime) -> str:
    if now > certificate.not_valid_after_utc:
        return f"the server's certificate expired on {certificate.not_valid_after_utc:%Y-%m-%d}"
    if now < certificate.not_valid_before_utc:
        return f"the server's certificate is valid only from {certificate.not_valid_before_utc:%Y-%m-%d}"
    return ""


def _issued(certificate: x509.Certificate, authority: x509.Certificate) -> bool:
    if certificate == authority:
        return True
    try:
        certificate.verify_directly_issued_by(authority)
    except (ValueError, TypeError, InvalidSignature):
        return False
    return True


def _subject(certificate: x509.Certificate) -> str:
    return certificate.subject.rfc4514_string()
