"""Certificates between ``cryptography``, which Mohr speaks, and asn1crypto, which pyHanko does."""

from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding


def to_asn1(certificate: x509.Certificate) -> asn1_x509.Certificate:
    """Return the same certificate for asn1crypto."""
    return asn1_x509.Certificate.load(certificate.public_bytes(Encoding.DER))


def from_asn1(certificate: asn1_x509.Certificate) -> x509.Certificate:
    """Return the same certificate for ``cryptography``; raises ``ValueError`` if it is damaged."""
    return x509.load_der_x509_certificate(certificate.dump())
