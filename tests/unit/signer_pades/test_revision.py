"""The revision with its empty place, and what fills it."""

import hashlib
import io
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pikepdf
import pytest
from pikepdf import Array, Dictionary, Name, String

from clearance.errors import InternalFault
from signer.revision import Revision, write_revision

SIGNED_AT = datetime(2026, 3, 1, 12, 30, 15, tzinfo=UTC)


def _document(**field: Any) -> bytes:
    with pikepdf.new() as pdf:
        page = pdf.add_blank_page()
        entries = {"FT": Name.Sig, "T": String("Seal"), "Subtype": Name.Widget, **field}
        widget = pdf.make_indirect(Dictionary(Type=Name.Annot, Rect=Array([0, 0, 9, 9]), **entries))
        page.obj.Annots = Array([widget])
        pdf.Root.AcroForm = Dictionary(Fields=Array([widget]))
        file = io.BytesIO()
        pdf.save(file)
    return file.getvalue()


def _written(pdf: bytes, **changed: Any) -> Revision:
    arguments: dict[str, Any] = {
        "field": "Seal",
        "evidence": None,
        "entries": {"/Reason": "دلیل"},
        "signed_at": SIGNED_AT,
        "reserved": 100,
    }
    return write_revision(pdf, **(arguments | changed))


def test_gap_is_the_only_thing_not_covered() -> None:
    revision = _written(_document())
    gap = revision.pdf[revision.start : revision.end]
    assert gap.startswith(b"<")
    assert gap.endswith(b">")
    assert len(gap) == 2 * 100 + 2
    assert revision.room == 100
    covered = revision.pdf[: revision.start] + revision.pdf[revision.end :]
    assert revision.digest("sha384") == hashlib.sha384(covered).digest()


def test_byte_range_states_what_is_covered() -> None:
    revision = _written(_document())
    sealed = revision.filled(b"\x30\x00")
    with pikepdf.open(io.BytesIO(sealed)) as pdf:
        signature = pdf.Root.AcroForm.Fields[0].V
        assert list(signature.ByteRange) == [
            0,
            revision.start,
            revision.end,
            len(sealed) - revision.end,
        ]
        assert bytes(signature.Contents) == b"\x30\x00" + bytes(98)
        assert str(signature.Reason) == "دلیل"


def test_filling_changes_no_covered_byte() -> None:
    revision = _written(_document())
    sealed = revision.filled(bytes(range(100)))
    assert len(sealed) == len(revision.pdf)
    assert sealed[: revision.start + 1] == revision.pdf[: revision.start + 1]
    assert sealed[revision.end - 1 :] == revision.pdf[revision.end - 1 :]


def test_container_that_does_not_fit_is_refused() -> None:
    revision = _written(_document())
    assert revision.filled(bytes(100))
    with pytest.raises(InternalFault) as raised:
        revision.filled(bytes(101))
    assert raised.value.code == "seal.container_too_large"


def test_time_is_written_in_utc() -> None:
    tehran = timezone(timedelta(hours=3, minutes=30))
    revision = _written(_document(), signed_at=SIGNED_AT.astimezone(tehran))
    assert b"(D:20260301123015Z)" in revision.pdf


def test_text_that_looks_like_a_signature_is_left_alone() -> None:
    lure = "/ByteRange [ 0 9999999999 9999999999 9999999999 ] /Contents <" + "00" * 100 + ">"
    with pikepdf.open(io.BytesIO(_document())) as pdf:
        pdf.docinfo["/Subject"] = lure
        file = io.BytesIO()
        pdf.save(file)
    sealed = _written(file.getvalue()).filled(b"\x30\x00")
    with pikepdf.open(io.BytesIO(sealed)) as pdf:
        assert str(pdf.docinfo["/Subject"]) == lure
        assert bytes(pdf.Root.AcroForm.Fields[0].V.Contents).startswith(b"\x30\x00")


@pytest.mark.parametrize(
    "document",
    [
        _document(T=String("Other")),
        _document(FT=Name.Tx),
        _document(V=Dictionary(Type=Name.Sig)),
    ],
    ids=["another name", "a text field", "filled already"],
)
def test_document_without_an_empty_field_is_refused(document: bytes) -> None:
    with pytest.raises(InternalFault) as raised:
        _written(document)
    assert raised.value.code == "seal.no_empty_field"


def test_document_without_a_form_is_refused() -> None:
    with pikepdf.new() as pdf:
        pdf.add_blank_page()
        file = io.BytesIO()
        pdf.save(file)
    with pytest.raises(InternalFault) as raised:
        _written(file.getvalue())
    assert raised.value.code == "seal.no_empty_field"


def test_signed_document_is_not_signed_again() -> None:
    sealed = _written(_document()).filled(b"\x30\x00")
    with pytest.raises(InternalFault) as raised:
        _written(sealed)
    assert raised.value.code == "seal.no_empty_field"
