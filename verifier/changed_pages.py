"""What a later revision changed in pages, in what lies on them, and in the form.

Runs inside the sandbox.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from pyhanko.pdf_utils import generic

from clearance.verdict import Reason
from verifier.comparing import Change, changed_entries, listed, runs
from verifier.graph import Revision, elements, entry, number_of, resolved, spelled, value_at

_AROUND_CONTENT = frozenset({"/Parent", "/Annots", "/StructParents", "/Tabs", "/AA"})
"""Entries of a page that say nothing of what its content shows."""


def page_changes(old: Revision, new: Revision) -> Iterator[Change]:
    """Name pages added, removed, put into another order, or drawn otherwise."""
    added = _beyond(new.tree.order, old.tree.order)
    removed = _beyond(old.tree.order, new.tree.order)
    if added:
        yield Reason.PAGES_ADDED, {"pages": listed(added)}
    if removed:
        yield Reason.PAGES_REMOVED, {"pages": listed(removed)}
    if not (added or removed) and new.tree.order != old.tree.order:
        yield Reason.OTHER_CHANGE, {"entries": "Pages"}
    before = old.pages()
    for index, (number, page) in enumerate(new.pages().items(), start=1):
        if _content_differs(before.get(number), page, new) and number in before:
            yield Reason.PAGE_CONTENT_CHANGED, {"page": str(index)}


def _beyond(order: Sequence[int], other: Sequence[int]) -> list[str]:
    """Return the places in ``order`` of what ``other`` does not show, or not as often."""
    rest = Counter(other)
    places = []
    for place, number in enumerate(order, start=1):
        rest[number] -= 1
        if rest[number] < 0:
            places.append(str(place))
    return places


def _content_differs(
    before: generic.DictionaryObject | None, after: generic.DictionaryObject, new: Revision
) -> bool:
    names = (set(before or ()) | set(after)) - _AROUND_CONTENT
    touched = [new.touches(entry(after, name)) for name in names]
    return any(touched) or any(
        spelled(entry(before, name)) != spelled(entry(after, name)) for name in names
    )


def annotation_changes(old: Revision, new: Revision) -> Iterator[Change]:
    """Compare what lies on the pages; form fields and signatures have words of their own."""
    before = {number: _annotations(page) for number, page in old.pages().items()}
    for index, (number, page) in enumerate(new.pages().items(), start=1):
        new.explain(entry(page, "/Annots"))
        after = _annotations(page)
        there = before.get(number, after)
        for each, annotation in (after | there).items():
            is_new = each not in there or number not in before
            touched = _touched(new, annotation, None if is_new else ("/AP", "/A", "/AA"))
            if not _is_widget(annotation):
                touched.append(new.explain(each))
            if each not in after or each not in there or each in new.written or any(touched):
                yield from _annotation_change(str(index), annotation)


def _annotations(page: generic.DictionaryObject) -> dict[int, generic.DictionaryObject]:
    found = {number_of(each): resolved(each) for each in elements(page, "/Annots")}
    return {
        number: each for number, each in found.items() if isinstance(each, generic.DictionaryObject)
    }


def _is_widget(annotation: generic.DictionaryObject) -> bool:
    return bool(value_at(annotation, "/Subtype") == "/Widget")


def _annotation_change(page: str, annotation: generic.DictionaryObject) -> Iterator[Change]:
    if not _is_widget(annotation):
        kind = str(value_at(annotation, "/Subtype")).lstrip("/")[:40]
        yield Reason.ANNOTATION_CHANGED, {"page": page, "kind": kind}
    if runs(value_at(annotation, "/A")) or "/AA" in annotation:
        yield Reason.ACTION_CHANGED, {"page": page}


def field_changes(old: Revision, new: Revision) -> Iterator[Change]:
    """Name fields and signatures that were added, changed or removed."""
    before = {number: (name, field) for number, name, field in old.fields()}
    after = {number: (name, field) for number, name, field in new.fields()}
    places = {
        number: str(index)
        for index, page in enumerate(new.pages().values(), start=1)
        for number in _annotations(page)
    }
    for number in before.keys() | after.keys():
        gone = number not in after
        name, field = before[number] if gone else after[number]
        added = number not in before
        touched = [number in new.written, *_touched(new, field, None if added else _DRAWN)]
        if gone or added or any(touched):
            place = places.get(number, "")
            was = None if added else before[number][1]
            yield _field_change(name, field, was=was, page=place, gone=gone)


_DRAWN = ("/V", "/AP")
"""A field's value and appearance."""


def _touched(
    new: Revision, dictionary: generic.DictionaryObject, names: Iterable[str] | None
) -> list[bool]:
    """Return of each of the entries, or of all, whether the revision wrote anything below it."""
    return [
        new.touches(entry(dictionary, name))
        for name in (dictionary if names is None else names)
        if name not in ("/Parent", "/P")
    ]


def _field_change(
    name: str,
    field: generic.DictionaryObject,
    *,
    was: generic.DictionaryObject | None,
    page: str,
    gone: bool,
) -> Change:
    parameters = {"field": name[:100], "page": page}
    parameters = {key: value for key, value in parameters.items() if value}
    value = value_at(field, "/V")
    if value_at(field, "/FT") != "/Sig" or gone or not isinstance(value, generic.DictionaryObject):
        return Reason.FORM_FIELD_CHANGED, parameters
    if _visible(field):
        in_its_place = was is not None and "/V" in was and was.get("/Rect") == field.get("/Rect")
        reason = Reason.FORM_FIELD_CHANGED if in_its_place else Reason.SIGNATURE_OVER_CONTENT
        return reason, parameters
    if value_at(value, "/Type") == "/DocTimeStamp":
        return Reason.EVIDENCE_ADDED, parameters
    return Reason.SIGNATURE_ADDED, parameters


def _visible(field: generic.DictionaryObject) -> bool:
    corners = [float(each) for each in value_at(field, "/Rect") or ()]
    if len(corners) != len(("left", "bottom", "right", "top")):
        return False
    left, bottom, right, top = corners
    return left != right and bottom != top


def form_changes(old: Revision, new: Revision) -> Iterator[Change]:
    """Compare the form as a whole: scripts' order, appearances to be made, an XFA form."""
    changed = changed_entries(old, new, "/AcroForm", {"/Fields", "/SigFlags"})
    if changed:
        yield Reason.FORM_FIELD_CHANGED, {"entries": listed(changed)}
