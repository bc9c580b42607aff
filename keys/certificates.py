"""A request out of the token, a certificate back in, and which certificate may sign."""

from datetime import datetime
from itertools import pairwise

from asn1crypto import csr
from asn1crypto.keys import PublicKeyInfo
from asn1crypto.x509 import Name
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.oid import ExtendedKeyUsageOID

from clearance.algorithms import KeyAlgorithm, KeyKind, Mechanism, Scheme
from clearance.errors import InvalidValue, Refused
from hsm.module import Token
from keys.catalogue import Catalogue, CataloguedKey, Purpose, State

_SEALING = frozenset(
    {
        ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE,
        ExtendedKeyUsageOID.EMAIL_PROTECTION,
        x509.ObjectIdentifier("1.3.6.1.5.5.7.3.36"),  # document signing, RFC 9336
        x509.ObjectIdentifier("1.2.840.113583.1.1.5"),  # Adobe's authentic documents
        x509.ObjectIdentifier("1.3.6.1.4.1.311.10.3.12"),  # Microsoft's document signing
    }
)
"""Extended usages that a seal may carry; one of them is enough, none at all is right too."""


def certificate_request(token: Token, key: CataloguedKey, subject: x509.Name) -> bytes:
    """Make a PKCS#10 request (RFC 2986) signed inside the token; PEM.

    An RSA key signs it with PKCS#1 v1.5, which every authority reads. Raises as ``check_subject``
    and ``Token.sign``.
    """
    check_subject(subject)
    mechanism = Mechanism.named(key.mechanism)
    if mechanism.scheme is Scheme.PSS:
        mechanism = Mechanism.RSA_PKCS1_SHA256
    information = csr.CertificationRequestInfo(
        {
            "version": "v1",
            "subject": Name.load(subject.public_bytes()),
            "subject_pk_info": PublicKeyInfo.load(token.public_key(key.label)),
            "attributes": [],
        }
    )
    signature = token.sign(key.label, mechanism, information.dump())
    if mechanism.scheme is Scheme.ECDSA:
        half = len(signature) // 2
        r, s = (int.from_bytes(part) for part in (signature[:half], signature[half:]))
        signature = encode_dss_signature(r, s)
    request = csr.CertificationRequest(
        {
            "certification_request_info": information,
            "signature_algorithm": {"algorithm": mechanism.x509},
            "signature": signature,
        }
    )
    return x509.load_der_x509_csr(request.dump()).public_bytes(Encoding.PEM)


def check_subject(subject: x509.Name) -> None:
    """Refuse a name that verifiers cannot compare.

    RFC 4518 prepares names by stringprep, and RFC 3454 section 6 wants text with right-to-left
    letters to begin and end with one and to hold no Latin ones: a closing bracket or digit after
    Persian text makes pyHanko unable to build any path. Raises ``InvalidValue``
    (``keys.bad_subject``).
    """
    try:
        Name.load(subject.public_bytes()).hashable  # noqa: B018 - prepares the name
    except ValueError as error:
        raise InvalidValue("keys.bad_subject") from error


def import_certificate(
    catalogue: Catalogue, token: Token, label: str, pem: bytes, *, at: datetime
) -> Catalogue:
    """Take in a certificate (PEM: leaf first, then its issuers upward) and activate its key.

    The key's window shrinks to the certificate's validity. The certificate file and then the
    catalogue are on disk when this returns. Raises ``Refused``: ``keys.certificate_unreadable``,
    ``keys.chain_broken``, ``keys.not_planned`` for a retired or compromised key,
    ``keys.window_outside_certificate``, and what ``check_certificate`` (except that it may begin
    in the future) and ``check_matches`` raise.
    """
    key = catalogue.get(label)
    if key.state not in {State.PLANNED, State.ACTIVE}:
        raise Refused("keys.not_planned", parameters={"label": label, "state": key.state.value})
    try:
        chain = tuple(x509.load_pem_x509_certificates(pem))
    except ValueError as error:
        raise Refused("keys.certificate_unreadable", parameters={"label": label}) from error
    _check_chain(label, chain)
    leaf = chain[0]
    window = (
        max(key.not_before, leaf.not_valid_before_utc),
        min(key.not_after, leaf.not_valid_after_utc),
    )
    if window[0] >= window[1]:
        raise _refused("keys.window_outside_certificate", key, leaf)
    check_certificate(key, leaf, max(at, leaf.not_valid_before_utc))
    check_matches(key, leaf, token.public_key(label))
    changed = catalogue.with_certificate(label, chain, window=window)
    changed.save()
    return changed


