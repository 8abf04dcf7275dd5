"""What the certificates are for is tried: TLS handshakes in memory, as strict as Python can be."""

import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hack.cluster.certificates import Authority, Pair


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path)


def test_an_api_server_learns_user_and_groups_from_the_certificate(authority: Authority) -> None:
    server = authority.server("server", ["10.0.0.1", "kubernetes.default.svc"])
    client = authority.client("kubelet", "system:node:edge", "system:nodes")

    subject = _handshake(authority.pair, server, client, "kubernetes.default.svc")["subject"]

    assert dict(pair for part in subject for pair in part) == {
        "organizationName": "system:nodes",
        "commonName": "system:node:edge",
    }


def test_an_address_is_as_good_as_a_name(authority: Authority) -> None:
    server = authority.server("server", ["10.0.0.1"])

    assert _handshake(authority.pair, server, authority.client("admin", "admin", "system:masters"), "10.0.0.1")


def test_a_server_under_another_name_is_refused(authority: Authority) -> None:
    server = authority.server("server", ["10.0.0.1"])

    with pytest.raises(ssl.SSLCertVerificationError, match="mismatch"):
        _handshake(authority.pair, server, authority.client("admin", "admin"), "10.0.0.2")


def test_another_clusters_client_is_refused(authority: Authority, tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    stranger = Authority(tmp_path / "other").client("admin", "admin", "system:masters")

    with pytest.raises(ssl.SSLError, match=r"(?i)certificate.verify.failed"):
        _handshake(authority.pair, authority.server("server", ["10.0.0.1"]), stranger, "10.0.0.1")


def test_a_client_certificate_serves_nobody(authority: Authority) -> None:
    client = authority.client("admin", "admin")

    with pytest.raises(ssl.SSLCertVerificationError, match="unsuitable certificate purpose"):
        _handshake(authority.pair, client, client, "admin")


def test_certificates_run_out(tmp_path: Path) -> None:
    old = Authority(tmp_path, now=datetime.now(UTC) - timedelta(days=400))

    with pytest.raises(ssl.SSLCertVerificationError, match="expired"):
        _handshake(old.pair, old.server("server", ["10.0.0.1"]), old.client("admin", "admin"), "10.0.0.1")


def test_private_keys_are_for_their_owner_alone(authority: Authority) -> None:
    keys = [authority.pair, authority.client("admin", "admin"), authority.signing_key("tokens")]

    assert {pair.key.stat().st_mode & 0o777 for pair in keys} == {0o600}


def _handshake(authority: Pair, server: Pair, client: Pair, name: str) -> dict[str, Any]:
    """The client's certificate as the server sees it."""
    listening = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    calling = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    listening.verify_mode = ssl.CERT_REQUIRED
    for context, own in ((listening, server), (calling, client)):
        context.load_verify_locations(authority.certificate)
        context.load_cert_chain(own.certificate, own.key)
        context.verify_flags |= ssl.VERIFY_X509_STRICT
    up, down = ssl.MemoryBIO(), ssl.MemoryBIO()
    ends = [
        calling.wrap_bio(down, up, server_hostname=name),
        listening.wrap_bio(up, down, server_side=True),
    ]
    for _ in range(4):  # TLS 1.3 takes two flights each way
        for end in ends:
            try:
                end.do_handshake()
            except ssl.SSLWantReadError:
                continue
    seen = ends[1].getpeercert()
    assert seen is not None
    return dict(seen)
