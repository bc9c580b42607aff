"""One revision of a PDF as a graph of objects, read to a bounded extent. Runs inside the sandbox.

pyHanko resolves references within the revision; nothing here decodes a stream.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any

from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.reader import HistoricalResolver, PdfFileReader

MAXIMUM_NODES = 50_000
"""How many objects are visited in one revision; our own files have some hundreds."""

MAXIMUM_PAGES = 200
MAXIMUM_FIELDS = 200

MAXIMUM_EXPLAINED = 2_000
"""How many objects of one revision are visited only to learn to what else they lead."""

MAXIMUM_LISTED = 1_000
"""Of how many objects that belong to nothing it is looked up what they are."""

_INHERITED = ("/Resources", "/MediaBox", "/CropBox", "/Rotate")


class TooMuchToCompareError(Exception):
    """The revision holds more than is looked at."""


@dataclass(kw_only=True)
class Revision:
    """One revision: its catalog, which objects it wrote, and what these are known to be."""

    resolver: HistoricalResolver
    root: generic.DictionaryObject
    information: Any
    """The information dictionary, or a reference to it, if there is one."""
    references: Mapping[int, generic.Reference]
    """The objects that this revision added, changed or removed, by their numbers."""
    explained: set[int] = field(default_factory=set)
    """Numbers of those that belong to something that has been looked at."""
    visited: int = field(default=0)
    explaining: int = field(default=0)
    _tree: "_PageTree | None" = field(default=None)

    @property
    def written(self) -> AbstractSet[int]:
        """Numbers of the objects that this revision added, changed or removed."""
        return self.references.keys()

    def touches(self, value: Any) -> bool:
        """Whether this revision wrote anything that can be reached from ``value``.

        ``value`` as it stands in its container, reference or not. What it wrote counts as
        explained. ``/Parent`` and ``/P`` lead upward and are never followed; neither are pages
        and what lies on them, which are looked at by themselves.
        """
        apart = self.tree.apart
        hit = False
        pending = [value]
        seen: set[int] = set()
        while pending:
            self.visit()
            self.explaining += hit
            if self.explaining > MAXIMUM_EXPLAINED:
                break
            each = pending.pop()
            if isinstance(each, generic.IndirectObject):
                if each.idnum in seen or (each.idnum in apart and each is not value):
                    continue
                seen.add(each.idnum)
                hit |= self.explain(each.idnum)
                each = _readable(each.get_object)
            pending += _inside(each)
        return hit

    @property
    def is_explained(self) -> bool:
        """Whether all was visited that belongs to what was looked at."""
        return self.explaining <= MAXIMUM_EXPLAINED

    def explain(self, value: Any) -> bool:
        """Note that an object is known: a number or a reference. Whether this revision wrote it."""
        number = value if isinstance(value, int) else number_of(value)
        written = number in self.written
        if written:
            self.explained.add(number)
        return written

    def unexplained(self) -> list[int]:
        """Return the numbers of what was written and belongs to nothing that was looked at.

        Cross-reference and object streams are the revision's own frame.
        """
        rest = sorted(self.written - self.explained)
        if len(rest) > MAXIMUM_LISTED:
            return rest
        return [number for number in rest if not _is_frame(self.object_of(number))]

    def object_of(self, number: int) -> Any:
        """Return an object that this revision wrote; nothing if it cannot be read."""
        return _readable(lambda: self.resolver.get_object(self.references[number]))

    @property
    def tree(self) -> "_PageTree":
        """The pages, walked once."""
        if self._tree is None:
            self._tree = _page_tree(self)
        return self._tree

    def pages(self) -> Mapping[int, generic.DictionaryObject]:
        """Return the pages in their order by their numbers, with what they inherit."""
        return self.tree.pages

    def fields(self) -> Iterator[tuple[int, str, generic.DictionaryObject]]:
        """Walk the terminal form fields: object number, full name and dictionary of each."""
        form = value_at(self.root, "/AcroForm")
        if not isinstance(form, generic.DictionaryObject):
            return
        self.explain(entry(self.root, "/AcroForm"))
        self.explain(entry(form, "/Fields"))
        pending = [(each, "") for each in elements(form, "/Fields")]
        seen: set[int] = set()
        while pending:
            self.visit()
            reference, above = pending.pop()
            node = resolved(reference)
            number = number_of(reference)
            if number in seen or not isinstance(node, generic.DictionaryObject):
                continue
            seen.add(number)
            if len(seen) > MAXIMUM_FIELDS:
                raise TooMuchToCompareError
            self.explain(number)
            name = f"{above}.{value_at(node, '/T') or ''}".strip(".")
            kids = elements(node, "/Kids")
            pending += [(kid, name) for kid in kids]
            if not kids:
                yield number, name, node

    def visit(self) -> None:
        """Count one object; raises ``TooMuchToCompareError`` if there are too many."""
        self.visited += 1
        if self.visited > MAXIMUM_NODES:
            raise TooMuchToCompareError


@dataclass(frozen=True, kw_only=True)
class _PageTree:
    pages: Mapping[int, generic.DictionaryObject]
    order: tuple[int, ...]
    """Numbers of the pages as they are shown; one that is shown twice stands there twice."""
    apart: frozenset[int]
    """Numbers of the catalog, the tree's nodes, the pages, and what lies on these."""


