"""What was read off a paper: plain values, made inside the sandbox, weighed outside."""

from dataclasses import dataclass
from typing import Protocol

from clearance.verdict import Reason


@dataclass(frozen=True, kw_only=True)
class PageReading:
    """What one page, or the one picture, shows."""

    codes: tuple[str, ...]
    """The contents of its QR codes."""
    text: str
    """Its text layer, cut to a bounded length; empty for a picture."""
    pictured: bool
    """Whether a picture takes up much of it, so that its text may be a machine's guess."""


@dataclass(frozen=True, kw_only=True)
class Reading:
    """What a file shows when it is looked at as a paper."""

    pages: tuple[PageReading, ...] = ()
    attached: bytes | None = None
    """The attached clearance data, if there is any of a plausible size."""
    failure: Reason | None = None
    """Why it could not be read; then there is nothing else."""
    unread: tuple[int, ...] = ()
    """Pages, counted from 1, that there was no time or room to look at thoroughly."""
    left_out: tuple[Reason, ...] = ()
    """What was not looked at, and why; empty if nothing."""

    @property
    def unread_words(self) -> str:
        """Name those pages, neighbours as one run."""
        numbers = frozenset(self.unread)
        starts = [each for each in self.unread if each - 1 not in numbers]
        ends = [each for each in self.unread if each + 1 not in numbers]
        return ", ".join(
            str(first) if first == last else f"{first}-{last}"
            for first, last in zip(starts, ends, strict=True)
        )


class Reader(Protocol):
    """Reads papers; ``verifier.sandbox.Sandbox`` is one."""

    def read(self, content: bytes, *, codes: bool, within: float) -> Reading:
        """Read a PDF or a picture; with ``codes`` its pages too, else its attached data alone.

        Never raises for a bad document; ``Busy`` if it is not read ``within`` so many seconds of
        wall-clock time, since then it was others who took the time.
        """


PICTURE_MARKS = (
    *(b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff"),
    *(b"II*\0", b"MM\0*", b"II+\0", b"MM\0+"),
)
"""How PNG and JPEG begin, and TIFF and BigTIFF in either order of bytes."""

_HEIF_BRANDS = frozenset(
    {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1", b"mif2"}
)
"""Major brands of the HEIF family (ISO/IEC 23008-12, annexes B and C)."""


def is_picture(content: bytes) -> bool:
    """Whether a file begins like PNG, JPEG, TIFF, WebP or HEIC, whatever it is called."""
    if content.startswith(PICTURE_MARKS):
        return True
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        return True
    return content[4:8] == b"ftyp" and content[8:12] in _HEIF_BRANDS
