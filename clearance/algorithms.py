"""The one table of algorithms: what makes keys, signs, seals and judges reads its rows.

Each enumeration is a table: its members are the rows, their attributes the columns. A name is
looked up, never taken apart. Identifiers are those of RFC 5754 (hashes, PKCS#1), RFC 4056 (PSS),
RFC 5758 (ECDSA) and RFC 8410 (Ed25519); mechanisms those of PKCS#11 3.0 without ``CKM_``. What a
row cannot do, it says (docs/decisions/0017).
"""

from datetime import date
from enum import StrEnum
from typing import Self


class Hash(StrEnum):
    """Hashes, by their names in ``hashlib`` and X.509."""

    oid: str
    pkcs11: str
    """Of the plain hash and of its mask generation (``CKG_MGF1_``); empty: we sign by none."""
    since: date
    """When it was published: nothing made with it is older."""
    until: date | None
    """From when on nothing new is believed with it; None: no end is known. An operator may set an
    earlier end in ``trust.toml`` (``keys.history``), to this and to every kind of key."""

    def __new__(
        cls, name: str, oid: str, pkcs11: str, since: date, until: date | None = None
    ) -> Self:
        """Make a row."""
        row = str.__new__(cls, name)
        row._value_ = name
        row.oid, row.pkcs11, row.since, row.until = oid, pkcs11, since, until
        return row

    MD2 = "md2", "1.2.840.113549.2.2", "", date(1989, 8, 1), date(2009, 3, 1)
    """Not believed since its preimages came within reach (RFC 6149)."""
    MD5 = "md5", "1.2.840.113549.2.5", "", date(1992, 4, 1), date(2008, 12, 30)
    """Not believed since a collision made a false authority (RFC 6151)."""
    SHA1 = "sha1", "1.3.14.3.2.26", "", date(1995, 4, 17), date(2017, 2, 23)
    """Not believed since the first collision was shown."""
    SHA256 = "sha256", "2.16.840.1.101.3.4.2.1", "SHA256", date(2002, 8, 1)
    SHA384 = "sha384", "2.16.840.1.101.3.4.2.2", "SHA384", date(2002, 8, 1)
    SHA512 = "sha512", "2.16.840.1.101.3.4.2.3", "SHA512", date(2002, 8, 1)

    @classmethod
    def ended_by(cls, day: date) -> frozenset[Self]:
        """Return the hashes with which nothing is believed that is judged on ``day``."""
        return frozenset(each for each in cls if each.until is not None and each.until <= day)


class KeyKind(StrEnum):
    """Kinds of key, by their names in X.509."""

    RSA = "rsa"
    EC = "ec"
    """On a curve over a prime field, for ECDSA."""
    ED25519 = "ed25519"


class KeyAlgorithm(StrEnum):
    """Kinds of key with their size: what a token makes, and what the verifier believes in."""

    kind: KeyKind
    bits: int
    curve: str
    """Its name in X.509, or its identifier where it has none; empty for RSA."""
    since: date
    """When it was published: nothing made with it is older."""
    until: date | None
    """From when on nothing new is believed with it; None: no end is known."""

    def __new__(  # noqa: D102 - the columns of a row
        cls, name: str, kind: KeyKind, bits: int, curve: str, since: date, until: date | None = None
    ) -> Self:
        row = str.__new__(cls, name)
        row._value_ = name
        row.kind, row.bits, row.curve, row.since, row.until = kind, bits, curve, since, until
        return row

    RSA_2048 = "rsa-2048", KeyKind.RSA, 2048, "", date(1993, 11, 1)
    RSA_3072 = "rsa-3072", KeyKind.RSA, 3072, "", date(1993, 11, 1)
    RSA_4096 = "rsa-4096", KeyKind.RSA, 4096, "", date(1993, 11, 1)
    P_256 = "p-256", KeyKind.EC, 256, "secp256r1", date(2000, 1, 27)
    P_384 = "p-384", KeyKind.EC, 384, "secp384r1", date(2000, 1, 27)
    P_521 = "p-521", KeyKind.EC, 521, "secp521r1", date(2000, 1, 27)
    ED25519 = "ed25519", KeyKind.ED25519, 256, "1.3.101.112", date(2017, 1, 1)
    """No curve in the sense of RFC 5480: the identifier is that of the algorithm (RFC 8410)."""

    @classmethod
    def of(cls, kind: str, *, bits: int = 0, curve: str = "") -> "KeyAlgorithm | None":
        """Return the row of a key, by its curve where it has one; None if there is none."""
        wanted = (kind, curve or bits)
        return next((row for row in cls if wanted == (row.kind, row.curve or row.bits)), None)

    @classmethod
    def smallest_rsa(cls, day: date) -> int:
        """Return the bits of the smallest RSA key that is believed on ``day``."""
        believed = [row for row in cls if row.until is None or day < row.until]
        return min(row.bits for row in believed if row.kind is KeyKind.RSA)


