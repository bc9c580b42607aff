"""The conventional layouts, and the key kinds and mechanisms."""

import asyncio
import io
import subprocess
from pathlib import Path
from typing import Any

import pikepdf
import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.diff_analysis import ModificationLevel
from pyhanko.sign.validation import DocumentSecurityStore, async_validate_pdf_signature
from pyhanko.sign.validation.pdf_embedded import async_validate_pdf_timestamp
from pyhanko_certvalidator import ValidationContext

from clearance.algorithms import Mechanism, Scheme
from signer.certificates import to_asn1
from signer.layout import Layout

pytestmark = pytest.mark.integration


def _context(authority: Any, reader: PdfFileReader, mode: str = "require") -> ValidationContext:
    options = {
        "trust_roots": [to_asn1(each) for each in authority.anchors],
        "revocation_mode": mode,
        "retroactive_revinfo": False,
    }
    if "/DSS" in reader.root:
        return DocumentSecurityStore.read_dss(reader).as_validation_context(options)
    chain = [to_asn1(each) for each in authority.key().chain]
    return ValidationContext(other_certs=chain, **options)


def _status(authority: Any, sealed: bytes, mode: str = "require") -> Any:
    reader = PdfFileReader(io.BytesIO(sealed))
    return asyncio.run(
        async_validate_pdf_signature(
            reader.embedded_regular_signatures[0],
            signer_validation_context=_context(authority, reader, mode),
            ts_validation_context=_context(authority, reader, mode),
        )
    )


@pytest.mark.parametrize("layout", Layout)
def test_every_layout_is_valid_for_poppler_and_qpdf(
    sealing: Any, layout: Layout, tmp_path: Path
) -> None:
    path = tmp_path / "sealed.pdf"
    path.write_bytes(sealing(layout))
    poppler = subprocess.run(
        ["pdfsig", "-nocert", path], capture_output=True, timeout=60, check=False
    ).stdout.decode()
    assert poppler.count("Signature is Valid.") == 1
    subprocess.run(["qpdf", "--check", path], capture_output=True, timeout=60, check=True)


def test_b_b_is_the_signature_alone(sealing: Any, authority: Any) -> None:
    sealed = sealing(Layout.B_B)
    status = _status(authority, sealed, mode="soft-fail")
    assert status.bottom_line
    assert status.timestamp_validity is None
    assert b"/DSS" not in sealed
    assert authority.requests["tsa"] == 0


def test_b_t_has_a_timestamp_and_no_store(sealing: Any, authority: Any) -> None:
    sealed = sealing(Layout.B_T)
    status = _status(authority, sealed, mode="soft-fail")
    assert status.bottom_line
    assert status.timestamp_validity.trusted
    assert b"/DSS" not in sealed


def test_b_lt_appends_its_store(sealing: Any, authority: Any, document: Any) -> None:
    sealed = sealing(Layout.B_LT)
    assert sealed.count(b"%%EOF") == 2
    status = _status(authority, sealed)
    assert status.bottom_line
    assert status.modification_level is ModificationLevel.LTA_UPDATES
    store = DocumentSecurityStore.read_dss(PdfFileReader(io.BytesIO(sealed)))
    assert len(store.vri_entries) == 1
    assert _identification(sealed) == _identification(document.pdf)


def test_b_lta_ends_with_a_document_timestamp(sealing: Any, authority: Any, document: Any) -> None:
    sealed = sealing(Layout.B_LTA)
    assert authority.requests["tsa"] == 3  # one to know the TSA, signature, document
    reader = PdfFileReader(io.BytesIO(sealed))
    assert _status(authority, sealed).bottom_line
    (archive,) = reader.embedded_timestamp_signatures
    timestamp = asyncio.run(async_validate_pdf_timestamp(archive, _context(authority, reader)))
    assert (timestamp.intact, timestamp.valid, timestamp.trusted) == (True, True, True)
    assert timestamp.coverage.name == "ENTIRE_FILE"
    assert _identification(sealed) == _identification(document.pdf)


def _identification(pdf: bytes) -> set[str]:
    """What the XMP packet claims to conform to."""
    with pikepdf.open(io.BytesIO(pdf)) as opened, opened.open_metadata() as metadata:
        return {f"{key}={metadata[key]}" for key in metadata if "pdfaid" in key or "pdfuaid" in key}


@pytest.mark.parametrize(
    ("label", "mechanism"),
    [
        ("seal", Mechanism.RSA_PKCS1_SHA256),
        ("seal", Mechanism.RSA_PKCS1_SHA512),
        ("seal", Mechanism.RSA_PSS_SHA256),
        ("seal-p256", Mechanism.ECDSA_SHA256),
        ("seal-p384", Mechanism.ECDSA_SHA384),
        ("seal-ed25519", Mechanism.ED25519),
    ],
)
def test_every_mechanism_signs_once_and_validly(
    sealing: Any, authority: Any, label: str, mechanism: Mechanism
) -> None:
    key = authority.key(label, mechanism)
    sealed = sealing(key=key)
    assert key.signatures == 1
    status = _status(authority, sealed)
    assert status.bottom_line
    assert status.md_algorithm == mechanism.hash
    if mechanism.scheme is Scheme.ECDSA:
        signer = PdfFileReader(io.BytesIO(sealed)).embedded_signatures[0].signer_info
        attributes = signer["signed_attrs"].untag().dump()
        hashing = {"sha256": hashes.SHA256(), "sha384": hashes.SHA384()}[mechanism.hash]
        public: Any = key.certificate.public_key()
        # Raises unless the signature is a DER sequence over these attributes.
        public.verify(signer["signature"].native, attributes, ec.ECDSA(hashing))
