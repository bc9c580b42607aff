"""Renders a document: a PDF/A-3a and PDF/UA-1 file, ready to be sealed.

1. Check that each letter can be printed.
2. Fill in the template, draw the QR code where the kind bears one.
3. Lay out and write the tagged PDF with the canonical JSON attached; where it takes several
   sheets, once more with room for the QR code on each.
4. Complete its structure tree, the text that is copied from it, its metadata and the seal's field.

The file has one revision and no signature. The same input gives the same bytes.
"""

from dataclasses import dataclass, replace
from io import BytesIO

from pikepdf import ObjectStreamMode, Pdf
from weasyprint import VERSION, Attachment

from signer.accessibility import complete_structure
from signer.fonts import require_fonts, require_printable
from signer.letter import QR_SOURCE, SEAL_FIELD, Draft, letter_html, metadata_xml
from signer.ornaments import stamp_ornaments
from signer.pdfa_metadata import describe, list_attachment_once, prepare_seal_field
from signer.qr import QrImage, qr_png
from signer.text_extraction.pages import make_text_extractable
from signer.typesetting import Letter, ornaments, typeset

PRODUCER = f"Mohr (WeasyPrint {VERSION})"


@dataclass(frozen=True, kw_only=True)
class RenderedDocument:
    """A document before it is sealed."""

    pdf: bytes
    key_purpose: str
    """What the key that seals it is for."""
    reason: str
    """What its seal is given for."""
    seal_field: str
    """Name of the empty signature field, to be signed in place."""
    seal_page: int
    """Index of its page, from 0."""
    seal_box: tuple[float, float, float, float]
    """Its left, bottom, right, top in points from the page's lower left corner."""
    pages: int
    qr: QrImage | None
    """Its QR code, where the kind bears one."""


def render(draft: Draft, *, demo: bool) -> RenderedDocument:
    """Render a document; safe to use from several threads.

    ``demo`` prints across each sheet that it is a specimen. Raises ``InvalidRequest``
    (``text.no_glyph``) for a letter that no typeface has, ``InvalidValue`` (``qr.*``), ``Refused``
    (``rendering.font_missing``) and ``InternalFault`` (``rendering.*``).
    """
    if draft.kind.bears_code is (draft.code_address is None):
        raise ValueError("a document bears a QR code exactly if its kind does")
    shared = draft.template.shared
    # 1. Letters
    require_fonts(shared)
    require_printable(draft.record, shared)
    # 2. Template and QR code
    qr = None if draft.code_address is None else qr_png(draft.code_address)
    letter = Letter(
        html=letter_html(draft, demo=demo),
        attachment=_attachment(draft),
        sheets=draft.template.sheets,
        typefaces=shared.typefaces,
        pictures={} if qr is None else {QR_SOURCE: qr.png},
    )
    # 3. Lay out, 4. Complete
    plain = typeset(letter)
    if qr and _sheets(plain) > 1:
        # What is attached can be read once.
        sheets = (*letter.sheets, shared.several_sheets)
        plain = typeset(replace(letter, sheets=sheets, attachment=_attachment(draft)))
    return _completed(plain, draft, qr, demo=demo)


def _sheets(plain: bytes) -> int:
    with Pdf.open(BytesIO(plain)) as pdf:
        return len(pdf.pages)


def _attachment(draft: Draft) -> Attachment:
    return Attachment(
        file_obj=BytesIO(draft.content),
        name=draft.kind.attachment,
        description=draft.template.words["attachment"],
        created=draft.at,
        modified=draft.at,
        relationship="Data",
    )


def _completed(plain: bytes, draft: Draft, qr: QrImage | None, *, demo: bool) -> RenderedDocument:
    shared = draft.template.shared
    with Pdf.open(BytesIO(plain)) as pdf:
        figures = complete_structure(pdf)
        make_text_extractable(pdf)
        list_attachment_once(pdf)
        describe(
            pdf,
            xmp=metadata_xml(draft, producer=PRODUCER),
            title=draft.title,
            author=shared.words["organization"],
            producer=PRODUCER,
            at=draft.at,
        )
        place = prepare_seal_field(pdf, name=SEAL_FIELD)
        code = figures[0] if qr else None
        stamp_ornaments(pdf, ornaments(shared), seal=place, qr=code, specimen=demo)
        file = BytesIO()
        pdf.save(file, object_stream_mode=ObjectStreamMode.generate, deterministic_id=True)
        pages = len(pdf.pages)
    return RenderedDocument(
        pdf=file.getvalue(),
        key_purpose=draft.kind.key_purpose,
        reason=draft.template.words["seal"],
        seal_field=SEAL_FIELD,
        seal_page=place.page,
        seal_box=place.box,
        pages=pages,
        qr=qr,
    )