def _page_tree(revision: Revision) -> _PageTree:
    """Walk the pages, with the entries that they inherit (ISO 32000-2, 7.7.3.4)."""
    pending: list[tuple[Any, dict[str, Any]]] = [(entry(revision.root, "/Pages"), {})]
    nodes: set[int] = set()
    pages: dict[int, generic.DictionaryObject] = {}
    order: list[int] = []
    while pending:
        revision.visit()
        reference, inherited = pending.pop()
        number = number_of(reference)
        node = resolved(reference)
        if number in nodes or not isinstance(node, generic.DictionaryObject):
            continue
        revision.explain(number)
        inherited = inherited | {each: node.raw_get(each) for each in _INHERITED if each in node}
        if "/Kids" in node:
            nodes.add(number)
            revision.explain(entry(node, "/Kids"))
            pending += [(kid, inherited) for kid in reversed(elements(node, "/Kids"))]
            continue
        own = {each: node.raw_get(each) for each in node}
        pages[number] = generic.DictionaryObject(inherited | own)  # type: ignore[no-untyped-call]
        order.append(number)
        if len(order) > MAXIMUM_PAGES:
            raise TooMuchToCompareError
    lying = {number_of(each) for page in pages.values() for each in elements(page, "/Annots")}
    catalog = {revision.resolver.root_ref.idnum}
    revision.explained |= catalog & revision.written
    return _PageTree(
        pages=pages, order=tuple(order), apart=frozenset(nodes | pages.keys() | lying | catalog)
    )


def revision_of(reader: PdfFileReader, number: int) -> Revision:
    """Open one revision, counted from 0. pyHanko raises anything on hostile files."""
    resolver: HistoricalResolver = reader.get_historical_resolver(number)
    written = reader.xrefs.explicit_refs_in_revision(number)
    # References of the trailer itself lead to the newest revision.
    described = resolver.trailer_view.get("/Info")
    if isinstance(described, generic.IndirectObject):
        described = _within(resolver, described)
    return Revision(
        resolver=resolver,
        root=resolver.get_object(resolver.root_ref),
        information=described,
        references={each.idnum: each for each in written},
    )


def _within(resolver: HistoricalResolver, reference: generic.IndirectObject) -> Any:
    return generic.IndirectObject(  # type: ignore[no-untyped-call]
        reference.idnum, reference.generation, resolver
    )


def entry(dictionary: generic.DictionaryObject | None, *names: str) -> Any:
    """Return what stands under a path of names, a reference unresolved, or nothing."""
    node: Any = dictionary
    for name in names[:-1]:
        node = value_at(node, name)
    if not isinstance(node, generic.DictionaryObject) or names[-1] not in node:
        return None
    return node.raw_get(names[-1])


def value_at(dictionary: Any, name: str) -> Any:
    """Return an entry of a dictionary, a reference resolved; nothing if it is not there."""
    present = isinstance(dictionary, generic.DictionaryObject) and name in dictionary
    return dictionary[name] if present else None


def elements(dictionary: generic.DictionaryObject, name: str) -> list[Any]:
    """Return the elements of an array entry, references unresolved; none if there is no array."""
    array = resolved(entry(dictionary, name))
    if not isinstance(array, generic.ArrayObject):
        return []
    return [array.raw_get(index) for index in range(min(len(array), MAXIMUM_NODES))]


def resolved(value: Any) -> Any:
    """Return what a reference refers to, or the value itself."""
    if isinstance(value, generic.IndirectObject):
        return value.get_object()  # type: ignore[no-untyped-call]
    return value


def number_of(value: Any) -> int:
    """Return the object number of a reference; a direct object has a number of its own below 0."""
    return value.idnum if isinstance(value, generic.IndirectObject) else -1 - id(value)


def spelled(value: Any) -> bytes:
    """Write a value as it would stand in a file, references as references."""
    if value is None:
        return b""
    if isinstance(value, generic.StreamObject):
        value = generic.DictionaryObject(value)  # type: ignore[no-untyped-call]
    out = BytesIO()
    value.write_to_stream(out)
    return out.getvalue()


def _readable(get: Callable[[], Any]) -> Any:
    """Return an object; nothing if it cannot be read, which must not hide the others."""
    try:
        return get()
    except MemoryError:
        raise
    except Exception:  # noqa: BLE001 - pyHanko raises anything on hostile files
        return None


def _is_frame(value: Any) -> bool:
    stream = isinstance(value, generic.StreamObject)
    return stream and value_at(value, "/Type") in ("/XRef", "/ObjStm")


def _inside(value: Any) -> Iterable[Any]:
    if isinstance(value, generic.DictionaryObject):
        return [value.raw_get(name) for name in value if name not in ("/Parent", "/P")]
    if isinstance(value, generic.ArrayObject):
        return [value.raw_get(index) for index in range(len(value))]
    return ()
