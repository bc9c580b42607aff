"""Which cross-reference sections of a PDF belong to one saving. Runs inside the sandbox.

pyHanko counts a revision for each section. A file that was saved once may have two: a linearised
one keeps the section of its first page in front and the main one, which may lack ``/Root``, behind
it (ISO 32000-2, annex F); a hybrid one as office programs write it ends with an empty table that
only names the cross-reference stream for newer readers (ISO 32000-2, 7.5.8.4).
"""

import re
from itertools import islice

from pyhanko.pdf_utils.reader import PdfFileReader

MAXIMUM_ENDS = 100_000
"""How many ends of file are looked at; our own files have one."""

_END = re.compile(rb"startxref\s{1,8}\d{1,10}\s{1,8}%%EOF(?:\r\n|\r|\n)?")
_LINEARISED = re.compile(rb"\s{0,8}\d{1,10}\s{1,8}\d{1,5}\s{1,8}obj\s{0,8}<<[^<>]*/Linearized\b")
_LENGTH = re.compile(rb"/L\s{1,8}(\d{1,10})\b")
_COMMENTS = re.compile(rb"%PDF-[^\r\n]{1,16}[\r\n]{1,2}(?:%[^\r\n]{0,64}[\r\n]{1,2}){0,2}")
_LONGEST_PARAMETERS = 1024
_EOL = 2


def revision_ends(pdf: bytes) -> list[int]:
    """Return where each section's part ends, its end-of-line bytes included."""
    return [each.end() for each in islice(_END.finditer(pdf), MAXIMUM_ENDS)]


def continuing_sections(pdf: bytes, reader: PdfFileReader) -> frozenset[int]:
    """Return the sections, counted from 0, that belong to the saving of the section before."""
    ends = revision_ends(pdf)
    found = {
        number
        for number in range(1, reader.xrefs.total_revisions)
        if _names_newer_references(pdf, reader, ends, number)
    }
    if _is_linearised(pdf, reader, ends):
        found.add(1)
    return frozenset(found)


def saving_of(section: int, continuing: frozenset[int]) -> int:
    """Return the saving, counted from 0, to which a section belongs."""
    return section - sum(1 for each in continuing if each <= section)


def saving_ends(pdf: bytes, reader: PdfFileReader, continuing: frozenset[int]) -> list[int]:
    """Return where each saving ends, its end-of-line bytes included."""
    ends = revision_ends(pdf)
    parts = [
        {_end_of(reader, ends, number - 1), _end_of(reader, ends, number)} for number in continuing
    ]
    # The first part of a linearised file with cross-reference streams has no end of its own.
    inner = {min(each) for each in parts if len(each) > 1}
    return [each for each in ends if each not in inner]


def end_of_saving(pdf: bytes, reader: PdfFileReader, section: int) -> int:
    """Return where the saving of a section ends; the file's size if nothing shows it."""
    ends = revision_ends(pdf)
    continuing = continuing_sections(pdf, reader)
    saving = saving_of(section, continuing)
    sections = range(reader.xrefs.total_revisions)
    parts = [each for each in sections if saving_of(each, continuing) == saving]
    return min(max(_end_of(reader, ends, each) for each in parts), len(pdf))


def root_of(reader: PdfFileReader, section: int) -> int | None:
    """Return the object number of the root as of a section; nothing if none is named by then.

    A root that cannot be read has the number -1.
    """
    try:
        return int(reader.trailer.raw_get("/Root", revision=section).idnum)
    except KeyError:
        return None
    except MemoryError:
        raise
    except Exception:  # noqa: BLE001 - pyHanko raises anything on hostile files
        return -1


def _is_linearised(pdf: bytes, reader: PdfFileReader, ends: list[int]) -> bool:
    """Whether the first two sections are those of a linearised file, as it was saved."""
    header = _COMMENTS.match(pdf)
    first = _LINEARISED.match(pdf, header.end()) if header else None
    if reader.xrefs.total_revisions <= 1 or first is None:
        return False
    length = _LENGTH.search(pdf, first.start(), first.start() + _LONGEST_PARAMETERS)
    if length is None or _start(reader, 1) >= _start(reader, 0):
        return False
    beyond = _end_of(reader, ends, 0) - int(length[1])
    return 0 <= beyond <= _EOL and root_of(reader, 0) in (None, root_of(reader, 1))


def _names_newer_references(
    pdf: bytes, reader: PdfFileReader, ends: list[int], number: int
) -> bool:
    """Whether a section lists nothing itself and names a stream of the part before."""
    section = reader.xrefs.get_xref_data(number)
    before = _end_of(reader, ends, number - 1)
    if section.hybrid is None or section.explicit_refs_in_revision:
        return False
    between = pdf[before : _start(reader, number)].removesuffix(b"\n").removesuffix(b"\r")
    return (
        section.hybrid.meta_info.start_location < before
        and between.strip() in (b"", b"xref")
        and root_of(reader, number) == root_of(reader, number - 1)
    )


def _start(reader: PdfFileReader, section: int) -> int:
    return int(reader.xrefs.get_xref_container_info(section).start_location)


def _end_of(reader: PdfFileReader, ends: list[int], section: int) -> int:
    start = _start(reader, section)
    return next((end for end in ends if end > start), ends[-1] if ends else start)
