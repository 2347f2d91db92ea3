"""The socket side: limits on headers, addresses and time, and the client certificates of mutual TLS."""

from __future__ import annotations

import json
import socket
import ssl
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePrivateKey, generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from gate.http.door import Door, listening, transfer
from sekisho.gate.http.settings import Http, Settings, Tls

ASK = "/v1/transfers/decisions"


def _raw(port: int, sent: bytes, wait: float = 5.0) -> bytes:
    """Send bytes and read whatever comes until the gate hangs up or nothing more comes."""
    with socket.create_connection(("127.0.0.1", port), timeout=wait) as connection:
        connection.sendall(sent)
        got = b""
        try:
            while part := connection.recv(65_536):
                got += part
                if b'"instance"' in got or b"remedy" in got:
                    break
        except (TimeoutError, ConnectionResetError):
            pass
        return got


@pytest.fixture
def port(door: Door) -> Iterator[int]:
    with listening(door, Settings(http=Http(request_seconds_max=1.0))) as listened:
        yield listened


def test_what_is_not_http_gets_a_problem_and_the_line_is_cut(port: int) -> None:
    token = b"Authorization: Bearer x\r\n"
    long_url = b"GET /" + b"a" * 9_000 + b" HTTP/1.1\r\nHost: g\r\n\r\n"
    many = b"GET /health HTTP/1.1\r\n" + b"".join(b"X-%d: 1\r\n" % n for n in range(101)) + b"\r\n"
    large = b"GET /health HTTP/1.1\r\nX: " + b"a" * 40_000 + b"\r\n\r\n"
    smuggled = b"POST /v1/transfers/decisions HTTP/1.1\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
    for sent, status in (
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", b"400"),
        (b"GET\r\n\r\n", b"400"),
        (b"GET /\xff\xfe HTTP/1.1\r\nHost: g\r\n\r\n", b"400"),
        (b"GET /health HTTP/1.1\r\nBad Header: x\r\n\r\n", b"400"),
        (b"GET /health HTTP/1.1\r\nX: a\x00b\r\n\r\n", b"400"),
        (b"POST /v1/rule-set/draft HTTP/1.1\r\nContent-Length: -1\r\n\r\n", b"400"),
        (b"POST /v1/rule-set/draft HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nxx", b"400"),
        (smuggled, b"400"),
        (long_url, b"414"),
        (many, b"431"),
        (large, b"431"),
    ):
        got = _raw(port, sent)
        assert got.startswith(b"HTTP/1.1 " + status), (sent[:60], got[:200])
        assert b"application/problem+json" in got
    assert _raw(port, b"GET /v1/rule-set HTTP/1.1\r\n" + token + token + b"\r\n").startswith(b"HTTP/1.1 400")


def test_a_slow_sender_is_cut_off(door: Door, port: int) -> None:
    head = f"POST {ASK} HTTP/1.1\r\nAuthorization: Bearer {door.token('wallet')}\r\nContent-Type: application/json\r\n"
    for begun in (b"", b"GET /health HT", head.encode() + b"Content-Length: 50\r\n\r\n{"):
        began = time.monotonic()
        with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
            connection.sendall(begun)
            assert connection.recv(1000) == b""
        assert 0.5 < time.monotonic() - began < 5


def test_requests_on_one_connection_are_answered_in_order(door: Door, port: int) -> None:
    sent = b""
    for number in range(20):
        body = json.dumps(transfer(number)).encode()
        head = f"POST {ASK} HTTP/1.1\r\nAuthorization: Bearer {door.token('wallet')}\r\nContent-Type: application/json\r\n"
        sent += head.encode() + b"Content-Length: %d\r\n\r\n" % len(body) + body
    with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
        connection.sendall(sent)
        got = b""
        while got.count(b"HTTP/1.1 200") < 20 or not got.endswith(b"}"):
            got += connection.recv(65_536)
    places = [got.index(b'"request_id":"T%d"' % number) for number in range(20)]
    assert places == sorted(places)


