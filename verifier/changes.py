"""Says in words what each later revision of a PDF changed. Runs inside the sandbox.

A revision lists the objects that it wrote. What can be reached from a page's content, its
annotations, the form, the attachments and so on tells to whom these objects belong. It describes;
the verdict does not depend on it, for whoever hides a change from it still changes the digest.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.reader import PdfFileReader

from clearance.verdict import Reason
from verifier.graph import (
    Revision,
    TooMuchToCompareError,
    elements,
    entry,
    number_of,
    resolved,
    revision_of,
    spelled,
    value_at,
)

MAXIMUM_REVISIONS = 8
"""How many of the latest revisions are compared with the one before each."""

MAXIMUM_CHANGES = 16
"""How many changes of one revision are named."""

_AROUND_CONTENT = frozenset({"/Parent", "/Annots", "/StructParents", "/Tabs", "/AA"})
"""Entries of a page that say nothing of what its content shows."""

_RUNNING = frozenset(
    {"/JavaScript", "/Launch", "/SubmitForm", "/ImportData", "/GoToR", "/GoToE", "/Rendition"}
)
"""Actions that leave the document or compute (ISO 32000-2, 12.6.4)."""

_NAMED_ELSEWHERE = frozenset(
    {"/Pages", "/AcroForm", "/Names", "/AF", "/Metadata", "/DSS", "/OpenAction", "/AA"}
    | {"/Extensions", "/Version"}
)
"""Entries of the catalog that have words of their own, or that only declare a version."""

_LAWFUL = frozenset({Reason.EVIDENCE_ADDED, Reason.METADATA_CHANGED})
"""What may follow our seal: evidence, and the date of the last change with it."""

Change = tuple[Reason, Mapping[str, str]]


@dataclass(frozen=True, kw_only=True)
class RevisionChanges:
    """What one revision changed in the one before it."""

    number: int
    """Counted from 0."""
    changes: tuple[Change, ...]

    @property
    def adds_evidence_alone(self) -> bool:
        """Whether nothing but validation evidence was added."""
        reasons = {reason for reason, _ in self.changes}
        return Reason.EVIDENCE_ADDED in reasons and reasons <= _LAWFUL


def read_changes(reader: PdfFileReader) -> tuple[RevisionChanges, ...]:
    """Compare each of the latest revisions with the one before. Never raises for a bad document."""
    revisions = reader.xrefs.total_revisions
    return tuple(
        RevisionChanges(number=number, changes=_changes(reader, number))
        for number in range(max(1, revisions - MAXIMUM_REVISIONS), revisions)
    )


def _changes(reader: PdfFileReader, number: int) -> tuple[Change, ...]:
    try:
        old, new = revision_of(reader, number - 1), revision_of(reader, number)
        changes = [change for compare in _COMPARISONS for change in compare(old, new)]
        unnamed = ", ".join(str(each) for each in sorted(new.written)[:8])
        return _once(changes) or ((Reason.OTHER_CHANGE, {"objects": unnamed}),)
    except MemoryError:
        raise
    except TooMuchToCompareError:
        return ((Reason.TOO_MANY_CHANGES, {}),)
    except Exception as error:  # noqa: BLE001 - pyHanko raises anything on hostile files
        return ((Reason.OTHER_CHANGE, {"error": type(error).__name__}),)


def _page_changes(old: Revision, new: Revision) -> Iterator[Change]:
    before = dict(old.pages())
    after = dict(new.pages())
    added = [str(index) for index, page in enumerate(after, start=1) if page not in before]
    removed = [str(index) for index, page in enumerate(before, start=1) if page not in after]
    if added:
        yield Reason.PAGES_ADDED, {"pages": ", ".join(added[:8])}
    if removed:
        yield Reason.PAGES_REMOVED, {"pages": ", ".join(removed[:8])}
    for index, (number, page) in enumerate(after.items(), start=1):
        if number in before and _content_differs(before[number], page, new):
            yield Reason.PAGE_CONTENT_CHANGED, {"page": str(index)}


def _content_differs(
    before: generic.DictionaryObject, after: generic.DictionaryObject, new: Revision
) -> bool:
    names = (set(before) | set(after)) - _AROUND_CONTENT
    if any(spelled(entry(before, name)) != spelled(entry(after, name)) for name in names):
        return True
    return any(
        new.touches(entry(after, name)) for name in ("/Contents", "/Resources") if name in after
    )


def _annotation_changes(old: Revision, new: Revision) -> Iterator[Change]:
    """Compare what lies on the pages; form fields and signatures have words of their own."""
    before = {number: _annotations(page) for number, page in old.pages()}
    for index, (number, page) in enumerate(new.pages(), start=1):
        if number not in before:
            continue
        here = _annotations(page)
        for each in here.keys() ^ before[number].keys():
            yield from _annotation_change(str(index), (here | before[number])[each])
        for each in here.keys() & before[number].keys():
            if each in new.written or new.touches(entry(here[each], "/AP")):
                yield from _annotation_change(str(index), here[each])


def _annotations(page: generic.DictionaryObject) -> dict[int, generic.DictionaryObject]:
    found = {number_of(each): resolved(each) for each in elements(page, "/Annots")}
    return {
        number: each for number, each in found.items() if isinstance(each, generic.DictionaryObject)
    }


def _annotation_change(page: str, annotation: generic.DictionaryObject) -> Iterator[Change]:
    kind = str(value_at(annotation, "/Subtype"))
    if kind != "/Widget":
        yield Reason.ANNOTATION_CHANGED, {"page": page, "kind": kind.lstrip("/")}
    if _runs(value_at(annotation, "/A")) or "/AA" in annotation:
        yield Reason.ACTION_CHANGED, {"page": page}


def _field_changes(old: Revision, new: Revision) -> Iterator[Change]:
    before = {number: (name, field) for number, name, field in old.fields()}
    after = {number: (name, field) for number, name, field in new.fields()}
    places = {
        number: str(index)
        for index, (_, page) in enumerate(new.pages(), start=1)
        for number in _annotations(page)
    }
    for number in before.keys() | after.keys():
        gone = number not in after
        name, field = before[number] if gone else after[number]
        if gone or number not in before or number in new.written or new.touches(_drawn(field)):
            yield _field_change(name, field, page=places.get(number, ""), gone=gone)


def _drawn(field: generic.DictionaryObject) -> Any:
    """Answer a field's value and appearance."""
    return generic.ArrayObject(
        value for name in ("/V", "/AP") if (value := entry(field, name)) is not None
    )


