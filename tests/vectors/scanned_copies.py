"""Pictures of a printed page as people make them: scanned, photographed, sent on.

``PICTURES`` names each by what was done to it. Each takes the page as a greyscale picture at
300 dpi and returns the bytes of a file. All are made with Pillow alone and can be made again.

Show what the verifier reads of a certificate, as a table in Markdown:
``python tests/vectors/scanned_copies.py FILE.pdf``.
"""

import sys
import time
from collections.abc import Callable, Sequence
from io import BytesIO
from pathlib import Path

import pypdfium2
from PIL import Image, ImageChops, ImageDraw, ImageFilter
from pillow_heif import register_heif_opener

from verifier.sandbox import Sandbox

PAGE_DPI = 300
DESK = 96
"""Grey of the table that a photographed sheet lies on."""

Corners = Sequence[tuple[float, float]]
register_heif_opener()


def page_picture(pdf: bytes, page: int = -1) -> Image.Image:
    """Draw one page at 300 dpi."""
    document = pypdfium2.PdfDocument(pdf)
    try:
        return document[page % len(document)].render(scale=PAGE_DPI / 72, grayscale=True).to_pil()
    finally:
        document.close()


def at_dpi(page: Image.Image, dpi: int) -> Image.Image:
    """Sample the page as a scanner of this resolution does."""
    factor = dpi / PAGE_DPI
    size = (round(page.width * factor), round(page.height * factor))
    return page.resize(size, Image.Resampling.BOX)


def turned(page: Image.Image, degrees: float) -> Image.Image:
    """Turn the sheet on the glass."""
    return page.rotate(degrees, Image.Resampling.BICUBIC, expand=True, fillcolor=255)


def in_perspective(page: Image.Image, corners: Corners, size: tuple[int, int]) -> Image.Image:
    """Photograph the sheet so that its corners come to lie at ``corners`` (parts of the photo).

    Clockwise from the upper left.
    """
    photo = [(x * size[0], y * size[1]) for x, y in corners]
    sheet = [(0, 0), (page.width, 0), (page.width, page.height), (0, page.height)]
    coefficients = _perspective(photo, sheet)
    return page.transform(
        size, Image.Transform.PERSPECTIVE, coefficients, Image.Resampling.BICUBIC, fillcolor=DESK
    )


def half_shadowed(picture: Image.Image, remaining: float, *, hard: bool = True) -> Image.Image:
    """Lay a slanting shadow over the lower half that leaves ``remaining`` of the light."""
    shadow = Image.new("L", picture.size, 255)
    width, height = picture.size
    edge = [(0, height * 0.92), (width, height * 0.45), (width, height), (0, height)]
    ImageDraw.Draw(shadow).polygon(edge, fill=round(255 * remaining))
    if not hard:
        shadow = shadow.filter(ImageFilter.GaussianBlur(width / 40))
    return ImageChops.multiply(picture, shadow)


def blurred(picture: Image.Image, radius: float) -> Image.Image:
    """Miss the focus."""
    return picture.filter(ImageFilter.GaussianBlur(radius))


def noisy(picture: Image.Image, sigma: float) -> Image.Image:
    """Take the photo in poor light. The noise is the same each time."""
    tile = Image.effect_noise((256, 256), sigma)
    noise = Image.new("L", picture.size)
    for x in range(0, picture.width, 256):
        for y in range(0, picture.height, 256):
            noise.paste(tile, (x, y))
    return ImageChops.add(picture, noise, offset=-128)


def saved(picture: Image.Image, kind: str, **options: object) -> bytes:
    """Write the file."""
    file = BytesIO()
    picture.save(file, kind, **options)
    return file.getvalue()


def scanned_pdf(*pages: Image.Image, dpi: int, quality: int = 75) -> bytes:
    """Bind scanned pages to a PDF, as scanners do."""
    file = BytesIO()
    pages[0].save(
        file, "PDF", save_all=True, append_images=pages[1:], resolution=dpi, quality=quality
    )
    return file.getvalue()


def photo(page: Image.Image, size: tuple[int, int] = (2250, 3000)) -> Image.Image:
    """A usual photo: from above, a little askew."""
    return in_perspective(page, ((0.08, 0.06), (0.93, 0.09), (0.95, 0.95), (0.05, 0.92)), size)


def steep_photo(page: Image.Image, size: tuple[int, int] = (2250, 3000)) -> Image.Image:
    """A photo from the side: the far edge is a third shorter."""
    return in_perspective(page, ((0.22, 0.10), (0.80, 0.16), (0.98, 0.90), (0.03, 0.95)), size)


def _blank(page: Image.Image) -> Image.Image:
    return Image.new("L", page.size, 255)


