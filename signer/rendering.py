"""Renders certificate, minutes and receipt: a PDF/A-3a and PDF/UA-1 file, ready to be sealed.

1. Check that each letter can be printed.
2. Fill in the template, draw the QR code of certificate and receipt.
3. Lay out and write the tagged PDF with the canonical JSON attached.
4. Complete its structure tree, its metadata and the seal's field.

The file has one revision and no signature. The same input gives the same bytes.
"""

from dataclasses import dataclass
from datetime import datetime
from io import BytesIO

from pikepdf import ObjectStreamMode, Pdf
from weasyprint import VERSION, Attachment

from clearance.canonical import certificate_bytes
from clearance.certificate import ClearanceCertificate
from clearance.minutes import Minutes, minutes_bytes
from clearance.receipt import VerificationReceipt, receipt_bytes
from signer.accessibility import complete_structure
from signer.archival import describe, list_attachment_once, prepare_seal_field
from signer.fonts import require_fonts, require_printable
from signer.letter import (
    FOLDER,
    ORGANIZATION,
    QR_SOURCE,
    SEAL_FIELD,
    letter_html,
    metadata_xml,
    title,
)
from signer.minutes_letter import MINUTES_FOLDER, minutes_html, minutes_title
from signer.ornaments import stamp_ornaments
from signer.qr import QrImage, qr_png
from signer.receipt_letter import RECEIPT_FOLDER, receipt_html, receipt_title
from signer.typesetting import Letter, ornaments, typeset

ATTACHMENT = "clearance.json"
MINUTES_ATTACHMENT = "minutes.json"
RECEIPT_ATTACHMENT = "receipt.json"
PRODUCER = f"Mohr (WeasyPrint {VERSION})"


@dataclass(frozen=True, kw_only=True)
class RenderedDocument:
    """A document before it is sealed."""

    pdf: bytes
    seal_field: str
    """Name of the empty signature field, to be signed in place."""
    seal_page: int
    """Index of its page, from 0."""
    seal_box: tuple[float, float, float, float]
    """Its left, bottom, right, top in points from the page's lower left corner."""
    pages: int


@dataclass(frozen=True, kw_only=True)
class RenderedCertificate(RenderedDocument):
    """The certificate before it is sealed."""

    qr: QrImage


def render(
    certificate: ClearanceCertificate, *, token_text: str, verify_url: str, demo: bool
) -> RenderedCertificate:
    """Render the certificate with the QR code of ``verify_url``; safe to use from several threads.

    ``verify_url`` ends with ``token_text`` and is in the QR's alphanumeric set. ``demo`` prints
    across each sheet that it is a specimen. Raises ``InvalidRequest`` (``text.no_glyph``) for a
    letter that no typeface has, ``InvalidValue`` (``qr.*``), ``Refused``
    (``rendering.font_missing``) and ``InternalFault`` (``rendering.*``).
    """
    if not verify_url.endswith(f"/{token_text}"):
        raise ValueError("the QR code must lead to the token")
    # 1. Letters
    require_fonts()
    require_printable(certificate.request)
    # 2. Template and QR code
    html = letter_html(certificate, verify_url=verify_url, demo=demo)
    qr = qr_png(verify_url)
    letter = Letter(
        html=html,
        title=title(certificate),
        at=certificate.issued_at,
        attachment=_attachment(
            ATTACHMENT,
            certificate_bytes(certificate),
            "داده‌های مفاصاحساب در قالب JSON (RFC 8785)",
            certificate.issued_at,
        ),
        sheets=(FOLDER / "certificate.css",),
        pictures={QR_SOURCE: qr.png},
    )
    # 3. Lay out, 4. Complete
    document = _finished(letter, demo=demo)
    return RenderedCertificate(**vars(document), qr=qr)


def render_minutes(minutes: Minutes, *, public_url: str, demo: bool) -> RenderedDocument:
    """Render closed minutes; safe to use from several threads.

    ``public_url`` is where whoever has the file can have it checked. Raises as ``render`` does.
    """
    # 1. Letters
    require_fonts()
    require_printable(minutes)
    # 2. Template
    letter = Letter(
        html=minutes_html(minutes, public_url=public_url, demo=demo),
        title=minutes_title(minutes),
        at=minutes.closed_at,
        attachment=_attachment(
            MINUTES_ATTACHMENT,
            minutes_bytes(minutes),
            "داده‌های صورتجلسه در قالب JSON (RFC 8785)",
            minutes.closed_at,
        ),
        sheets=(FOLDER / "certificate.css", MINUTES_FOLDER / "minutes.css"),
        pictures={},
    )
    # 3. Lay out, 4. Complete
    return _finished(letter, demo=demo)


def render_receipt(
    receipt: VerificationReceipt, *, verify_url: str, demo: bool
) -> RenderedDocument:
    """Render a receipt with the QR code of ``verify_url``; safe to use from several threads.

    ``verify_url`` ends with the receipt's code and is in the QR's alphanumeric set. Raises as
    ``render`` does.
    """
    if not verify_url.endswith(f"/{receipt.verification_code}"):
        raise ValueError("the QR code must lead to the receipt")
    # 1. Letters
    require_fonts()
    require_printable(receipt)
    # 2. Template and QR code
    letter = Letter(
        html=receipt_html(receipt, verify_url=verify_url, demo=demo),
        title=receipt_title(receipt),
        at=receipt.judgement.checked_at,
        attachment=_attachment(
            RECEIPT_ATTACHMENT,
            receipt_bytes(receipt),
            "داده‌های رسید در قالب JSON (RFC 8785)",
            receipt.judgement.checked_at,
        ),
        sheets=(FOLDER / "certificate.css", RECEIPT_FOLDER / "receipt.css"),
        pictures={QR_SOURCE: qr_png(verify_url).png},
    )
    # 3. Lay out, 4. Complete
    return _finished(letter, demo=demo)


def _attachment(name: str, data: bytes, description: str, at: datetime) -> Attachment:
    return Attachment(
        file_obj=BytesIO(data),
        name=name,
        description=description,
        created=at,
        modified=at,
        relationship="Data",
    )


def _finished(letter: Letter, *, demo: bool) -> RenderedDocument:
    plain = typeset(letter)
    with Pdf.open(BytesIO(plain)) as pdf:
        figures = complete_structure(pdf)
        list_attachment_once(pdf)
        describe(
            pdf,
            xmp=metadata_xml(letter.title, letter.at, producer=PRODUCER),
            title=letter.title,
            author=ORGANIZATION,
            producer=PRODUCER,
            at=letter.at,
        )
        place = prepare_seal_field(pdf, name=SEAL_FIELD)
        code = figures[0] if letter.pictures else None
        stamp_ornaments(pdf, ornaments(), seal=place, qr=code, specimen=demo)
        file = BytesIO()
        pdf.save(file, object_stream_mode=ObjectStreamMode.generate, deterministic_id=True)
        pages = len(pdf.pages)
    return RenderedDocument(
        pdf=file.getvalue(),
        seal_field=SEAL_FIELD,
        seal_page=place.page,
        seal_box=place.box,
        pages=pages,
    )
