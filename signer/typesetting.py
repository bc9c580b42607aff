"""Lays out a filled-in template with WeasyPrint: no foreign address, no font but ours."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from io import BytesIO
from pathlib import Path
from threading import Lock

from weasyprint import CSS, HTML, Attachment, Document
from weasyprint.css import ColorProfile
from weasyprint.text.fonts import FontConfiguration
from weasyprint.urls import FatalURLFetchingError, URLFetcher, URLFetcherResponse

from clearance.errors import InternalFault, Refused
from signer.letter import ornaments_html
from templates.documents import SharedParts, Typeface

_BASE = "file:///template/"
"""Where a template takes its own addresses from; nothing lies there."""
_COLOURS = "sRGB"
_PICTURES = ("frame.svg", "seal.svg", "emblem.svg")

# One at a time: Pango's font map belongs to one thread at a time, and the work is Python's anyway.
_typesetting = Lock()


@dataclass(frozen=True, kw_only=True)
class Letter:
    """A filled-in template with all that goes into its PDF."""

    html: str
    attachment: Attachment
    sheets: tuple[Path, ...]
    """Style sheets, the later over the earlier."""
    typefaces: tuple[Typeface, ...]
    """The only ones that may be used."""
    pictures: Mapping[str, bytes]
    """What the template shows, by the names that it uses: at most the QR code."""


class TemplateFetcher(URLFetcher):  # type: ignore[misc]  # the library has no types
    """Answers the template's own pictures from memory and refuses every other address."""

    def __init__(self, pictures: Mapping[str, bytes]) -> None:
        """``pictures`` maps file names, as the template writes them, to their bytes."""
        super().__init__(allowed_protocols=())
        self._answers = {f"{_BASE}{name}": data for name, data in pictures.items()}

    def fetch(self, url: str, headers: object = None) -> URLFetcherResponse:  # noqa: ARG002
        """Return a picture, or stop the whole rendering: nothing else is ever needed."""
        data = self._answers.get(url)
        if data is None:
            raise FatalURLFetchingError(url)
        kind = "image/svg+xml" if url.endswith(".svg") else "image/png"
        return URLFetcherResponse(url, body=data, headers={"Content-Type": kind})


def typeset(letter: Letter) -> bytes:
    """Lay a letter out and write its tagged PDF, uncompressed and still to be completed.

    Raises ``Refused`` (``rendering.font_missing``) and ``InternalFault`` (``rendering.*``).
    """
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
        _check_fonts(document, letter.typefaces)
    return plain


def _check_fonts(document: Document, typefaces: tuple[Typeface, ...]) -> None:
    """Have the last word on letters: look at what was really used, after shaping."""
    families = {typeface.family for typeface in typefaces}
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


class _ColourProfile(ColorProfile):  # type: ignore[misc]  # the library has no types
    """A profile that is embedded as it is read.

    The library would have it written anew by LittleCMS, which writes a profile that was written
    before otherwise: the first document of a process had other bytes than all later ones.
    """

    def __init__(self, profile: bytes) -> None:
        super().__init__(BytesIO(profile), "sRGB2014.icc", "relative-colorimetric", "RGB")
        self._bytes = profile

    @property
    def content(self) -> bytes:
        return self._bytes


@cache
def _colour_profile() -> ColorProfile:
    """Read the sRGB profile of the output intent; the library would leave its file open."""
    return _ColourProfile((files("weasyprint.pdf") / "sRGB2014.icc").read_bytes())


@cache
def _stylesheet(path: Path) -> CSS:
    return CSS(
        string=path.read_text("utf-8"),
        base_url=_BASE,
        url_fetcher=TemplateFetcher({}),
        font_config=_font_configuration(),
    )


@cache
def ornaments(shared: SharedParts) -> bytes:
    """Draw the ornaments as the pages of one PDF, untagged."""
    pictures = {name: (shared.folder / name).read_bytes() for name in _PICTURES}
    with _typesetting:
        drawn: bytes = HTML(
            string=ornaments_html(shared), base_url=_BASE, url_fetcher=TemplateFetcher(pictures)
        ).write_pdf(font_config=_font_configuration())
    return drawn