class Scheme(StrEnum):
    """Ways to sign, by the form of what they return."""

    kind: KeyKind
    """The keys that they take."""
    since: date
    """When it was published: nothing made with it is older."""

    def __new__(cls, name: str, kind: KeyKind, since: date) -> Self:
        """Make a row."""
        row = str.__new__(cls, name)
        row._value_, row.kind, row.since = name, kind, since
        return row

    PKCS1 = "rsa-pkcs1", KeyKind.RSA, date(1993, 11, 1)
    """PKCS#1 v1.5 (RFC 8017, 8.2)."""
    PSS = "rsa-pss", KeyKind.RSA, date(2003, 2, 1)
    """PSS with MGF1 over the same hash and a salt as long as the hash (RFC 8017, 8.1)."""
    ECDSA = "ecdsa", KeyKind.EC, date(2000, 1, 27)
    """Tokens return fixed-width ``r || s``, X.509 and CMS hold a DER sequence (RFC 5753, 7.2)."""
    EDDSA = "eddsa", KeyKind.ED25519, date(2017, 1, 1)
    """Takes the data themselves, unhashed (RFC 8032, PureEdDSA); 64 bytes."""


class Mechanism(StrEnum):
    """A way to sign together with its hash."""

    scheme: Scheme
    hash: Hash
    """What the data are hashed with. Ed25519 hashes for itself, and this is what CMS hashes the
    content with beside it (RFC 8419, 3.1)."""
    x509: str
    """Its name in certificates, requests and CMS."""
    oid: str
    pkcs11: str
    """SoftHSM2 2.6 knows no ECDSA with a hash: plain ``ECDSA`` is given the hash."""

    def __new__(  # noqa: D102 - the columns of a row
        cls, name: str, scheme: Scheme, by: Hash, x509: str, oid: str, pkcs11: str
    ) -> Self:
        row = str.__new__(cls, name)
        row._value_ = name
        row.scheme, row.hash = scheme, by
        row.x509, row.oid, row.pkcs11 = x509, oid, pkcs11
        return row

    RSA_PKCS1_SHA256 = (
        "rsa-pkcs1-sha256",
        Scheme.PKCS1,
        Hash.SHA256,
        "sha256_rsa",
        "1.2.840.113549.1.1.11",
        "SHA256_RSA_PKCS",
    )
    RSA_PKCS1_SHA384 = (
        "rsa-pkcs1-sha384",
        Scheme.PKCS1,
        Hash.SHA384,
        "sha384_rsa",
        "1.2.840.113549.1.1.12",
        "SHA384_RSA_PKCS",
    )
    RSA_PKCS1_SHA512 = (
        "rsa-pkcs1-sha512",
        Scheme.PKCS1,
        Hash.SHA512,
        "sha512_rsa",
        "1.2.840.113549.1.1.13",
        "SHA512_RSA_PKCS",
    )
    RSA_PSS_SHA256 = (
        "rsa-pss-sha256",
        Scheme.PSS,
        Hash.SHA256,
        "rsassa_pss",
        "1.2.840.113549.1.1.10",
        "SHA256_RSA_PKCS_PSS",
    )
    RSA_PSS_SHA384 = (
        "rsa-pss-sha384",
        Scheme.PSS,
        Hash.SHA384,
        "rsassa_pss",
        "1.2.840.113549.1.1.10",
        "SHA384_RSA_PKCS_PSS",
    )
    RSA_PSS_SHA512 = (
        "rsa-pss-sha512",
        Scheme.PSS,
        Hash.SHA512,
        "rsassa_pss",
        "1.2.840.113549.1.1.10",
        "SHA512_RSA_PKCS_PSS",
    )
    ECDSA_SHA256 = (
        "ecdsa-sha256",
        Scheme.ECDSA,
        Hash.SHA256,
        "sha256_ecdsa",
        "1.2.840.10045.4.3.2",
        "ECDSA",
    )
    ECDSA_SHA384 = (
        "ecdsa-sha384",
        Scheme.ECDSA,
        Hash.SHA384,
        "sha384_ecdsa",
        "1.2.840.10045.4.3.3",
        "ECDSA",
    )
    ED25519 = (
        "ed25519",
        Scheme.EDDSA,
        Hash.SHA512,
        "ed25519",
        "1.3.101.112",
        "EDDSA",
    )

    @classmethod
    def named(cls, name: str) -> Self:
        """Return the row with this name. Raises ``ValueError`` if there is none."""
        for row in cls:
            if row == name:
                return row
        raise ValueError(name)

    @property
    def since(self) -> date:
        """When it was published: nothing made with it is older."""
        return max(self.scheme.since, self.hash.since)

    @property
    def takes(self) -> KeyKind:
        """The kind of key that it takes."""
        return self.scheme.kind
