"""A certificate authority for tests of mutual TLS on this machine."""

from __future__ import annotations

import ipaddress
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID


def certify(folder: Path, names: tuple[str, ...]) -> Path:
    """An authority, and a certificate of it for each operator on this machine."""
    authority_key = ec.generate_private_key(ec.SECP256R1())
    authority = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "trial authority")])
    start = datetime.now(UTC) - timedelta(hours=1)

    def certificate(subject: x509.Name, key: ec.EllipticCurvePrivateKey, *, is_ca: bool) -> x509.Certificate:
        builder = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(authority)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(start)
            .not_valid_after(start + timedelta(days=1))
            .add_extension(x509.BasicConstraints(ca=is_ca, path_length=None), critical=True)
            .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        )
        return builder.sign(authority_key, hashes.SHA256())

    def pem(one: x509.Certificate) -> bytes:
        return one.public_bytes(serialization.Encoding.PEM)

    ca = folder / "ca.pem"
    ca.write_bytes(pem(certificate(authority, authority_key, is_ca=True)))
    for name in names:
        key = ec.generate_private_key(ec.SECP256R1())
        (folder / name).mkdir()
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        (folder / name / "cert.pem").write_bytes(pem(certificate(subject, key, is_ca=False)))
        private = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        (folder / name / "key.pem").write_bytes(private)
    return ca