@dataclass
class Authority:
    """An authority that issues certificates for the test."""

    folder: Path
    key: EllipticCurvePrivateKey
    certificate: x509.Certificate

    @classmethod
    def new(cls, folder: Path, name: str = "ca") -> Authority:
        key = generate_private_key(SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        usage = x509.KeyUsage(False, False, False, False, False, True, True, False, False)
        built = _begun(subject, subject, key).add_extension(x509.BasicConstraints(True, None), True).add_extension(usage, True)
        certificate = built.sign(key, hashes.SHA256())
        (folder / f"{name}.pem").write_bytes(certificate.public_bytes(Encoding.PEM))
        return cls(folder, key, certificate)

    def issue(self, name: str, common_name: str) -> x509.Certificate:
        """A certificate and its key, as NAME.pem and NAME.key."""
        key = generate_private_key(SECP256R1())
        organisation = x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Example Exchange")
        subject = x509.Name([organisation, x509.NameAttribute(NameOID.COMMON_NAME, common_name)])
        names = x509.SubjectAlternativeName([x509.DNSName("localhost"), x509.IPAddress(ip_address("127.0.0.1"))])
        built = _begun(subject, self.certificate.subject, key).add_extension(names, False)
        certificate = built.sign(self.key, hashes.SHA256())
        (self.folder / f"{name}.pem").write_bytes(certificate.public_bytes(Encoding.PEM))
        (self.folder / f"{name}.key").write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        return certificate

    def revoke(self, *certificates: x509.Certificate) -> None:
        """The list of revoked certificates, as crl.pem."""
        now = datetime.now(UTC)
        built = x509.CertificateRevocationListBuilder().issuer_name(self.certificate.subject)
        built = built.last_update(now - timedelta(hours=1)).next_update(now + timedelta(days=1))
        for each in certificates:
            revoked = x509.RevokedCertificateBuilder().serial_number(each.serial_number).revocation_date(now)
            built = built.add_revoked_certificate(revoked.build())
        (self.folder / "crl.pem").write_bytes(built.sign(self.key, hashes.SHA256()).public_bytes(Encoding.PEM))


def _begun(subject: x509.Name, issuer: x509.Name, key: EllipticCurvePrivateKey) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    built = x509.CertificateBuilder().subject_name(subject).issuer_name(issuer).public_key(key.public_key())
    built = built.serial_number(x509.random_serial_number())
    return built.not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=1))


def _with_certificate(folder: Path, port: int, name: str | None, headers: dict[str, str] | None = None) -> int:
    """The status of one decision asked over TLS with a client certificate; 0 where no connection comes about."""
    context = ssl.create_default_context(cafile=folder / "ca.pem")
    if name is not None:
        context.load_cert_chain(folder / f"{name}.pem", folder / f"{name}.key")
    with httpx.Client(verify=context) as client:
        try:
            return client.post(f"https://127.0.0.1:{port}{ASK}", json=transfer(), headers=headers).status_code
        except httpx.TransportError:
            return 0


def test_mutual_tls(door: Door) -> None:
    ours = Authority.new(door.folder)
    ours.issue("server", "gate.example")
    ours.issue("wallet", "wallet-1")
    ours.issue("trading", "trading-1")
    ours.issue("unlisted", "wallet-2")
    stolen = ours.issue("stolen", "wallet-1")
    Authority.new(door.folder, "other").issue("foreign", "wallet-1")
    ours.revoke(stolen)
    callers = door.folder / "callers.toml"
    listed = "".join(
        f'\n[[certificate]]\nsubject = "CN={name}-1,O=Example Exchange"\nparty_id = "SYS-{name}"\nroles = ["{name}"]\n'
        for name in ("wallet", "trading")
    )
    callers.write_text(callers.read_text() + listed)
    door.service.doors.callers.look(door.clock.seconds() + 5)
    tls = Tls(certificate="server.pem", key="server.key", client_ca="ca.pem", client_crl="crl.pem", client_required=True)
    with listening(door, Settings(tls=tls)) as port:
        tried = {name: _with_certificate(door.folder, port, name) for name in ("wallet", "trading", "unlisted")}
        assert tried == {"wallet": 200, "trading": 403, "unlisted": 401}
        refused = [_with_certificate(door.folder, port, name) for name in (None, "stolen", "foreign")]
        assert refused == [0, 0, 0]
        with pytest.raises(httpx.TransportError):
            httpx.get(f"http://127.0.0.1:{port}/health")
    assert door.gate.history("T1")[0].outcome == "allow"


def test_a_token_over_tls_counts_before_the_certificate(door: Door) -> None:
    ours = Authority.new(door.folder)
    ours.issue("server", "gate.example")
    ours.issue("unlisted", "wallet-2")
    tls = Tls(certificate="server.pem", key="server.key", client_ca="ca.pem")
    with listening(door, Settings(tls=tls)) as port:
        headers = {"Authorization": f"Bearer {door.token('wallet')}"}
        assert _with_certificate(door.folder, port, None, headers) == 200
        assert _with_certificate(door.folder, port, "unlisted", headers) == 200
        assert _with_certificate(door.folder, port, None) == 401


def test_old_tls_is_refused(door: Door) -> None:
    ours = Authority.new(door.folder)
    ours.issue("server", "gate.example")
    with listening(door, Settings(tls=Tls(certificate="server.pem", key="server.key"))) as port:
        context = ssl.create_default_context(cafile=door.folder / "ca.pem")
        with pytest.warns(DeprecationWarning, match="TLSv1_1"):
            context.minimum_version = ssl.TLSVersion.TLSv1_1
        with pytest.warns(DeprecationWarning, match="TLSv1_1"):
            context.maximum_version = ssl.TLSVersion.TLSv1_1
        with socket.create_connection(("127.0.0.1", port)) as plain, pytest.raises(ssl.SSLError):
            context.wrap_socket(plain, server_hostname="127.0.0.1")