def _field_change(name: str, field: generic.DictionaryObject, *, page: str, gone: bool) -> Change:
    parameters = {"field": name[:100], "page": page}
    parameters = {key: value for key, value in parameters.items() if value}
    value = value_at(field, "/V")
    if value_at(field, "/FT") != "/Sig" or gone or not isinstance(value, generic.DictionaryObject):
        return Reason.FORM_FIELD_CHANGED, parameters
    if _visible(field):
        return Reason.SIGNATURE_OVER_CONTENT, parameters
    if value_at(value, "/Type") == "/DocTimeStamp":
        return Reason.EVIDENCE_ADDED, parameters
    return Reason.SIGNATURE_ADDED, parameters


def _visible(field: generic.DictionaryObject) -> bool:
    corners = [float(each) for each in value_at(field, "/Rect") or ()]
    if len(corners) != len(("left", "bottom", "right", "top")):
        return False
    left, bottom, right, top = corners
    return left != right and bottom != top


def _attachment_changes(old: Revision, new: Revision) -> Iterator[Change]:
    files = ("/Names", "/EmbeddedFiles")
    if (
        _differs(old, new, *files)
        or _differs(old, new, "/AF")
        or new.touches(entry(new.root, *files))
        or new.touches(entry(new.root, "/AF"))
    ):
        yield Reason.ATTACHMENT_CHANGED, {}


def _metadata_changes(old: Revision, new: Revision) -> Iterator[Change]:
    packet = _differs(old, new, "/Metadata") or new.touches(entry(new.root, "/Metadata"))
    if packet:
        yield Reason.METADATA_CHANGED, {"kind": "XMP"}
    if spelled(new.information) != spelled(old.information) or new.touches(new.information):
        yield Reason.METADATA_CHANGED, {"kind": "Info"}


def _action_changes(old: Revision, new: Revision) -> Iterator[Change]:
    for path in (("/OpenAction",), ("/AA",), ("/Names", "/JavaScript")):
        action = entry(new.root, *path)
        if action is not None and (_differs(old, new, *path) or new.touches(action)):
            yield Reason.ACTION_CHANGED, {"kind": path[-1].lstrip("/")}
    before = dict(old.pages())
    for index, (number, page) in enumerate(new.pages(), start=1):
        action = entry(page, "/AA")
        if action is not None and (
            spelled(action) != spelled(entry(before.get(number), "/AA")) or new.touches(action)
        ):
            yield Reason.ACTION_CHANGED, {"page": str(index)}


def _runs(action: Any) -> bool:
    return isinstance(action, generic.DictionaryObject) and value_at(action, "/S") in _RUNNING


def _evidence_changes(old: Revision, new: Revision) -> Iterator[Change]:
    store = entry(new.root, "/DSS")
    if store is None and entry(old.root, "/DSS") is not None:
        yield Reason.OTHER_CHANGE, {"entries": "DSS"}
    elif store is not None and (_differs(old, new, "/DSS") or new.touches(store)):
        yield Reason.EVIDENCE_ADDED, {"kind": "DSS"}


def _other_changes(old: Revision, new: Revision) -> Iterator[Change]:
    names = sorted((set(old.root) | set(new.root)) - _NAMED_ELSEWHERE)
    changed = [name.lstrip("/")[:40] for name in names if _differs(old, new, name)]
    if changed:
        yield Reason.OTHER_CHANGE, {"entries": ", ".join(changed[:8])}


def _differs(old: Revision, new: Revision, *names: str) -> bool:
    return spelled(entry(old.root, *names)) != spelled(entry(new.root, *names))


_COMPARISONS: tuple[Callable[[Revision, Revision], Iterator[Change]], ...] = (
    _page_changes,
    _annotation_changes,
    _field_changes,
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
