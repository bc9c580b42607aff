"""What the development authority writes into a certificate of each kind."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.types import CertificatePublicKeyTypes
from cryptography.x509.oid import AuthorityInformationAccessOID, ExtendedKeyUsageOID

POLICY_ARC = "2.999.38"
"""Under the arc that ITU-T X.660 keeps for examples: these policies exist nowhere else."""
TIMESTAMP_POLICY = f"{POLICY_ARC}.3"


class Profile(StrEnum):
    """Kinds of certificate."""

    ROOT = "root"
    INTERMEDIATE = "intermediate"
    SEAL = "seal"
    """Organizational seal: digital signature and non-repudiation."""
    TOKEN = "token"  # noqa: S105 - a profile
    """QR tokens and the register's log: digital signature."""
    TIMESTAMP = "timestamp"
    OCSP = "ocsp"
    """Revocation answers; itself not asked about (RFC 6960 section 4.2.2.2.1)."""
    SERVER = "server"
    """A web server's: of the wrong usage for everything that Mohr signs."""


@dataclass(frozen=True, kw_only=True)
class _Rules:
    years: int
    usages: frozenset[str]
    path_length: int | None = None
    """Set for authorities only."""
    extended: x509.ObjectIdentifier | None = None
    policy: str | None = None


_SIGNING = frozenset({"digital_signature"})
_ISSUING = frozenset({"key_cert_sign", "crl_sign"})
_RULES = {
    Profile.ROOT: _Rules(years=20, usages=_ISSUING, path_length=1),
    Profile.INTERMEDIATE: _Rules(years=15, usages=_ISSUING, path_length=0, policy="2.5.29.32.0"),
    Profile.SEAL: _Rules(
        years=3, usages=_SIGNING | {"content_commitment"}, policy=f"{POLICY_ARC}.1"
    ),
    Profile.TOKEN: _Rules(years=3, usages=_SIGNING, policy=f"{POLICY_ARC}.2"),
    Profile.TIMESTAMP: _Rules(
        years=10,
        usages=_SIGNING,
        extended=ExtendedKeyUsageOID.TIME_STAMPING,
        policy=TIMESTAMP_POLICY,
    ),
    Profile.OCSP: _Rules(years=10, usages=_SIGNING, extended=ExtendedKeyUsageOID.OCSP_SIGNING),
    Profile.SERVER: _Rules(
        years=1, usages=frozenset({"key_encipherment"}), extended=ExtendedKeyUsageOID.SERVER_AUTH
    ),
}
_ALL_USAGES = (
    "digital_signature",
    "content_commitment",
    "key_encipherment",
    "data_encipherment",
    "key_agreement",
    "key_cert_sign",
    "crl_sign",
    "encipher_only",
    "decipher_only",
)


@dataclass(frozen=True, kw_only=True)
class Addresses:
    """Where the services of an authority answer; these stand in the certificates."""

    base_url: str
    """Without a slash at its end."""

    @property
    def timestamp(self) -> str:
        """RFC 3161 over HTTP."""
        return f"{self.base_url}/tsa"

    @property
    def ocsp(self) -> str:
        """RFC 6960 over HTTP, for what the intermediate authority issued."""
        return f"{self.base_url}/ocsp"

    def certificate(self, authority: Profile) -> str:
        """Certificate of the root or intermediate authority, DER."""
        return f"{self.base_url}/certificates/{authority}.cer"

    def revocations(self, authority: Profile) -> str:
        """Revocation list of the root or intermediate authority, DER."""
        return f"{self.base_url}/revocations/{authority}.crl"


@dataclass(frozen=True, kw_only=True)
class Issuer:
    """Who signs a certificate."""

    profile: Profile
    name: x509.Name
    key: ec.EllipticCurvePrivateKey


def build(
    profile: Profile,
    *,
    subject: x509.Name,
    public_key: CertificatePublicKeyTypes,
    issuer: Issuer,
    addresses: Addresses,
    not_before: datetime,
    not_after: datetime | None,
) -> x509.Certificate:
    """Issue one certificate; without ``not_after`` it lasts as long as its kind does."""
    rules = _RULES[profile]
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer.name)
        .public_key(public_key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(not_before)
        .not_valid_after(not_after or not_before + timedelta(days=365 * rules.years))
    )
    for extension, critical in (
        (_basic_constraints(rules), True),
        (key_usage(rules.usages), True),
        (x509.SubjectKeyIdentifier.from_public_key(public_key), False),
        (x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer.key.public_key()), False),
    ):
        builder = builder.add_extension(extension, critical=critical)
    if rules.extended is not None:
        # Critical for a TSA by RFC 3161 section 2.3; harmless for the others.
        builder = builder.add_extension(x509.ExtendedKeyUsage([rules.extended]), critical=True)
    if rules.policy is not None:
        policy = x509.PolicyInformation(x509.ObjectIdentifier(rules.policy), None)
        builder = builder.add_extension(x509.CertificatePolicies([policy]), critical=False)
    if profile is not Profile.ROOT:
        builder = _with_pointers(builder, profile, issuer.profile, addresses)
    return builder.sign(issuer.key, hashes.SHA256())


def _basic_constraints(rules: _Rules) -> x509.BasicConstraints:
    is_authority = rules.path_length is not None
    return x509.BasicConstraints(ca=is_authority, path_length=rules.path_length)


def key_usage(usages: Collection[str]) -> x509.KeyUsage:
    """Return the extension that allows ``usages``, by their names in it, and no others."""
    return x509.KeyUsage(**{name: name in usages for name in _ALL_USAGES})


def _with_pointers(
    builder: x509.CertificateBuilder, profile: Profile, issuer: Profile, addresses: Addresses
) -> x509.CertificateBuilder:
    """Say where the issuer's certificate and the revocation answers are."""
    described = [
        x509.AccessDescription(
            AuthorityInformationAccessOID.CA_ISSUERS,
            x509.UniformResourceIdentifier(addresses.certificate(issuer)),
        )
    ]
    if issuer is Profile.INTERMEDIATE and profile is not Profile.OCSP:
        described.append(
            x509.AccessDescription(
                AuthorityInformationAccessOID.OCSP,
                x509.UniformResourceIdentifier(addresses.ocsp),
            )
        )
    builder = builder.add_extension(x509.AuthorityInformationAccess(described), critical=False)
    if profile is Profile.OCSP:
        return builder.add_extension(x509.OCSPNoCheck(), critical=False)
    point = x509.DistributionPoint(
        full_name=[x509.UniformResourceIdentifier(addresses.revocations(issuer))],
        relative_name=None,
        reasons=None,
        crl_issuer=None,
    )
    return builder.add_extension(x509.CRLDistributionPoints([point]), critical=False)