def check_may_sign(key: CataloguedKey, certificate: x509.Certificate, at: datetime) -> None:
    """Refuse a key that may not sign at ``at`` (aware).

    Raises ``Refused``: ``keys.not_active`` (its state, or outside its window), and what
    ``check_certificate`` raises.
    """
    if key.state is not State.ACTIVE:
        raise Refused("keys.not_active", parameters={"label": key.label})
    check_certificate(key, certificate, at)
    if not key.is_in_window(at):
        raise Refused("keys.not_active", parameters={"label": key.label})


def check_certificate(key: CataloguedKey, certificate: x509.Certificate, at: datetime) -> None:
    """Refuse a certificate that does not let its key do its work at ``at`` (aware).

    Raises ``Refused``: ``keys.certificate_not_yet_valid``, ``keys.certificate_expired``,
    ``keys.certificate_wrong_usage``.
    """
    if at < certificate.not_valid_before_utc:
        raise _refused("keys.certificate_not_yet_valid", key, certificate)
    if at > certificate.not_valid_after_utc:
        raise _refused("keys.certificate_expired", key, certificate)
    if not _has_usage(key.purpose, certificate):
        raise _refused("keys.certificate_wrong_usage", key, certificate)


def check_matches(key: CataloguedKey, certificate: x509.Certificate, spki: bytes) -> None:
    """Refuse a certificate of another key than the token's (SubjectPublicKeyInfo, DER).

    Raises ``Refused`` (``keys.certificate_does_not_match``), also if the key is not of the kind
    that the catalogue says.
    """
    public = certificate.public_key()
    certified = public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    if certified != spki or _kind(certificate) != key.algorithm:
        raise _refused("keys.certificate_does_not_match", key, certificate)


def _check_chain(label: str, chain: tuple[x509.Certificate, ...]) -> None:
    for certificate, issuer in pairwise(chain):
        try:
            certificate.verify_directly_issued_by(issuer)
        except (ValueError, TypeError, InvalidSignature) as error:
            raise Refused("keys.chain_broken", parameters={"label": label}) from error


def _has_usage(purpose: Purpose, certificate: x509.Certificate) -> bool:
    """Whether the extensions allow the purpose; what they do not say is not allowed."""
    try:
        extensions = certificate.extensions
        usage = extensions.get_extension_for_class(x509.KeyUsage).value
    except (ValueError, x509.ExtensionNotFound, x509.DuplicateExtension):
        return False
    if usage.key_cert_sign or usage.crl_sign or _is_authority(extensions):
        return False
    if purpose is not Purpose.DOCUMENT_SEAL:
        return usage.digital_signature
    return (usage.digital_signature or usage.content_commitment) and _may_seal(extensions)


def _is_authority(extensions: x509.Extensions) -> bool:
    try:
        return extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    except x509.ExtensionNotFound:
        return False


def _may_seal(extensions: x509.Extensions) -> bool:
    try:
        extended = extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    except x509.ExtensionNotFound:
        return True
    return not _SEALING.isdisjoint(extended)


def _kind(certificate: x509.Certificate) -> KeyAlgorithm | None:
    public = certificate.public_key()
    if isinstance(public, rsa.RSAPublicKey):
        return KeyAlgorithm.of(KeyKind.RSA, bits=public.key_size)
    if isinstance(public, ec.EllipticCurvePublicKey):
        return KeyAlgorithm.of(KeyKind.EC, curve=public.curve.name)
    return KeyAlgorithm.ED25519 if isinstance(public, ed25519.Ed25519PublicKey) else None


def _refused(code: str, key: CataloguedKey, certificate: x509.Certificate) -> Refused:
    return Refused(
        code,
        parameters={
            "label": key.label,
            "subject": certificate.subject.rfc4514_string(),
            "not_before": certificate.not_valid_before_utc.isoformat(),
            "not_after": certificate.not_valid_after_utc.isoformat(),
        },
    )
