"""The certificate's wording and layout as HTML: the template of one version, filled in.

Only the template's own folder and the labels are read. Values are data: they are escaped, never
parsed as template or markup.
"""

import tomllib
from collections.abc import Mapping
from datetime import datetime
from importlib.resources import files
from pathlib import Path
from urllib.parse import urlsplit

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from clearance.canonical import content_hash
from clearance.certificate import ClearanceCertificate, ClearanceKind, InspectedBasis
from clearance.identifiers import NationalId
from clearance.jalali import format_date, tehran_day, tehran_time
from clearance.money import grouped_digits, in_words
from clearance.text import paper_digits, persian_digits, reading_direction

TEMPLATES = Path(str(files("templates")))
FOLDER = TEMPLATES / "certificate" / "v1"
"""Template version 1. A version that has issued documents is never edited in its meaning."""

ORGANIZATION = "سازمان تأمین اجتماعی"
SPECIMEN = "نمونه — فاقد اعتبار"
SEAL_FIELD = "Seal"
SEAL_DESCRIPTION = "مهر سازمانی الکترونیکی سازمان تأمین اجتماعی"

QR_SOURCE = "qr.png"
"""Where the template expects the QR code; the renderer answers it from memory."""


def letter_html(certificate: ClearanceCertificate, *, verify_url: str, demo: bool) -> str:
    """Fill in the certificate's template."""
    request = certificate.request
    premium = request.premium
    return CERTIFICATE.get_template("certificate.html").render(
        certificate=certificate,
        request=request,
        title=title(certificate),
        final=request.kind is ClearanceKind.FINAL,
        inspected=isinstance(request.basis, InspectedBasis),
        parties=(request.work_assigner, request.contractor),
        amounts=(
            ("initial_amount", request.contract.initial_amount),
            ("gross_amount", request.performed_work.gross_amount),
            ("premium_due", premium.premium_due),
            ("unemployment_premium", premium.unemployment_premium),
            ("sum_of_debits", premium.sum_of_debits),
            ("amount_collected", premium.amount_collected),
        ),
        approvals=(
            ("head_of_premium_collection", request.approvals.head_of_premium_collection),
            ("head_of_branch", request.approvals.head_of_branch),
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
    return CERTIFICATE.get_template("ornaments.html").render(specimen=SPECIMEN)


def metadata_xml(document_title: str, at: datetime, *, producer: str) -> bytes:
    """Fill in the XMP metadata packet of a document made at ``at`` (UTC), in UTF-8."""
    return (
        CERTIFICATE.get_template("metadata.xmp")
        .render(
            title=document_title,
            organization=ORGANIZATION,
            issued_at=at.isoformat(),
            producer=producer,
        )
        .encode()
    )


def title(certificate: ClearanceCertificate) -> str:
    """Name the document, as viewers show it in the window; isolated, or the number reverses."""
    return f"مفاصاحساب مادهٔ ۳۸ شمارهٔ {isolated(certificate.number)}"


def inquiry_address(verify_url: str) -> str:
    """Return what a person types: scheme and host of the QR's address, in small letters."""
    parts = urlsplit(verify_url)
    return f"{parts.scheme}://{parts.netloc.lower()}/"


def isolated(text: str) -> str:
    """Isolate what runs left to right; among Persian words its groups would print reversed."""
    return f"\u2066{text}\u2069"


def _labels() -> Mapping[str, str]:
    """Read what the page calls each fact too, so that paper and page can be compared."""
    texts = tomllib.loads((TEMPLATES / "messages" / "labels.toml").read_text("utf-8"))
    return {name: text["fa"] for name, text in texts.items()}


def environment(folder: Path) -> Environment:
    """Make what fills in the templates of a folder: strict, escaping, with the paper's filters."""
    made = Environment(
        loader=FileSystemLoader(folder),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        auto_reload=False,
    )
    made.filters.update(
        format_date=format_date,
        grouped_digits=grouped_digits,
        in_words=in_words,
        isolated=isolated,
        paper_digits=paper_digits,
        persian_digits=persian_digits,
        reading_direction=reading_direction,
        tehran_day=tehran_day,
        tehran_time=tehran_time,
    )
    made.globals["label"] = _labels().__getitem__
    made.tests["national_id"] = lambda value: isinstance(value, NationalId)
    return made


CERTIFICATE = environment(FOLDER)
