"""What the bytes of a file show at a glance, without reading it as a PDF."""

from functools import lru_cache

from asn1crypto import x509

SMALL = 1_000_000
"""Bytes; a file below is examined whatever it looks like, since that costs little."""


@lru_cache(maxsize=8)
def seal_fingerprints_of(seals_der: tuple[bytes, ...]) -> tuple[bytes, ...]:
    """Return byte strings that betray one of our seals inside a CMS signature.

    The certificate, its public key, and issuer with serial number as a SignerInfo names the
    signer (RFC 5652, 5.3): if one byte of a sealed file is changed, at least one remains.
    """
    marks: list[bytes] = []
    for der in seals_der:
        certificate = x509.Certificate.load(der)
        tbs = certificate["tbs_certificate"]
        signer = certificate.issuer.dump() + tbs["serial_number"].dump()
        marks += [der, certificate.public_key.dump(), signer]
    return tuple(marks)


def bears_seal(pdf: bytes, marks: tuple[bytes, ...]) -> bool:
    """Whether one of ``marks`` stands in the file, raw or as a hexadecimal string.

    Looks at the bytes alone, so that it also recognises our seal in a file whose structure is
    broken or that takes too long to read. It says whose seal a file bears, never whether that
    seal is good. Takes up to a tenth of a second for 20 MB.
    """
    if any(mark in pdf for mark in marks):
        return True
    folded = pdf.lower()
    return any(mark.hex().encode() in folded for mark in marks)


def holds_nothing(pdf: bytes) -> bool:
    """Whether a large file has neither an object's end nor a cross-reference table.

    Not even a repair finds a document in it (ISO 32000-2, 7.3.10 and 7.5.5), but looking for one
    takes seconds.
    """
    return len(pdf) >= SMALL and b"endobj" not in pdf and b"startxref" not in pdf
