"""Programs that copy and search text in a PDF, and how many values they find.

poppler (pdftotext), pdf.js (Firefox) and PDFium (Chrome, Edge), each as its viewer uses it.
"""

import re
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable, Mapping
from functools import cache
from pathlib import Path

from pypdfium2 import PdfDocument

PDFJS = Path(sys.prefix) / "pdfjs"
"""Where ``setup/prepare.sh test`` installs it."""
_SCRIPT = Path(__file__).with_name("extract.mjs")
_ENDS = r"(?:\r?\n)?"
"""Where a long word without a blank is broken over lines."""
_BIDI_CONTROLS = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")


def with_pdftotext(pdf: bytes) -> str:
    """Extract as poppler does (Evince, Okular, most servers)."""
    return _run(["pdftotext", "-", "-"], pdf)


def with_pdfjs(pdf: bytes) -> str:
    """Extract as pdf.js joins text for searching (Firefox)."""
    with tempfile.NamedTemporaryFile(suffix=".pdf") as file:
        file.write(pdf)
        file.flush()
        return _run(["node", str(_SCRIPT), str(PDFJS), file.name], b"")


def with_pdfium(pdf: bytes) -> str:
    """Extract as PDFium does (Chrome, Edge)."""
    with PdfDocument(pdf) as document:
        return "\n".join(page.get_textpage().get_text_range() for page in document)


EXTRACTORS: Mapping[str, Callable[[bytes], str]] = {
    "pdftotext": with_pdftotext,
    "pdf.js": with_pdfjs,
    "PDFium": with_pdfium,
}


def holds(extracted: str, value: str) -> bool:
    """Tell whether a value stands in extracted text letter by letter, ZWNJ and marks included.

    Blanks and line ends are as good as each other, a long word may go over lines, and bidi
    controls, which wherever text is typed in are dropped, count for nothing.
    """
    return _pattern(value).search(_BIDI_CONTROLS.sub("", extracted)) is not None


def lost_values(
    pdf: bytes, values: Iterable[tuple[str, str]]
) -> Mapping[str, list[tuple[str, str]]]:
    """Return for each extractor the values that it does not find, with their names."""
    texts = {name: extract(pdf) for name, extract in EXTRACTORS.items()}
    return {
        name: [(field, value) for field, value in values if not holds(text, value)]
        for name, text in texts.items()
    }


@cache
def _pattern(value: str) -> re.Pattern[str]:
    words = _BIDI_CONTROLS.sub("", value).split()
    return re.compile(r"\s+".join(_ENDS.join(map(re.escape, word)) for word in words))


def _run(command: list[str], data: bytes) -> str:
    return subprocess.run(command, input=data, capture_output=True, check=True).stdout.decode()
