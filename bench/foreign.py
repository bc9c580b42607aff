"""A foreign file as offices send them: pages of text, pictures, no signature."""

import random
from io import BytesIO

import pikepdf

SIZE = 200_000
PAGES = 12
WORDS = 400


def foreign_file() -> bytes:
    """Return a PDF of 200 KB; the same one each time."""
    chance = random.Random(38)  # noqa: S311 - filling, no secret
    pdf = pikepdf.Pdf.new()
    for _ in range(PAGES):
        page = pdf.add_blank_page(page_size=(595, 842))
        lines = (b"1 0 0 1 72 %d Tm (%08x) Tj" % (y, chance.getrandbits(32)) for y in range(WORDS))
        page.Contents = pdf.make_stream(b"BT /F1 9 Tf\n" + b"\n".join(lines) + b"\nET")
    out = BytesIO()
    pdf.save(out, static_id=True)
    picture = chance.randbytes(SIZE - out.tell() - 400)
    pdf.pages[0].Resources = pikepdf.Dictionary(
        XObject=pikepdf.Dictionary(
            I=pikepdf.Stream(
                pdf,
                picture,
                Type=pikepdf.Name.XObject,
                Subtype=pikepdf.Name.Image,
                Width=len(picture),
                Height=1,
                BitsPerComponent=8,
                ColorSpace=pikepdf.Name.DeviceGray,
            )
        )
    )
    out = BytesIO()
    pdf.save(out, static_id=True)
    return out.getvalue()
