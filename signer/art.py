"""The certificate's ornaments: the frame of each sheet and the picture of the seal.

They are drawn once in a process and stamped on each file from then on: drawing a guilloche anew
takes as long as setting half the page. They say nothing, so they are artifacts (ISO 14289-1,
7.1); the seal speaks through its form field and its caption.
"""

from io import BytesIO

from pikepdf import Name, Object, Page, Pdf

from signer.archival import SealPlace


def stamp_art(pdf: Pdf, drawings: bytes, place: SealPlace) -> None:
    """Put the frame under each page and the seal's picture under its field.

    ``drawings`` is a PDF with two pages: the frame, which fills a sheet, and the seal.
    """
    with Pdf.open(BytesIO(drawings)) as source:
        frame, seal = (pdf.copy_foreign(page.as_form_xobject()) for page in source.pages)
        for index, page in enumerate(pdf.pages):
            left, bottom, right, top = (float(edge) for edge in page.mediabox)
            stamps = _stamp(page, Name.Frame, frame, (left, bottom, right, top))
            if index == place.page:
                stamps += _stamp(page, Name.SealPicture, seal, place.box)
            page.contents_add(stamps, prepend=True)


def _stamp(
    page: Page, name: Name, drawing: Object, box: tuple[float, float, float, float]
) -> bytes:
    """Content that fits the drawing into the box of the page."""
    page.Resources.XObject[name] = drawing
    _, _, width, height = (float(edge) for edge in drawing.BBox)
    left, bottom, right, top = box
    scale = f"{(right - left) / width:.5f} 0 0 {(top - bottom) / height:.5f}"
    return f"/Artifact BMC q {scale} {left:.3f} {bottom:.3f} cm {name} Do Q EMC\n".encode()
