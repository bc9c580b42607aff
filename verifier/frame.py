"""What the bytes tell of how a PDF was made: revisions, what lies outside, what is there twice.

Runs inside the sandbox; never raises for a bad document.
"""

import re
from collections import Counter
from dataclasses import dataclass
from itertools import islice

from pyhanko.pdf_utils.reader import PdfFileReader

from clearance.verdict import Finding, Level, Reason, Stage
from verifier.savings import continuing_sections, revision_ends, root_of, saving_ends

MAXIMUM_OBJECTS = 100_000
"""How many objects and ends of file are looked at; our own files have some hundreds."""

LISTED = 8
"""How many object numbers or offsets a finding names."""

_HEADER = b"%PDF-"
_OBJECT = re.compile(rb"(?<!\d)(\d{1,10})\s{1,8}\d{1,5}\s{1,8}obj\b")
_CATALOG = re.compile(rb"/Type\s{0,8}/Catalog\b")


@dataclass(frozen=True, kw_only=True)
class _Object:
    number: int
    offset: int


def outside_findings(pdf: bytes) -> list[Finding]:
    """Find bytes before the header and behind the last end, of whatever can be read or not."""
    findings = []
    before = pdf.find(_HEADER)
    if before > 0:
        findings.append(Stage.STRUCTURE.failed(Reason.BYTES_BEFORE, bytes=str(before)))
    ends = revision_ends(pdf)
    if ends and ends[-1] < len(pdf):
        findings.append(
            Stage.STRUCTURE.failed(
                Reason.BYTES_AFTER, bytes=str(len(pdf) - ends[-1]), offset=str(ends[-1])
            )
        )
    return findings


def frame_findings(pdf: bytes, reader: PdfFileReader) -> tuple[Finding, ...]:
    """Describe the frame of an opened file; failed is what no writer of ours ever makes."""
    findings = outside_findings(pdf)
    if not reader.strict:
        findings.append(Stage.STRUCTURE.failed(Reason.NOT_STRICT))
    if reader.xrefs.hybrid_xrefs_present:
        findings.append(Stage.STRUCTURE.failed(Reason.HYBRID_REFERENCES))
    continuing = continuing_sections(pdf, reader)
    ends = saving_ends(pdf, reader, continuing)
    revisions = reader.xrefs.total_revisions - len(continuing)
    if len(ends) > revisions:
        findings.append(
            Stage.STRUCTURE.failed(
                Reason.UNLINKED_REVISION, ends=str(len(ends)), revisions=str(revisions)
            )
        )
    findings += _object_findings(pdf, reader, ends, revisions)
    return (_summary(pdf, ends, revisions, sound=not findings), *findings)


def _summary(pdf: bytes, ends: list[int], revisions: int, *, sound: bool) -> Finding:
    """Say how often the file was saved, and where each revision ends."""
    reason = Reason.REVISIONS
    if revisions == 1 and len(ends) <= 1:
        reason = Reason.ONE_REVISION if sound else Reason.SAVED_ONCE
    return Stage.STRUCTURE.finding(
        Level.PASSED if reason is Reason.ONE_REVISION else Level.NOTE,
        reason,
        revisions=str(revisions),
        ends=_listed([str(end) for end in ends]),
        bytes=str(len(pdf)),
    )


def _object_findings(
    pdf: bytes, reader: PdfFileReader, ends: list[int], revisions: int
) -> list[Finding]:
    """Look for objects with the same number, unlisted ones, and more roots than one.

    Objects inside object streams have no number in the bytes: what a stream holds is reached
    through the cross-references alone.
    """
    matches = islice(_OBJECT.finditer(pdf), MAXIMUM_OBJECTS)
    objects = [_Object(number=int(each[1]), offset=each.start()) for each in matches]
    findings = []
    duplicates = _duplicates(objects, ends)
    if duplicates:
        findings.append(
            Stage.STRUCTURE.failed(Reason.DUPLICATE_OBJECTS, objects=_listed(duplicates))
        )
    listed = _listed_offsets(reader)
    unlisted = [str(each.number) for each in objects if each.offset not in listed]
    if unlisted:
        findings.append(Stage.STRUCTURE.failed(Reason.UNLISTED_OBJECTS, objects=_listed(unlisted)))
    roots = _roots(reader)
    catalogs = sum(1 for _ in islice(_CATALOG.finditer(pdf), MAXIMUM_OBJECTS))
    if len(roots) > 1 or catalogs > revisions:
        count = str(max(catalogs, len(roots)))
        findings.append(
            Stage.STRUCTURE.failed(Reason.SEVERAL_CATALOGS, roots=_listed(roots), catalogs=count)
        )
    return findings


def _duplicates(objects: list[_Object], ends: list[int]) -> list[str]:
    """Return the numbers that occur more than once in one revision."""
    seen: Counter[tuple[int, int]] = Counter()
    revision = 0
    for each in objects:
        while revision < len(ends) and each.offset >= ends[revision]:
            revision += 1
        seen[revision, each.number] += 1
    return sorted({str(number) for (_, number), count in seen.items() if count > 1})


def _listed_offsets(reader: PdfFileReader) -> set[int]:
    """Return where the cross-references of all revisions say that objects begin."""
    offsets = set()
    for revision in range(reader.xrefs.total_revisions):
        offsets.add(reader.xrefs.get_xref_container_info(revision).start_location)
        section = reader.xrefs.get_xref_data(revision)
        offsets |= {offset for _, offset in section.standard_xrefs.values()}
        if section.hybrid is not None:
            entries = section.hybrid.xref_data.standard_xrefs.values()
            offsets |= {offset for _, offset in entries}
            offsets.add(section.hybrid.meta_info.start_location)
    return offsets


def _roots(reader: PdfFileReader) -> list[str]:
    """Return the object numbers of the roots that the trailers name, each once."""
    sections = range(reader.xrefs.total_revisions)
    named = [root for each in sections if (root := root_of(reader, each)) is not None]
    return list(dict.fromkeys("?" if each < 0 else str(each) for each in named))


def _listed(items: list[str]) -> str:
    shown = ", ".join(items[:LISTED])
    return f"{shown} … ({len(items)})" if len(items) > LISTED else shown
