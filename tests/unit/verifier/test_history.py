"""What the later revisions of a file changed, and how the frame of a file is described."""

from io import BytesIO
from types import ModuleType

import pikepdf
import pytest
from pyhanko.pdf_utils.reader import PdfFileReader

from clearance.verdict import Finding, Level, Reason
from verifier.changes import MAXIMUM_REVISIONS, read_changes
from verifier.examination import Examination
from verifier.frame import frame_findings
from verifier.rendered_difference import MAXIMUM_PAGES, rendered_difference_findings
from verifier.stages import examine


def found(examination: Examination, reason: Reason) -> list[Finding]:
    return [each for each in examination.findings if each.reason is reason]


def grown(pdf: bytes, revisions: int) -> bytes:
    """Append revisions that say nothing new."""
    for _ in range(revisions):
        previous = int(pdf.rsplit(b"startxref", 1)[1].split()[0])
        start = len(pdf)
        pdf += b"xref\n0 1\n0000000000 65535 f\r\n"
        pdf += b"trailer\n<< /Size 4 /Root 1 0 R /Prev %d >>\n" % previous
        pdf += b"startxref\n%d\n%%%%EOF\n" % start
    return pdf


def of_size(*corners: float, count: int = 1) -> bytes:
    with pikepdf.new() as pdf:
        for _ in range(count):
            pdf.add_blank_page(page_size=(100, 100))
        pdf.pages[0].MediaBox = pikepdf.Array(corners)
        out = BytesIO()
        pdf.save(out, static_id=True)
    return out.getvalue()


def test_a_change_behind_the_seal_counts_against_the_file(
    genuine: bytes, authority, bad_files: ModuleType
) -> None:
    examination = examine(bad_files.lawful_update(genuine), authority.trust)
    (content,) = found(examination, Reason.PAGE_CONTENT_CHANGED)
    assert content.level is Level.FAILED
    assert content.parameters == {"revision": "3", "page": "1"}
    (drawn,) = found(examination, Reason.LOOKS_DIFFERENT)
    assert drawn.parameters["page"] == "1"


def test_the_same_change_of_a_strangers_file_is_a_note(
    plain: bytes, authority, bad_files: ModuleType
) -> None:
    examination = examine(bad_files.lawful_update(plain), authority.trust)
    (content,) = found(examination, Reason.PAGE_CONTENT_CHANGED)
    assert content.level is Level.NOTE
    assert found(examination, Reason.LOOKS_DIFFERENT) == [], "only sealed files are drawn"


def test_what_came_before_the_seal_is_a_note(genuine: bytes, authority) -> None:
    examination = examine(genuine, authority.trust)
    assert found(examination, Reason.SIGNATURE_ADDED)[0].level is Level.NOTE
    assert examination.agrees


def test_only_the_latest_revisions_are_compared(bad_files: ModuleType, authority) -> None:
    many = grown(bad_files.never_sealed(), MAXIMUM_REVISIONS + 3)
    examination = examine(many, authority.trust)
    (told,) = found(examination, Reason.REVISIONS)
    assert told.parameters["revisions"] == str(MAXIMUM_REVISIONS + 4)
    (skipped,) = found(examination, Reason.TOO_MANY_CHANGES)
    assert skipped.parameters["revisions"] == "3"
    reader = PdfFileReader(BytesIO(many))
    assert len(read_changes(many, reader)) == MAXIMUM_REVISIONS


def test_a_revision_of_nothing_adds_no_evidence(bad_files: ModuleType) -> None:
    pdf = grown(bad_files.never_sealed(), 1)
    (revision,) = read_changes(pdf, PdfFileReader(BytesIO(pdf)))
    assert not revision.adds_evidence_alone


def test_pages_without_end_are_drawn_small_or_not_at_all() -> None:
    small, vast = of_size(0, 0, 100, 100), of_size(0, 0, 1_000_000, 1_000_000)
    assert [each.reason for each in rendered_difference_findings(small, small)] == [
        Reason.LOOKS_THE_SAME
    ]
    (different,) = rendered_difference_findings(small, vast)
    assert different.parameters["area"] == "size"
    (undrawn,) = rendered_difference_findings(b"%PDF-1.7 nothing", small)
    assert (undrawn.reason, undrawn.level) == (Reason.PAGES_NOT_DRAWN, Level.NOTE)


def test_pages_that_were_not_drawn_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    pages = of_size(0, 0, 100, 100, count=MAXIMUM_PAGES + 3)
    same, undrawn = rendered_difference_findings(pages, pages)
    assert (same.reason, same.parameters["pages"]) == (Reason.LOOKS_THE_SAME, str(MAXIMUM_PAGES))
    assert (undrawn.reason, undrawn.parameters["pages"]) == (Reason.PAGES_NOT_DRAWN, "3")


@pytest.mark.parametrize(
    ("lie", "reason"),
    [
        ("nothing_follows_the_end", Reason.BYTES_AFTER),
        ("begins_earlier", Reason.BYTES_BEFORE),
    ],
)
def test_bytes_outside_are_counted(
    genuine: bytes, authority, bad_files: ModuleType, lie: str, reason: Reason
) -> None:
    examination = examine(bad_files.OF_OURS[lie](genuine), authority.trust)
    (outside,) = found(examination, reason)
    assert outside.parameters["bytes"] == str(len(bad_files.OF_OURS[lie](genuine)) - len(genuine))


def test_a_frame_names_few_of_many_duplicates(bad_files: ModuleType) -> None:
    pdf = bad_files.never_sealed()
    place = pdf.rindex(b"xref\n0 ")
    twice = b"".join(b"%d 0 obj\nnull\nendobj\n" % each for each in [*range(10, 30)] * 2)
    stuffed = (
        pdf[:place]
        + twice
        + pdf[place:].replace(b"startxref\n%d" % place, b"startxref\n%d" % (place + len(twice)))
    )
    findings = {
        each.reason: each.parameters
        for each in frame_findings(stuffed, PdfFileReader(BytesIO(stuffed)))
    }
    assert findings[Reason.DUPLICATE_OBJECTS]["objects"].endswith("(20)")
    assert findings[Reason.UNLISTED_OBJECTS]["objects"].endswith("(40)")
