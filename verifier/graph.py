"""One revision of a PDF as a graph of objects, read to a bounded extent. Runs inside the sandbox.

pyHanko resolves references within the revision; nothing here decodes a stream.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any

from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.reader import HistoricalResolver, PdfFileReader

MAXIMUM_NODES = 50_000
"""How many objects are visited in one revision; our own files have some hundreds."""

MAXIMUM_PAGES = 200
MAXIMUM_FIELDS = 200


class TooMuchToCompareError(Exception):
    """The revision holds more than is looked at."""


@dataclass(kw_only=True)
class Revision:
    """One revision: its catalog, and which objects it wrote."""

    root: generic.DictionaryObject
    information: Any
    """The information dictionary, or a reference to it, if there is one."""
    written: frozenset[int]
    """Numbers of the objects that this revision added, changed or removed."""
    visited: int = field(default=0)

    def touches(self, value: Any, *, without: frozenset[str] = frozenset()) -> bool:
        """Whether this revision wrote anything that can be reached from ``value``.

        ``value`` as it stands in its container, reference or not. Entries named in ``without``
        are not followed; ``/Parent`` and ``/P`` lead upward and never are.
        """
        pending = [value]
        seen: set[int] = set()
        while pending:
            self._visit()
            each = pending.pop()
            if isinstance(each, generic.IndirectObject):
                if each.idnum in seen:
                    continue
                seen.add(each.idnum)
                if each.idnum in self.written:
                    return True
                each = resolved(each)
            pending += _inside(each, without)
        return False

    def pages(self) -> Iterator[tuple[int, generic.DictionaryObject]]:
        """Walk the pages in their order: object number and dictionary of each."""
        pending = [self.root.raw_get("/Pages")]
        seen: set[int] = set()
        while pending:
            self._visit()
            reference = pending.pop()
            node = resolved(reference)
            number = number_of(reference)
            if number in seen or not isinstance(node, generic.DictionaryObject):
                continue
            seen.add(number)
            if "/Kids" in node:
                pending += reversed(elements(node, "/Kids"))
            else:
                yield number, node
                if len(seen) > MAXIMUM_PAGES:
                    raise TooMuchToCompareError

    def fields(self) -> Iterator[tuple[int, str, generic.DictionaryObject]]:
        """Walk the terminal form fields: object number, full name and dictionary of each."""
        form = value_at(self.root, "/AcroForm")
        if not isinstance(form, generic.DictionaryObject):
            return
        pending = [(each, "") for each in elements(form, "/Fields")]
        seen: set[int] = set()
        while pending:
            self._visit()
            reference, above = pending.pop()
            node = resolved(reference)
            number = number_of(reference)
            if number in seen or not isinstance(node, generic.DictionaryObject):
                continue
            seen.add(number)
            if len(seen) > MAXIMUM_FIELDS:
                raise TooMuchToCompareError
            name = f"{above}.{value_at(node, '/T') or ''}".strip(".")
            kids = elements(node, "/Kids")
            pending += [(kid, name) for kid in kids]
            if not kids:
                yield number, name, node

    def _visit(self) -> None:
        self.visited += 1
        if self.visited > MAXIMUM_NODES:
            raise TooMuchToCompareError


def revision_of(reader: PdfFileReader, number: int) -> Revision:
    """Open one revision, counted from 0. pyHanko raises anything on hostile files."""
    resolver: HistoricalResolver = reader.get_historical_resolver(number)
    written = reader.xrefs.explicit_refs_in_revision(number)
    # References of the trailer itself lead to the newest revision.
    described = resolver.trailer_view.get("/Info")
    if isinstance(described, generic.IndirectObject):
        described = _within(resolver, described)
    return Revision(
        root=resolver.get_object(resolver.root_ref),
        information=described,
        written=frozenset(each.idnum for each in written),
    )


def _within(resolver: HistoricalResolver, reference: generic.IndirectObject) -> Any:
    return generic.IndirectObject(  # type: ignore[no-untyped-call]
        reference.idnum, reference.generation, resolver
    )


def entry(dictionary: generic.DictionaryObject | None, *names: str) -> Any:
    """Answer what stands under a path of names, a reference unresolved, or nothing."""
    node: Any = dictionary
    for name in names[:-1]:
        node = value_at(node, name)
    if not isinstance(node, generic.DictionaryObject) or names[-1] not in node:
        return None
    return node.raw_get(names[-1])


def value_at(dictionary: Any, name: str) -> Any:
    """Answer an entry of a dictionary, a reference resolved; nothing if it is not there."""
    present = isinstance(dictionary, generic.DictionaryObject) and name in dictionary
    return dictionary[name] if present else None


def elements(dictionary: generic.DictionaryObject, name: str) -> list[Any]:
    """Answer the elements of an array entry, references unresolved; none if there is no array."""
    array = resolved(entry(dictionary, name))
    if not isinstance(array, generic.ArrayObject):
        return []
    return [array.raw_get(index) for index in range(min(len(array), MAXIMUM_NODES))]


def resolved(value: Any) -> Any:
    """Answer what a reference refers to, or the value itself."""
    if isinstance(value, generic.IndirectObject):
        return value.get_object()  # type: ignore[no-untyped-call]
    return value


def number_of(value: Any) -> int:
    """Answer the object number of a reference; a direct object has a number of its own below 0."""
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


def _inside(value: Any, without: frozenset[str]) -> Iterable[Any]:
    if isinstance(value, generic.DictionaryObject):
        leading_up = {"/Parent", "/P"} | without
        return [value.raw_get(name) for name in value if name not in leading_up]
    if isinstance(value, generic.ArrayObject):
        return [value.raw_get(index) for index in range(len(value))]
    return ()
