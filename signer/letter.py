"""What a document says, and its template filled in with that: HTML, and the metadata packet.

Only the template's own folder and its shared parts are read. Values are data: they are escaped,
never parsed as template or markup.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path
from urllib.parse import urlsplit

from jinja2 import Environment

from register.kinds import DocumentKind
from templates.documents import SharedParts, Template
from templates.jinja import environment

SEAL_FIELD = "Seal"
QR_SOURCE = "qr.png"
"""Where a template expects the QR code; the renderer returns it from memory."""


@dataclass(frozen=True, kw_only=True)
class Draft:
    """What one document says, before it is printed."""

    kind: DocumentKind
    template: Template
    """The version that prints it: one of the kind's."""
    number: str
    """Number of its record in the register."""
    title: str
    """As viewers show it in the window."""
    at: datetime
    """When it was made (UTC): the only time in the file."""
    record: object
    """All that its texts come from, so that each letter can be checked."""
    content: bytes
    """Canonical JSON of the record, to be attached."""
    values: Mapping[str, object]
    """What the template fills in."""
    code_address: str | None
    """What the QR code leads to, in its alphanumeric set; ``None`` in a kind without one."""


def letter_html(draft: Draft, *, demo: bool) -> str:
    """Fill in a document's template; ``demo`` says in its head that it is a specimen."""
    template, words = draft.template, draft.template.shared.words
    return (
        document_environment(template)
        .get_template(template.page)
        .render(
            draft.values,
            title=draft.title,
            qr_source=QR_SOURCE,
            seal_field=SEAL_FIELD,
            seal_description=words["seal_description"],
            organization=words["organization"],
            demo=demo,
            specimen=words["specimen"],
        )
    )


def ornaments_html(shared: SharedParts) -> str:
    """Fill in the page of pictures that are stamped on every document."""
    page = _shared_environment(shared.folder).get_template("ornaments.html")
    return page.render(specimen=shared.words["specimen"])


def metadata_xml(draft: Draft, *, producer: str) -> bytes:
    """Fill in the XMP metadata packet of a document, in UTF-8."""
    shared = draft.template.shared
    return (
        _shared_environment(shared.folder)
        .get_template("metadata.xmp")
        .render(
            title=draft.title,
            organization=shared.words["organization"],
            issued_at=draft.at.isoformat(),
            producer=producer,
        )
        .encode()
    )


def inquiry_address(verify_url: str) -> str:
    """Return what a person types: scheme and host of the QR's address, in small letters."""
    parts = urlsplit(verify_url)
    return f"{parts.scheme}://{parts.netloc.lower()}/"


@cache
def document_environment(template: Template) -> Environment:
    """Return what fills in a document's template, with its labels."""
    return environment(template.folder, label=template.labels.__getitem__, lstrip_blocks=False)


@cache
def _shared_environment(folder: Path) -> Environment:
    return environment(folder, lstrip_blocks=False)
