"""The default layout: one revision with its evidence under the signature."""

import asyncio
import hashlib
import io
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pikepdf
import pytest
from asn1crypto import cms
from cryptography.hazmat.primitives.serialization import Encoding
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.diff_analysis import ModificationLevel
from pyhanko.sign.validation import DocumentSecurityStore, async_validate_pdf_signature
from pyhanko.sign.validation.status import PdfSignatureStatus

from clearance.algorithms import Mechanism
from signer.certificates import to_asn1
from signer.rendering import RenderedDocument

pytestmark = pytest.mark.integration


@pytest.fixture
def sealed(sealing: Any) -> bytes:
    result: bytes = sealing()
    return result


@pytest.fixture
def sealed_path(sealed: bytes, tmp_path: Path) -> Path:
    path = tmp_path / "sealed.pdf"
    path.write_bytes(sealed)
    return path


def _judge(*command: str | Path) -> str:
    done = subprocess.run(command, capture_output=True, timeout=60, check=False)
    return (done.stdout + done.stderr).decode()


def _offline(sealed: bytes, authority: Any, moment: datetime | None = None) -> PdfSignatureStatus:
    """Judge with the trust anchor and what the file holds, nothing else."""
    signature = PdfFileReader(io.BytesIO(sealed)).embedded_signatures[0]
    store = DocumentSecurityStore.read_dss(signature.reader)
    options = {
        "trust_roots": [to_asn1(each) for each in authority.anchors],
        "revocation_mode": "require",
        "allow_fetching": False,
        "moment": moment,
    }
    return asyncio.run(
        async_validate_pdf_signature(
            signature,
            signer_validation_context=store.as_validation_context(options),
            ts_validation_context=store.as_validation_context(options),
        )
    )


def _container(sealed: bytes) -> cms.SignedData:
    signature = PdfFileReader(io.BytesIO(sealed)).embedded_signatures[0]
    return signature.signed_data


def test_file_has_one_revision(sealed: bytes) -> None:
    assert sealed.count(b"%%EOF") == 1
    assert sealed.count(b"startxref") == 1
    assert sealed.rstrip().endswith(b"%%EOF")
    assert PdfFileReader(io.BytesIO(sealed)).xrefs.total_revisions == 1


def test_token_and_tsa_are_asked_once(sealing: Any, authority: Any) -> None:
    key = authority.key()
    sealing(key=key)
    assert key.signatures == 1
    authority.requests.clear()
    sealing(key=key)
    assert key.signatures == 2
    assert authority.requests == {"tsa": 1}


def test_rendered_document_survives(sealed: bytes, document: RenderedDocument) -> None:
    added = {"/DSS", "/Perms", "/Extensions"}
    with (
        pikepdf.open(io.BytesIO(document.pdf)) as before,
        pikepdf.open(io.BytesIO(sealed)) as after,
    ):
        assert bytes(after.trailer.ID[0]) == bytes(before.trailer.ID[0])
        assert _shape(after.trailer.Info) == _shape(before.trailer.Info)
        assert set(after.Root.keys()) - set(before.Root.keys()) == added
        assert {"/StructTreeRoot", "/MarkInfo", "/Lang", "/OutputIntents", "/AF", "/Metadata"} <= {
            *before.Root.keys()
        }
        for name, value in before.Root.items():
            assert _shape(after.Root[name]) == _shape(value), name
        assert "/Filter" not in after.Root.Metadata


def _shape(value: Any, depth: int = 14) -> Any:
    """Reduce an object to plain values, without object numbers, ways upward and the signature."""
    if depth == 0:
        return "..."
    if isinstance(value, pikepdf.Stream):
        about = _shape(value.stream_dict, depth)
        # An empty stream may be packed; its content is what counts.
        about = {k: each for k, each in about.items() if k not in ("/Length", "/Filter")}
        return about, hashlib.sha256(value.read_bytes()).digest()
    if isinstance(value, pikepdf.Dictionary):
        upward = ("/P", "/Parent", "/Pg", "/V")
        return {k: _shape(each, depth - 1) for k, each in value.items() if k not in upward}
    if isinstance(value, pikepdf.Array):
        return [_shape(each, depth - 1) for each in value]
    return bytes(value) if isinstance(value, pikepdf.String) else str(value)


def test_signature_dictionary_certifies_without_changes(
    sealed: bytes, document: RenderedDocument
) -> None:
    with pikepdf.open(io.BytesIO(sealed)) as pdf:
        (field,) = pdf.Root.AcroForm.Fields
        signature = field.V
        assert str(field.T) == document.seal_field
        assert signature.SubFilter == "/ETSI.CAdES.detached"
        assert str(signature.Name) == "مهر سازمانی آزمایشی"
        assert "مفاصاحساب" in str(signature.Reason)
        assert str(signature.Location) == "IR"
        signed_at = datetime.strptime(str(signature.M), "D:%Y%m%d%H%M%SZ").replace(tzinfo=UTC)
        assert abs(datetime.now(UTC) - signed_at) < timedelta(minutes=2)
        (reference,) = signature.Reference
        assert reference.TransformMethod == "/DocMDP"
        assert reference.TransformParams.P == 1
        assert pdf.Root.Perms.DocMDP.objgen == signature.objgen
        assert pdf.Root.AcroForm.SigFlags == 3


