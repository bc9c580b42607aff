"""Makes the rendered file ready for archive and seal: PDF/A-3a metadata and the seal's field.

The field is prepared here and not by whoever signs, because PDF/UA wants it in the structure
tree (ISO 14289-1, 7.18.4) and a signed file can no longer be changed.
"""

from dataclasses import dataclass
from datetime import datetime

from pikepdf import Array, Dictionary, Name, Object, Pdf, Stream

from clearance.errors import InternalFault

_PRINT = 1 << 2
_LOCKED = 1 << 7
_SIGNATURES_EXIST_APPEND_ONLY = 3


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where something lies: the seal's field, the QR code."""

    page: int
    """Index from 0."""
    box: tuple[float, float, float, float]
    """Left, bottom, right, top in points from the page's lower left corner."""


def list_attachment_once(pdf: Pdf) -> None:
    """Leave one reference to the attached data; the renderer lists each attachment twice."""
    pdf.Root.AF = Array([pdf.Root.AF[0]])


def describe(pdf: Pdf, *, xmp: bytes, title: str, author: str, producer: str, at: datetime) -> None:
    """Set the XMP packet and the information dictionary, which says the same (ISO 19005-3, 6.6)."""
    metadata = Stream(pdf, xmp)
    metadata.Type, metadata.Subtype = Name.Metadata, Name.XML
    pdf.Root.Metadata = pdf.make_indirect(metadata)
    moment = f"{at:D:%Y%m%d%H%M%SZ}"
    pdf.trailer.Info = pdf.make_indirect(
        Dictionary(
            Title=title,
            Author=author,
            Creator="Mohr",
            Producer=producer,
            CreationDate=moment,
            ModDate=moment,
        )
    )


def prepare_seal_field(pdf: Pdf, *, name: str) -> Place:
    """Turn the form input called ``name`` into an empty, invisible signature field.

    The renderer laid it out, listed it on its page and hung it into the structure tree as a
    ``Form`` element. Raises ``InternalFault`` ``rendering.no_seal_field`` if it is not there.
    """
    page, field = _find_input(pdf, name)
    box = _normalised(field.Rect)
    for key in (Name.AS, Name.MK, Name.Border, Name.V, Name.Ff):
        if key in field:
            del field[key]
    field.FT = Name.Sig
    field.F = _PRINT | _LOCKED
    field.Rect = Array(box)
    field.AP = Dictionary(N=_empty_appearance(pdf, box))
    pdf.Root.AcroForm = pdf.make_indirect(
        Dictionary(Fields=Array([field]), SigFlags=_SIGNATURES_EXIST_APPEND_ONLY)
    )
    return Place(page=page, box=box)


def _find_input(pdf: Pdf, name: str) -> tuple[int, Object]:
    for index, page in enumerate(pdf.pages):
        for annotation in page.get(Name.Annots, []):
            if annotation.Subtype == Name.Widget and str(annotation.T) == name:
                return index, annotation
    raise InternalFault("rendering.no_seal_field")


def _normalised(rectangle: Object) -> tuple[float, float, float, float]:
    x1, y1, x2, y2 = (float(each) for each in rectangle)
    return min(x1, x2), min(y1, y2), max(x1, x2), max(y1, y2)


def _empty_appearance(pdf: Pdf, box: tuple[float, float, float, float]) -> Object:
    """Nothing to see: the seal's picture is part of the page, where it is tagged and sealed."""
    left, bottom, right, top = box
    appearance = Stream(pdf, b"")
    appearance.Type, appearance.Subtype = Name.XObject, Name.Form
    appearance.BBox = Array([0, 0, right - left, top - bottom])
    appearance.Resources = Dictionary()
    return pdf.make_indirect(appearance)
