"""Completes the renderer's structure tree for PDF/UA-1 (ISO 14289-1) and PDF/A-3a.

The renderer tags everything; what it leaves open is done here on the finished file:

1. what repeats on every sheet (margin boxes) becomes an artifact of pagination (7.8),
2. table headers say what they head (7.5), and a row header ends where the next one begins,
3. header ids are listed where readers look them up (ISO 32000-1, 14.7.2),
4. figures give their place in the page's own coordinates (ISO 32000-1, 14.8.5.4.3).
"""

import re
from collections.abc import Iterator

from pikepdf import Array, Dictionary, Name, Object, Page, Pdf

from signer.pdfa_metadata import Place

_MARKED = re.compile(rb"/Span\s*<<\s*/MCID (\d+)\s*>>\s*BDC")
_ARTIFACT = b"/Artifact <</Type /Pagination>> BDC"
_PIXEL = 0.75
"""Points in a CSS pixel."""


def complete_structure(pdf: Pdf) -> tuple[Place, ...]:
    """Do the four steps above; ``pdf`` is changed in place. Returns where its figures lie."""
    numbers = {page.obj.objgen: number for number, page in enumerate(pdf.pages)}
    figures = []
    elements = tuple(_elements(pdf.Root.StructTreeRoot.K[0]))
    _turn_repeated_content_into_artifacts(pdf, elements)
    for element, ancestors in elements:
        kind = str(element.S)
        if kind == "/TH":
            element.A.Scope = Name.Column if "/THead" in ancestors else Name.Row
        elif kind == "/TR":
            _end_row_headers(element)
        elif kind == "/Figure":
            box = _in_page_coordinates(element.A.BBox, Page(element.Pg))
            element.A.BBox = Array(box)
            figures.append(Place(page=numbers[element.Pg.objgen], box=box))
    _list_ids(pdf, elements)
    return tuple(figures)


_Elements = tuple[tuple[Object, tuple[str, ...]], ...]
"""Structure elements in reading order, each with the types of its ancestors."""


def _elements(
    element: Object, ancestors: tuple[str, ...] = ()
) -> Iterator[tuple[Object, tuple[str, ...]]]:
    yield element, ancestors
    below = (*ancestors, str(element.S))
    for kid in element.K:
        if isinstance(kid, Dictionary) and kid.get(Name.Type) == Name.StructElem:
            yield from _elements(kid, below)


def _turn_repeated_content_into_artifacts(pdf: Pdf, elements: _Elements) -> None:
    """Margin boxes have elements that hang in no tree; PDF/UA wants them to be artifacts."""
    in_tree = {element.objgen for element, _ in elements}
    numbers = pdf.Root.StructTreeRoot.ParentTree.Nums
    of_page = {int(numbers[i]): numbers[i + 1] for i in range(0, len(numbers), 2)}
    for page in pdf.pages:
        owners = of_page[int(page.StructParents)]
        loose = {mcid for mcid, owner in enumerate(owners) if owner.objgen not in in_tree}
        if not loose:
            continue
        for mcid in loose:
            owners[mcid] = None
        page.Contents.write(_as_artifacts(page.Contents.read_bytes(), loose))


def _as_artifacts(content: bytes, mcids: set[int]) -> bytes:
    def mark(match: re.Match[bytes]) -> bytes:
        return _ARTIFACT if int(match[1]) in mcids else match[0]

    return _MARKED.sub(mark, content)


def _end_row_headers(row: Object) -> None:
    """In a row of several pairs of header and value, give each value its own header only."""
    headers = [cell.ID for cell in row.K if cell.S == Name.TH]
    cells = [cell for cell in row.K if cell.S == Name.TD]
    if len(headers) > 1 and cells:
        for header, cell in zip(headers, cells, strict=True):
            cell.A.Headers = Array([header])


def _in_page_coordinates(box: Object, page: Page) -> tuple[float, float, float, float]:
    left, top, right, bottom = (float(edge) * _PIXEL for edge in box)
    height = float(page.mediabox[3])
    return left, height - bottom, right, height - top


def _list_ids(pdf: Pdf, elements: _Elements) -> None:
    ids = {bytes(element.ID): element for element, _ in elements if Name.ID in element}
    names = Array()
    for key in sorted(ids):
        names.extend([ids[key].ID, ids[key]])
    limits = Array([ids[min(ids)].ID, ids[max(ids)].ID])
    leaf = pdf.make_indirect(Dictionary(Limits=limits, Names=names))
    pdf.Root.StructTreeRoot.IDTree = Dictionary(Kids=Array([leaf]))