PICTURES: dict[str, Callable[[Image.Image], bytes]] = {
    "scan, 300 dpi, PNG": lambda page: saved(page, "PNG"),
    "scan, 150 dpi, JPEG": lambda page: saved(at_dpi(page, 150), "JPEG", quality=75),
    "scan, 100 dpi, PNG": lambda page: saved(at_dpi(page, 100), "PNG"),
    "scan, 100 dpi, JPEG 50": lambda page: saved(at_dpi(page, 100), "JPEG", quality=50),
    "scan, 72 dpi, PNG": lambda page: saved(at_dpi(page, 72), "PNG"),
    "scan, 72 dpi, JPEG 50": lambda page: saved(at_dpi(page, 72), "JPEG", quality=50),
    "fax, 200 dpi, black and white": lambda page: saved(
        at_dpi(page, 200).convert("1", dither=Image.Dither.NONE), "PNG"
    ),
    "fax, 100 dpi, black and white": lambda page: saved(
        at_dpi(page, 100).convert("1", dither=Image.Dither.NONE), "PNG"
    ),
    "turned by 3 degrees, 150 dpi": lambda page: saved(at_dpi(turned(page, 3), 150), "JPEG"),
    "turned by 37 degrees, 150 dpi": lambda page: saved(at_dpi(turned(page, 37), 150), "JPEG"),
    "turned by 37 degrees, 100 dpi": lambda page: saved(at_dpi(turned(page, 37), 100), "JPEG"),
    "upside down, 100 dpi": lambda page: saved(at_dpi(turned(page, 180), 100), "JPEG"),
    "on its side, 100 dpi": lambda page: saved(at_dpi(turned(page, 90), 100), "JPEG"),
    "photo, 7 MP": lambda page: saved(photo(page), "JPEG"),
    "photo, 12 MP": lambda page: saved(photo(page, (3000, 4000)), "JPEG"),
    "photo, 2 MP": lambda page: saved(photo(page, (1200, 1600)), "JPEG"),
    "photo, 1 MP, sent on": lambda page: saved(photo(page, (900, 1200)), "JPEG", quality=50),
    "photo, 1 MP, HEIC": lambda page: saved(photo(page, (900, 1200)), "HEIF", quality=50),
    "photo, 2 MP, WebP": lambda page: saved(photo(page, (1200, 1600)), "WEBP", quality=50),
    "photo from the side": lambda page: saved(steep_photo(page), "JPEG"),
    "photo from the side, 2 MP": lambda page: saved(steep_photo(page, (1200, 1600)), "JPEG"),
    "photo, turned by 25 degrees": lambda page: saved(turned(photo(page), 25), "JPEG"),
    "photo, half in shadow": lambda page: saved(half_shadowed(photo(page), 0.35), "JPEG"),
    "photo, half in deep shadow": lambda page: saved(half_shadowed(photo(page), 0.12), "JPEG"),
    "photo, soft shadow, from the side": lambda page: saved(
        half_shadowed(steep_photo(page), 0.25, hard=False), "JPEG"
    ),
    "photo, out of focus by 1.5 px": lambda page: saved(blurred(photo(page), 1.5), "JPEG"),
    "photo, out of focus by 2.5 px": lambda page: saved(blurred(photo(page), 2.5), "JPEG"),
    "photo, out of focus by 3 px": lambda page: saved(blurred(photo(page), 3), "JPEG"),
    "photo, out of focus by 4 px": lambda page: saved(blurred(photo(page), 4), "JPEG"),
    "photo, out of focus by 6 px": lambda page: saved(blurred(photo(page), 6), "JPEG"),
    "photo, poor light": lambda page: saved(noisy(photo(page), 40), "JPEG", quality=60),
    "photo, from the side, shadow, blur, noise": lambda page: saved(
        noisy(blurred(half_shadowed(steep_photo(page), 0.4), 1.5), 15), "JPEG", quality=70
    ),
    "scanned PDF, 200 dpi": lambda page: scanned_pdf(at_dpi(page, 200), dpi=200),
    "scanned PDF, 100 dpi": lambda page: scanned_pdf(at_dpi(page, 100), dpi=100),
    "scanned PDF, third of three pages": lambda page: scanned_pdf(
        *(at_dpi(each, 150) for each in (_blank(page), _blank(page), page)), dpi=150
    ),
    "scanned PDF, turned and skewed": lambda page: scanned_pdf(
        at_dpi(turned(page, 92.5), 150), dpi=150, quality=60
    ),
}
"""What people send, by name."""


def _perspective(source: Corners, target: Corners) -> list[float]:
    """Return the eight coefficients that lead each point of ``source`` to that of ``target``."""
    rows: list[list[float]] = []
    for (x, y), (u, v) in zip(source, target, strict=True):
        rows.append([x, y, 1, 0, 0, 0, -u * x, -u * y, u])
        rows.append([0, 0, 0, x, y, 1, -v * x, -v * y, v])
    return _solved(rows)


def _solved(rows: list[list[float]]) -> list[float]:
    """Solve a system of linear equations by Gaussian elimination."""
    for column in range(len(rows)):
        pivot = max(range(column, len(rows)), key=lambda row: abs(rows[row][column]))
        rows[column], rows[pivot] = rows[pivot], rows[column]
        rows[column] = [each / rows[column][column] for each in rows[column]]
        for row in range(len(rows)):
            if row != column:
                factor = rows[row][column]
                rows[row] = [a - factor * b for a, b in zip(rows[row], rows[column], strict=True)]
    return [row[-1] for row in rows]


def table(pdf: bytes) -> str:
    """Try all of them on a certificate in a confined worker, and say how long each takes."""
    page = page_picture(pdf)
    lines = ["| what was done to it | read | ms |", "|---|---|---|"]
    sandbox = Sandbox(workers=1, memory_bytes=1024**3, seconds=5)
    try:
        sandbox.single.read(pdf, codes=True)
        for name, make in PICTURES.items():
            content = make(page)
            begun = time.perf_counter()
            reading = sandbox.single.read(content, codes=True)
            elapsed = round((time.perf_counter() - begun) * 1000)
            found = any(each.codes for each in reading.pages)
            lines.append(f"| {name} | {'yes' if found else '**no**'} | {elapsed} |")
    finally:
        sandbox.close()
    return "\n".join(lines)


if __name__ == "__main__":
    print(table(Path(sys.argv[1]).read_bytes()))  # noqa: T201 - what it is for
