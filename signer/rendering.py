"""Renders certificate, minutes and receipt: a PDF/A-3a and PDF/UA-1 file, ready to be sealed.

1. Check that each letter can be printed.
2. Fill in the template, draw the QR code of certificate and receipt.
3. Lay out and write the tagged PDF with the canonical JSON attached.
4. Complete its structure tree, its metadata and the seal's field.

The file has one revision and no signature. The same input gives the same bytes.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from importlib.resources import files
from io import BytesIO
from pathlib import Path
from threading import Lock

from pikepdf import ObjectStreamMode, Pdf
from weasyprint import CSS, HTML, VERSION, Attachment, Document
from weasyprint.css import ColorProfile
from weasyprint.text.fonts import FontConfiguration
from weasyprint.urls import FatalURLFetchingError, URLFetcher, URLFetcherResponse

from clearance.canonical import certificate_bytes
from clearance.certificate import ClearanceCertificate
from clearance.errors import InternalFault, Refused
from clearance.minutes import Minutes, minutes_bytes
from clearance.receipt import Receipt, receipt_bytes
from signer.accessibility import complete_structure
from signer.archival import describe, list_attachment_once, prepare_seal_field
from signer.fonts import TYPEFACES, require_fonts, require_printable
from signer.letter import (
    FOLDER,
    ORGANIZATION,
    QR_SOURCE,
    SEAL_FIELD,
    letter_html,
    metadata_xml,
    ornaments_html,
    title,
)
from signer.minutes_letter import MINUTES_FOLDER, minutes_html, minutes_title
from signer.ornaments import stamp_ornaments
from signer.qr import QrImage, qr_png
from signer.receipt_letter import RECEIPT_FOLDER, receipt_html, receipt_title

ATTACHMENT = "clearance.json"
MINUTES_ATTACHMENT = "minutes.json"
RECEIPT_ATTACHMENT = "receipt.json"
PRODUCER = f"Mohr (WeasyPrint {VERSION})"

_BASE = f"{FOLDER.as_uri()}/"
_COLOURS = "sRGB"
_PICTURES = ("frame.svg", "seal.svg")

# One at a time: Pango's font map belongs to one thread at a time, and the work is Python's anyway.
_typesetting = Lock()


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
    letter = _Letter(
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
    letter = _Letter(
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


def render_receipt(receipt: Receipt, *, verify_url: str, demo: bool) -> RenderedDocument:
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
    letter = _Letter(
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


@dataclass(frozen=True, kw_only=True)
class _Letter:
    """A filled-in template with all that goes into its PDF."""

    html: str
    title: str
    at: datetime
    """When it was made (UTC): the only time in the file."""
    attachment: Attachment
    sheets: tuple[Path, ...]
    """Style sheets, the later over the earlier."""
    pictures: Mapping[str, bytes]
    """What the template shows, by the names that it uses: at most the QR code."""


def _attachment(name: str, data: bytes, description: str, at: datetime) -> Attachment:
    return Attachment(
        file_obj=BytesIO(data),
        name=name,
        description=description,
        created=at,
        modified=at,
        relationship="Data",
    )


def _finished(letter: _Letter, *, demo: bool) -> RenderedDocument:
    plain = _typeset(letter)
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
        stamp_ornaments(pdf, _ornaments(), seal=place, qr=code, specimen=demo)
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


class TemplateFetcher(URLFetcher):  # type: ignore[misc]  # the library has no types
    """Answers the template's own pictures from memory and refuses every other address."""

    def __init__(self, pictures: Mapping[str, bytes]) -> None:
        """``pictures`` maps file names, as the template writes them, to their bytes."""
        super().__init__(allowed_protocols=())
        self._answers = {f"{_BASE}{name}": data for name, data in pictures.items()}

    def fetch(self, url: str, headers: object = None) -> URLFetcherResponse:  # noqa: ARG002
        """Answer a picture, or stop the whole rendering: nothing else is ever needed."""
        data = self._answers.get(url)
        if data is None:
            raise FatalURLFetchingError(url)
        kind = "image/svg+xml" if url.endswith(".svg") else "image/png"
        return URLFetcherResponse(url, body=data, headers={"Content-Type": kind})


def _typeset(letter: _Letter) -> bytes:
    fetcher = TemplateFetcher(letter.pictures)
    with _typesetting:
        try:
            document = HTML(string=letter.html, base_url=_BASE, url_fetcher=fetcher).render(
                font_config=_font_configuration(),
                stylesheets=[_stylesheet(each) for each in letter.sheets],
                color_profiles={_COLOURS: _colour_profile()},
                output_intent=_COLOURS,
                pdf_variant="pdf/a-3a",
            )
            plain: bytes = document.write_pdf(
                pdf_variant="pdf/a-3a",
                output_intent=_COLOURS,
                attachments=[letter.attachment],
                uncompressed_pdf=True,
            )
        except FatalURLFetchingError as error:
            raise InternalFault("rendering.foreign_address") from error
        _check_fonts(document)
    return plain


def _check_fonts(document: Document) -> None:
    """Have the last word on letters: look at what was really used, after shaping."""
    families = {typeface.family for typeface in TYPEFACES}
    for font in document.fonts.values():
        if font.missing:
            raise InternalFault("rendering.glyph_missing")
        if font.family not in families:
            raise Refused(
                "rendering.font_missing", parameters={"font": ", ".join(sorted(families))}
            )


@cache
def _font_configuration() -> FontConfiguration:
    return FontConfiguration()


@cache
def _colour_profile() -> ColorProfile:
    """Read the sRGB profile of the output intent; the library would leave its file open."""
    profile = (files("weasyprint.pdf") / "sRGB2014.icc").read_bytes()
    return ColorProfile(BytesIO(profile), "sRGB2014.icc", "relative-colorimetric", "RGB")


@cache
def _stylesheet(path: Path) -> CSS:
    return CSS(
        string=path.read_text("utf-8"),
        base_url=_BASE,
        url_fetcher=TemplateFetcher({}),
        font_config=_font_configuration(),
    )


@cache
def _ornaments() -> bytes:
    """Draw the template's ornaments as the pages of one PDF, untagged."""
    pictures = {name: (FOLDER / name).read_bytes() for name in _PICTURES}
    with _typesetting:
        drawn: bytes = HTML(
            string=ornaments_html(), base_url=_BASE, url_fetcher=TemplateFetcher(pictures)
        ).write_pdf(font_config=_font_configuration())
    return drawn
