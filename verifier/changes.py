"""Says in words what each later revision of a PDF changed. Runs inside the sandbox.

A revision lists the objects that it wrote. What can be reached from a page's content, its
annotations, the form, the attachments and so on tells to whom these objects belong. It describes;
the verdict does not depend on it, for whoever hides a change from it still changes the digest.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any

from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.reader import PdfFileReader

from clearance.verdict import Reason
from verifier.changed_pages import annotation_changes, field_changes, form_changes, page_changes
from verifier.comparing import Change, changed, changed_entries, differs, listed, runs, word
from verifier.graph import (
    MAXIMUM_LISTED,
    Revision,
    TooMuchToCompareError,
    entry,
    revision_of,
    spelled,
)
from verifier.savings import continuing_sections, saving_of

MAXIMUM_REVISIONS = 8
"""How many of the latest revisions are compared with the one before each."""

MAXIMUM_CHANGES = 16
"""How many changes of one revision are named."""

_NAMED_ELSEWHERE = frozenset(
    {"/Pages", "/AcroForm", "/Names", "/AF", "/Metadata", "/DSS", "/OpenAction", "/AA"}
    | {"/Extensions", "/Version"}
)
"""Entries of the catalog that have words of their own, or that only declare a version."""

_LAWFUL = frozenset({Reason.EVIDENCE_ADDED, Reason.METADATA_CHANGED})
"""What may follow our seal: evidence, and the date of the last change with it."""


@dataclass(frozen=True, kw_only=True)
class RevisionChanges:
    """What one revision changed in the one before it."""

    number: int
    """Counted from 0, as pyHanko does: each cross-reference section is a revision."""
    saving: int
    """Counted from 0: which saving of the file that was."""
    changes: tuple[Change, ...]

    @property
    def adds_evidence_alone(self) -> bool:
        """Whether nothing but validation evidence was added."""
        reasons = {reason for reason, _ in self.changes}
        return Reason.EVIDENCE_ADDED in reasons and reasons <= _LAWFUL


def read_changes(pdf: bytes, reader: PdfFileReader) -> tuple[RevisionChanges, ...]:
    """Compare each of the latest revisions with the one before. Never raises for a bad document.

    A section that belongs to the saving of the one before changed nothing.
    """
    continuing = continuing_sections(pdf, reader)
    later = [each for each in range(1, reader.xrefs.total_revisions) if each not in continuing]
    return tuple(
        RevisionChanges(
            number=number,
            saving=saving_of(number, continuing),
            changes=_changes(reader, number),
        )
        for number in later[-MAXIMUM_REVISIONS:]
    )


def _changes(reader: PdfFileReader, number: int) -> tuple[Change, ...]:
    try:
        old, new = revision_of(reader, number - 1), revision_of(reader, number)
        changes = [change for compare in _COMPARISONS for change in compare(old, new)]
        changes += _actions_elsewhere(new, changes)
        changes += _unexplained_changes(new)
        return _once(changes) or ((Reason.OTHER_CHANGE, {}),)
    except MemoryError:
        raise
    except TooMuchToCompareError:
        return ((Reason.TOO_MANY_CHANGES, {}),)
    except Exception:  # noqa: BLE001 - pyHanko raises anything on hostile files
        return ((Reason.OTHER_CHANGE, {"problem": "cannot be read"}),)


def _attachment_changes(old: Revision, new: Revision) -> Iterator[Change]:
    paths = (("/Names", "/EmbeddedFiles"), ("/AF",))
    new.explain(entry(new.root, "/Names"))
    found = [changed(old, new, *path) for path in paths]
    if any(found):
        yield Reason.ATTACHMENT_CHANGED, {}


def _metadata_changes(old: Revision, new: Revision) -> Iterator[Change]:
    if changed(old, new, "/Metadata"):
        yield Reason.METADATA_CHANGED, {"kind": "XMP"}
    if new.touches(new.information) or spelled(new.information) != spelled(old.information):
        yield Reason.METADATA_CHANGED, {"kind": "Info"}


def _action_changes(old: Revision, new: Revision) -> Iterator[Change]:
    for path in (("/OpenAction",), ("/AA",), ("/Names", "/JavaScript")):
        if changed(old, new, *path) and entry(new.root, *path) is not None:
            yield Reason.ACTION_CHANGED, {"kind": path[-1].lstrip("/")}
    before = old.pages()
    for index, (number, page) in enumerate(new.pages().items(), start=1):
        action = entry(page, "/AA")
        differs = spelled(action) != spelled(entry(before.get(number), "/AA"))
        if action is not None and (new.touches(action) or differs):
            yield Reason.ACTION_CHANGED, {"page": str(index)}


def _actions_elsewhere(new: Revision, changes: Iterable[Change]) -> Iterator[Change]:
    """Find actions in what else the revision wrote: behind others, in the outline, anywhere."""
    if any(reason is Reason.ACTION_CHANGED for reason, _ in changes):
        return
    written = islice(sorted(new.written), MAXIMUM_LISTED)
    running = [str(number) for number in written if _holds_action(new.object_of(number))]
    if running:
        yield Reason.ACTION_CHANGED, {"objects": listed(running)}


def _holds_action(value: Any) -> bool:
    """Whether an action stands in one object, references not followed."""
    pending = [value]
    for _ in range(MAXIMUM_LISTED):
        if not pending:
            break
        each = pending.pop()
        if isinstance(each, generic.DictionaryObject):
            if runs(each):
                return True
            pending += [each.raw_get(name) for name in each]
        elif isinstance(each, generic.ArrayObject):
            pending += [each.raw_get(index) for index in range(min(len(each), MAXIMUM_LISTED))]
    return False


def _evidence_changes(old: Revision, new: Revision) -> Iterator[Change]:
    if changed(old, new, "/DSS"):
        if entry(new.root, "/DSS") is None:
            yield Reason.OTHER_CHANGE, {"entries": "DSS"}
        else:
            yield Reason.EVIDENCE_ADDED, {"kind": "DSS"}


def _other_changes(old: Revision, new: Revision) -> Iterator[Change]:
    named = changed_entries(old, new, "/Names", {"/EmbeddedFiles", "/JavaScript"})
    entries = sorted((set(old.root) | set(new.root)) - _NAMED_ELSEWHERE)
    different = [word(name) for name in entries if differs(old, new, name)]
    if different or named:
        yield Reason.OTHER_CHANGE, {"entries": listed(different + named)}


def _unexplained_changes(new: Revision) -> Iterator[Change]:
    """Name what the revision wrote that belongs to nothing compared so far.

    Looked for last, and only if there is any: what else the catalog leads to is large, such as
    what is read aloud (the structure tree).
    """
    if not new.is_explained:
        yield Reason.TOO_MANY_CHANGES, {}
        return
    if not new.unexplained():
        return
    entries = sorted(set(new.root) - _NAMED_ELSEWHERE)
    touched = [word(name) for name in entries if new.touches(entry(new.root, name))]
    if touched:
        yield Reason.OTHER_CHANGE, {"entries": listed(touched)}
    rest = new.unexplained()
    if rest:
        yield Reason.OTHER_CHANGE, {"objects": listed([str(each) for each in rest])}


_COMPARISONS: tuple[Callable[[Revision, Revision], Iterator[Change]], ...] = (
    page_changes,
    annotation_changes,
    field_changes,
    form_changes,
    _attachment_changes,
    _metadata_changes,
    _action_changes,
    _evidence_changes,
    _other_changes,
)


def _once(changes: list[Change]) -> tuple[Change, ...]:
    """Keep each change once, and a bounded number of them."""
    distinct = {
        (reason, *parameters.items()): (reason, parameters) for reason, parameters in changes
    }
    return tuple(distinct.values())[:MAXIMUM_CHANGES]
