"""The empty signature field: right for PDF/A and PDF/UA, and signed in place by anyone."""

import subprocess
from datetime import UTC, datetime, timedelta
from io import BytesIO

import pikepdf
import pytest
from asn1crypto import keys as asn1_keys
from asn1crypto import x509 as asn1_x509
from cryptography.hazmat.primitives import serialization
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign.fields import MDPPerm
from pyhanko.sign.signers import PdfSignatureMetadata, PdfSigner, SimpleSigner
from pyhanko.stamp import BaseStampStyle
from pyhanko_certvalidator.registry import SimpleCertificateStore
from pypdfium2 import PdfDocument
from throwaway import self_signed

from clearance.errors import InternalFault
from signer.pdfa_metadata import prepare_seal_field

PRINT_AND_LOCKED = 132
NOT_HIDDEN = 0b100100011
"""The flags invisible, hidden, no view and toggle no view, which PDF/A forbids."""


def test_field_is_an_empty_signature_field_with_words(any_sealable, any_sealable_pdf):
    form = any_sealable_pdf.Root.AcroForm
    assert sorted(form.keys()) == ["/Fields", "/SigFlags"]
    (field,) = form.Fields
    assert pikepdf.Name.Sig == field.FT
    assert str(field["/T"]) == any_sealable.seal_field == "Seal"
    assert "مهر سازمانی" in str(field.TU)
    assert int(field["/F"]) == PRINT_AND_LOCKED
    assert not int(field["/F"]) & NOT_HIDDEN
    assert {"/V", "/A", "/AA", "/AS", "/MK", "/DA", "/DV"}.isdisjoint(field.keys())


def test_field_lies_on_its_page_where_the_seal_is_drawn(any_sealable, any_sealable_pdf):
    page = any_sealable_pdf.pages[any_sealable.seal_page]
    (annotation,) = page.Annots
    assert annotation.objgen == any_sealable_pdf.Root.AcroForm.Fields[0].objgen
    assert annotation.P.objgen == page.obj.objgen
    assert tuple(float(edge) for edge in annotation.Rect) == any_sealable.seal_box
    left, bottom, right, top = any_sealable.seal_box
    sheet = PdfDocument(any_sealable.pdf)
    picture = sheet[any_sealable.seal_page].render(scale=2).to_pil().convert("L")
    sheet.close()
    height = picture.height
    seal = picture.crop((2 * left, height - 2 * top, 2 * right, height - 2 * bottom))
    dark = [seal.getpixel((x, y)) < 150 for x in range(seal.width) for y in range(seal.height)]
    assert 0.03 < sum(dark) / len(dark) < 0.3
    # The drawing reaches the box's edges and no further.
    inked = seal.point(lambda value: 255 if value < 200 else 0).getbbox()
    assert inked is not None
    assert inked[0] < 8
    assert inked[1] < 8
    assert inked[2] > seal.width - 8
    assert inked[3] > seal.height - 8


def test_appearance_is_there_and_shows_nothing(any_sealable, any_sealable_pdf):
    (field,) = any_sealable_pdf.Root.AcroForm.Fields
    assert list(field.AP.keys()) == ["/N"]
    appearance = field.AP.N
    assert appearance.Subtype == pikepdf.Name.Form
    assert appearance.read_bytes() == b""
    left, bottom, right, top = any_sealable.seal_box
    assert [float(edge) for edge in appearance.BBox] == pytest.approx(
        [0, 0, right - left, top - bottom]
    )


def test_field_hangs_in_the_structure_tree_between_inquiry_and_caption(any_sealable_pdf):
    (field,) = any_sealable_pdf.Root.AcroForm.Fields
    numbers = any_sealable_pdf.Root.StructTreeRoot.ParentTree.Nums
    parents = {int(key): value for key, value in zip(numbers[::2], numbers[1::2], strict=True)}
    form = parents[int(field.StructParent)]
    assert pikepdf.Name.Form == form.S
    (reference,) = form.K
    assert reference.Type == pikepdf.Name.OBJR
    assert reference.Obj.objgen == field.objgen
    kinds = [each.S for each in form.P.P.K]
    assert kinds == [pikepdf.Name.NonStruct, pikepdf.Name.P]
    siblings = [str(each.get("/S")) for each in form.P.P.P.K]
    assert siblings in (["/Figure", "/Div", "/Div"], ["/Div", "/Div"])  # minutes have no QR code


def test_a_layout_without_the_field_makes_no_certificate(any_sealable_pdf):
    with pytest.raises(InternalFault) as caught:
        prepare_seal_field(any_sealable_pdf, name="Other")
    assert caught.value.code == "rendering.no_seal_field"


@pytest.mark.parametrize("name", ["ordinary-company", "long-names"])
def test_signing_in_place_covers_the_whole_file(rendered_example_of, tmp_path, name):
    document = rendered_example_of(name, demo=False)
    signed = tmp_path / "signed.pdf"
    signed.write_bytes(_signed(document.pdf, document.seal_field))
    report = subprocess.run(
        ["pdfsig", "-nocert", signed], capture_output=True, text=True, check=False
    ).stdout
    assert "Signature is Valid." in report
    assert "Total document signed" in report
    check = subprocess.run(["qpdf", "--check", signed], capture_output=True, text=True, check=False)
    assert check.returncode == 0, check.stdout + check.stderr
    with pikepdf.open(signed) as pdf:
        (field,) = pdf.Root.AcroForm.Fields
        assert field.AP.N.read_bytes() == b""
        assert len(pdf.pages[document.seal_page].Annots) == 1
        assert "/StructParent" in field


def test_file_is_clean_before_signing(any_sealable, tmp_path):
    path = tmp_path / "certificate.pdf"
    path.write_bytes(any_sealable.pdf)
    check = subprocess.run(["qpdf", "--check", path], capture_output=True, text=True, check=False)
    assert check.returncode == 0, check.stdout + check.stderr


class KeepAppearance(BaseStampStyle):
    def create_stamp(self, writer, box, text_params):
        return None


def _signed(pdf: bytes, field: str) -> bytes:
    """Certify with a throwaway key, no changes allowed."""
    now = datetime.now(UTC)
    begins, ends = now - timedelta(days=1), now + timedelta(days=1)
    throwaway = self_signed("Throwaway", begins=begins, ends=ends)
    private = throwaway.private.private_bytes(
        serialization.Encoding.DER,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    signer = SimpleSigner(
        asn1_x509.Certificate.load(throwaway.certificate.public_bytes(serialization.Encoding.DER)),
        asn1_keys.PrivateKeyInfo.load(private),
        SimpleCertificateStore(),
    )
    metadata = PdfSignatureMetadata(
        field_name=field, certify=True, docmdp_permissions=MDPPerm.NO_CHANGES
    )
    out = PdfSigner(metadata, signer, stamp_style=KeepAppearance()).sign_pdf(
        IncrementalPdfFileWriter(BytesIO(pdf)), existing_fields_only=True
    )
    return bytes(out.getbuffer())
