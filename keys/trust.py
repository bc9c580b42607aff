"""Trust anchors, and how to tell the development authority's certificates from real ones."""

from pathlib import Path

from cryptography import x509

from clearance.errors import Refused, Unavailable

DEVELOPMENT_MARK = "Mohr Development Authority"
"""Organization name in every certificate that the development authority issues to itself, and
so the issuer of every certificate that it issues to others."""


def load_anchors(path: Path) -> tuple[x509.Certificate, ...]:
    """Read the trust anchors from a PEM file.

    Raises ``Unavailable`` (``keys.anchors_missing``) or ``Refused`` (``keys.anchors_invalid``:
    not PEM certificates, or none).
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise Unavailable("keys.anchors_missing", parameters={"file": path.name}) from error
    try:
        return tuple(x509.load_pem_x509_certificates(content))
    except ValueError as error:
        raise Refused("keys.anchors_invalid", parameters={"file": path.name}) from error


def is_development(certificate: x509.Certificate) -> bool:
    """Whether the development authority issued this certificate, or is it."""
    return any(
        DEVELOPMENT_MARK in str(attribute.value)
        for name in (certificate.issuer, certificate.subject)
        for attribute in name.get_attributes_for_oid(x509.NameOID.ORGANIZATION_NAME)
    )


def refuse_development(certificates: tuple[x509.Certificate, ...], *, environment: str) -> None:
    """Refuse certificates of the development authority in any environment but ``development``.

    A seal under it is outside Article 10 of the E-Commerce Act (regulation under Article 32,
    Article 11). Raises ``Refused`` (``keys.development_certificate``).
    """
    if environment == "development":
        return
    for certificate in certificates:
        if is_development(certificate):
            raise Refused(
                "keys.development_certificate",
                parameters={"subject": certificate.subject.rfc4514_string()},
            )
