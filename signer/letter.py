"""The certificate's wording and layout as HTML: the template of one version, filled in.

Only the template's own folder is read. Values are data: they are escaped, never parsed as
template or markup.
"""

import re
import unicodedata
from datetime import date, datetime
from importlib.resources import files
from pathlib import Path
from urllib.parse import urlsplit

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from clearance.canonical import content_hash
from clearance.certificate import ClearanceCertificate, ClearanceKind, InspectedBasis
from clearance.identifiers import NationalId
from clearance.jalali import TEHRAN, format_date
from clearance.money import grouped_digits, in_words
from clearance.text import persian_digits

FOLDER = Path(str(files("templates"))) / "certificate" / "v1"
"""Template version 1. A version that has issued documents is never edited in its meaning."""

ORGANIZATION = "سازمان تأمین اجتماعی"
SPECIMEN = "نمونه — فاقد اعتبار"
SEAL_FIELD = "Seal"
SEAL_DESCRIPTION = "مهر سازمانی الکترونیکی سازمان تأمین اجتماعی"
_LATIN = re.compile("[A-Za-z]")

QR_SOURCE = "qr.png"
"""Where the template expects the QR code; the renderer answers it from memory."""


def letter_html(certificate: ClearanceCertificate, *, verify_url: str, demo: bool) -> str:
    """Fill in the certificate's template."""
    request = certificate.request
    premium = request.premium
    return _ENVIRONMENT.get_template("certificate.html").render(
        certificate=certificate,
        request=request,
        title=title(certificate),
        final=request.kind is ClearanceKind.FINAL,
        inspected=isinstance(request.basis, InspectedBasis),
        parties=(request.work_assigner, request.contractor),
        amounts=(
            ("مبلغ اولیه قرارداد", request.contract.initial_amount),
            ("ناخالص کارکرد", request.performed_work.gross_amount),
            ("حق بیمه متعلقه", premium.premium_due),
            ("بیمه بیکاری", premium.unemployment_premium),
            ("جمع بدهی", premium.sum_of_debits),
            ("مبلغ وصول‌شده", premium.amount_collected),
        ),
        approvals=(
            ("رئیس وصول حق بیمه", request.approvals.head_of_premium_collection),
            ("رئیس شعبه", request.approvals.head_of_branch),
        ),
        content_hash=content_hash(certificate).hex(),
        inquiry_address=inquiry_address(verify_url),
        qr_source=QR_SOURCE,
        seal_field=SEAL_FIELD,
        seal_description=SEAL_DESCRIPTION,
        organization=ORGANIZATION,
        demo=demo,
        specimen=SPECIMEN,
    )


def ornaments_html() -> str:
    """Fill in the page of pictures that are stamped on every certificate."""
    return _ENVIRONMENT.get_template("ornaments.html").render(specimen=SPECIMEN)


def metadata_xml(certificate: ClearanceCertificate, *, producer: str) -> bytes:
    """Fill in the XMP metadata packet, in UTF-8."""
    return (
        _ENVIRONMENT.get_template("metadata.xmp")
        .render(
            title=title(certificate),
            organization=ORGANIZATION,
            issued_at=certificate.issued_at.isoformat(),
            producer=producer,
        )
        .encode()
    )


def title(certificate: ClearanceCertificate) -> str:
    """Name the document, as viewers show it in the window; isolated, or the number reverses."""
    return f"مفاصاحساب ماده ۳۸ شماره {isolated(certificate.number)}"


def inquiry_address(verify_url: str) -> str:
    """Answer what a person types: scheme and host of the QR's address, in small letters."""
    parts = urlsplit(verify_url)
    return f"{parts.scheme}://{parts.netloc.lower()}/"


def paper_digits(text: str) -> str:
    """Persian digits, except in words that hold Latin letters, where they would look torn."""
    return " ".join(
        word
        if any(letter.isascii() and letter.isalpha() for letter in word)
        else persian_digits(word)
        for word in text.split(" ")
    )


def isolated(text: str) -> str:
    """Isolate what runs left to right; among Persian words its groups would print reversed."""
    return f"\u2066{text}\u2069"


def reading_direction(text: str) -> str:
    """Tell how an opaque number runs: as written in Persian if it holds a Persian letter."""
    rtl = any(unicodedata.bidirectional(letter) in {"R", "AL"} for letter in text)
    return "rtl" if rtl else "ltr"


def _tehran_day(moment: datetime) -> date:
    return moment.astimezone(TEHRAN).date()


def _tehran_time(moment: datetime) -> str:
    return persian_digits(f"{moment.astimezone(TEHRAN):%H:%M}")


def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(FOLDER),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        auto_reload=False,
    )
    environment.filters.update(
        format_date=format_date,
        grouped_digits=grouped_digits,
        in_words=in_words,
        isolated=isolated,
        paper_digits=paper_digits,
        persian_digits=persian_digits,
        reading_direction=reading_direction,
        tehran_day=_tehran_day,
        tehran_time=_tehran_time,
    )
    environment.tests["national_id"] = lambda value: isinstance(value, NationalId)
    return environment


_ENVIRONMENT = _environment()