def test_container_is_cades(sealed: bytes, authority: Any) -> None:
    signed = _container(sealed)
    (signer,) = signed["signer_infos"]
    names = [each["type"].native for each in signer["signed_attrs"]]
    assert "signing_certificate_v2" in names
    assert "signing_time" not in names  # PAdES: the time is /M's and the timestamp's
    assert [each["type"].native for each in signer["unsigned_attrs"]] == [
        "signature_time_stamp_token"
    ]
    assert signer["signature_algorithm"]["algorithm"].native == "sha256_rsa"
    contained = {each.chosen.dump() for each in signed["certificates"]}
    key = authority.key()
    assert contained == {each.public_bytes(Encoding.DER) for each in (key.certificate, *key.chain)}


def test_store_holds_both_paths_and_their_responders(sealed: bytes, authority: Any) -> None:
    reader = PdfFileReader(io.BytesIO(sealed))
    store = DocumentSecurityStore.read_dss(reader)
    held = {each.dump() for each in store.load_certs()}
    expected = ("root", "intermediate", "seal", "tsa2", "ocsp")
    assert held == {authority.certificate(each).public_bytes(Encoding.DER) for each in expected}
    assert len(store.ocsps) == 2
    assert len(store.crls) == 1  # the intermediate's status, by the root


def test_store_holds_the_status_of_a_responder_without_nocheck(
    sealing: Any, authority: Any
) -> None:
    """Such a responder may be revoked itself, so a reader asks for its status too (RFC 6960)."""
    sealed = sealing(key=authority.key("seal-checked", Mechanism.ECDSA_SHA256))
    store = DocumentSecurityStore.read_dss(PdfFileReader(io.BytesIO(sealed)))
    assert authority.certificate("ocsp-checked").public_bytes(Encoding.DER) in {
        each.dump() for each in store.load_certs()
    }
    assert len(store.crls) == 2  # the intermediate's status, and the responder's
    assert _offline(sealed, authority).bottom_line


def test_valid_offline_with_revocation_required(sealed: bytes, authority: Any) -> None:
    status = _offline(sealed, authority)
    assert status.bottom_line
    assert status.modification_level is ModificationLevel.NONE
    assert status.coverage.name == "ENTIRE_FILE"
    assert status.timestamp_validity is not None
    assert status.timestamp_validity.trusted


def test_answers_cover_the_moment_of_the_timestamp(sealed: bytes, authority: Any) -> None:
    """How a reader judges years later, when all answers have ended."""
    now = _offline(sealed, authority).timestamp_validity
    assert now is not None
    assert _offline(sealed, authority, moment=now.timestamp).bottom_line
    assert not _offline(sealed, authority, moment=now.timestamp + timedelta(days=2)).bottom_line


def test_changed_byte_breaks_it(sealed: bytes, authority: Any) -> None:
    changed = sealed.replace(b"x:xmpmeta", b"x:xmpmata", 1)
    assert changed != sealed
    assert not _offline(changed, authority).intact


def test_poppler_finds_it_valid(sealed_path: Path) -> None:
    answer = _judge("pdfsig", "-nocert", sealed_path)
    assert "Signature is Valid." in answer
    assert "Total document signed" in answer
    assert "Not total" not in answer


def test_mupdf_finds_it_unchanged(sealed_path: Path) -> None:
    answer = _judge("mutool", "sign", "-v", sealed_path)
    assert "The document is unchanged since signing." in answer


def test_qpdf_finds_no_error(sealed_path: Path) -> None:
    assert "No syntax or stream encoding errors found" in _judge("qpdf", "--check", sealed_path)


def test_pyhanko_command_finds_it_valid(sealed_path: Path, authority: Any, tmp_path: Path) -> None:
    anchor = tmp_path / "anchor.pem"
    anchor.write_bytes(authority.anchors[0].public_bytes(Encoding.PEM))
    answer = _judge(
        *(
            Path(sys.executable).with_name("pyhanko"),
            "sign",
            "validate",
            "--pretty-print",
            "--force-revinfo",
        ),
        *("--trust", anchor, "--trust-replace", sealed_path),
    )
    assert "The signature is judged VALID." in answer
    assert "The signature covers the entire file." in answer


def test_documented_check_needs_no_network(
    sealed_path: Path, authority: Any, tmp_path: Path
) -> None:
    sealed_path.rename(tmp_path / "clearance.pdf")
    (tmp_path / "anchors.pem").write_bytes(authority.anchors[0].public_bytes(Encoding.PEM))
    page = Path("docs/seal.md").read_text(encoding="utf-8")
    program = page.split("```python\n")[1].split("```")[0]
    authority.requests.clear()
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=tmp_path, capture_output=True, timeout=60, check=True
    )
    assert "The signature is judged VALID." in done.stdout.decode()
    assert authority.requests == {}
