"""The certificate's ornaments: the frame, the picture of the seal, the specimen's overprint.

They are drawn once in a process and stamped on each file from then on: drawing a guilloche anew
takes as long as setting half the page. They are artifacts (ISO 14289-1, 7.1), because all they
say is also said in the text: the seal by its form field and caption, the overprint in the
letterhead.
"""

from io import BytesIO

from pikepdf import Name, Object, Page, Pdf

from signer.pdfa_metadata import Place

_Box = tuple[float, float, float, float]
"""Left, bottom, right, top in points."""
_MILLIMETRE = 72 / 25.4
_EMBLEM_TOP = 17 * _MILLIMETRE
_EMBLEM_SIZE = 11 * _MILLIMETRE


def stamp_ornaments(
    pdf: Pdf, drawings: bytes, *, seal: Place, qr: Place | None, specimen: bool
) -> None:
    """Put the frame under each page and the seal's picture under its field.

    ``drawings`` is a PDF of four pages: frame and overprint, which fill a sheet, with seal and
    emblem between them; the emblem goes into the letterhead. ``specimen`` lays the overprint over
    each page, but not over a QR code. The code, which the layout puts on one page, is stamped on
    the others at the same place.
    """
    with Pdf.open(BytesIO(drawings)) as source:
        frame, picture, emblem, overprint = (
            pdf.copy_foreign(page.as_form_xobject()) for page in source.pages
        )
        code = _picture(pdf.pages[qr.page]) if qr else None
        for index, page in enumerate(pdf.pages):
            left, bottom, right, top = (float(edge) for edge in page.mediabox)
            sheet = (left, bottom, right, top)
            under = _stamp(page, Name.Frame, frame, sheet)
            if index == 0:
                under += _stamp(page, Name.Emblem, emblem, _in_letterhead(sheet))
            if qr and code and index != qr.page:
                under += _stamp_picture(page, Name.Code, code, qr.box)
            if index == seal.page:
                under += _stamp(page, Name.SealPicture, picture, seal.box)
            # The page's own content leaves its coordinates turned upside down behind it.
            page.contents_add(under + b"q\n", prepend=True)
            over = b""
            if specimen:
                over = _stamp(page, Name.Overprint, overprint, sheet, qr.box if qr else None)
            page.contents_add(b"\nQ\n" + over)
            page.contents_coalesce()


def _stamp(page: Page, name: Name, drawing: Object, box: _Box, hole: _Box | None = None) -> bytes:
    """Return content that fits the drawing into the box of the page, but for the hole in it."""
    page.Resources.XObject[name] = drawing
    _, _, width, height = (float(edge) for edge in drawing.BBox)
    left, bottom, right, top = box
    scale = f"{(right - left) / width:.5f} 0 0 {(top - bottom) / height:.5f}"
    clip = f"{_rectangle(box)} {_rectangle(hole)} W* n " if hole else ""
    return f"/Artifact BMC q {clip}{scale} {left:.3f} {bottom:.3f} cm {name} Do Q EMC\n".encode()


def _picture(page: Page) -> Object | None:
    """Return the only raster image of a page: the QR code."""
    drawings = page.Resources.XObject.values()
    return next((each for each in drawings if each.Subtype == Name.Image), None)


def _stamp_picture(page: Page, name: Name, picture: Object, box: _Box) -> bytes:
    page.Resources.XObject[name] = picture
    left, bottom, right, top = box
    return (
        f"/Artifact BMC q {right - left:.5f} 0 0 {top - bottom:.5f} {left:.3f} {bottom:.3f} cm "
        f"{name} Do Q EMC\n"
    ).encode()


def _in_letterhead(sheet: _Box) -> _Box:
    """Return the emblem's box: below the invocation, for which the style sheet leaves room."""
    left, _, right, top = sheet
    middle, upper = (left + right) / 2, top - _EMBLEM_TOP
    return middle - _EMBLEM_SIZE / 2, upper - _EMBLEM_SIZE, middle + _EMBLEM_SIZE / 2, upper


def _rectangle(box: _Box) -> str:
    left, bottom, right, top = box
    return f"{left:.3f} {bottom:.3f} {right - left:.3f} {top - bottom:.3f} re"
