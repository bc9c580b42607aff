"""PDF/UA-1 (ISO 14289-1), piece by piece: what an outside validator will look at."""

import re
from collections.abc import Iterator
from io import BytesIO

import pikepdf
import pytest

PAINTING = {"Tj", "TJ", "'", '"', "f", "F", "f*", "B", "B*", "b", "b*", "S", "s", "sh", "Do"}
STANDARD = {
    *("Document", "Part", "Sect", "Div", "P", "H1", "H2", "Span", "NonStruct", "Figure", "Form"),
    *("Table", "THead", "TBody", "TR", "TH", "TD"),
}


def test_catalogue_says_that_it_is_tagged_titled_and_persian(any_sealable_pdf):
    root = any_sealable_pdf.Root
    assert bool(root.MarkInfo.Marked) is True
    assert not bool(root.MarkInfo.get("/Suspects", False))
    assert bool(root.ViewerPreferences.DisplayDocTitle) is True
    assert str(root.Lang) == "fa"
    assert re.match("(مفاصاحساب|صورتجلسهٔ|گزارش) ", str(any_sealable_pdf.trailer.Info.Title))


def test_everything_painted_is_tagged_or_an_artifact(any_sealable_pdf):
    for page in any_sealable_pdf.pages:
        painted = list(_painted(page, page.Resources))
        assert any(tag == "/Artifact" for tag, _ in painted)
        assert any(mcid is not None for _, mcid in painted)
        for tag, mcid in painted:
            assert (tag == "/Artifact") is (mcid is None)


def test_tagged_content_and_structure_tree_name_each_other(any_sealable_pdf):
    tree = any_sealable_pdf.Root.StructTreeRoot
    numbers = tree.ParentTree.Nums
    parents = {int(key): value for key, value in zip(numbers[::2], numbers[1::2], strict=True)}
    of_content = {}
    for element in _elements(any_sealable_pdf):
        for kid in element.K:
            if isinstance(kid, int):
                of_content[element.Pg.objgen, int(kid)] = element.objgen
    for page in any_sealable_pdf.pages:
        mcids = {mcid for _, mcid in _painted(page, page.Resources) if mcid is not None}
        owners = parents[int(page.StructParents)]
        for mcid in mcids:
            assert of_content[page.obj.objgen, mcid] == owners[mcid].objgen


def test_every_element_has_a_parent_and_a_standard_type(any_sealable_pdf):
    assert "/RoleMap" not in any_sealable_pdf.Root.StructTreeRoot
    for element in _elements(any_sealable_pdf):
        assert element.S in {pikepdf.Name(f"/{name}") for name in STANDARD}
        assert "/P" in element
        for kid in _children(element):
            assert kid.P.objgen == element.objgen


def test_headings_begin_at_one_and_skip_no_level(any_sealable_pdf):
    levels = [
        int(str(each.S)[2]) for each in _elements(any_sealable_pdf) if str(each.S) in {"/H1", "/H2"}
    ]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert levels.count(2) >= 4


def test_tables_are_regular(any_sealable_pdf):
    tables = _of_type(any_sealable_pdf, "Table")
    assert len(tables) >= 4
    for table in tables:
        kinds = [str(each.S) for each in _children(table)]
        assert kinds in (["/TBody"], ["/THead", "/TBody"])
        rows = [row for group in _children(table) for row in _children(group)]
        assert {str(row.S) for row in rows} == {"/TR"}
        widths = {sum(int(cell.A.get("/ColSpan", 1)) for cell in _children(row)) for row in rows}
        assert len(widths) == 1
        for row in rows:
            assert {str(cell.S) for cell in _children(row)} <= {"/TH", "/TD"}


def test_each_cell_is_connected_to_its_headers(any_sealable_pdf):
    for table in _of_type(any_sealable_pdf, "Table"):
        cells = [
            cell
            for group in _children(table)
            for row in _children(group)
            for cell in _children(row)
        ]
        headers = {bytes(cell.ID): cell for cell in cells if cell.S == pikepdf.Name.TH}
        for header in headers.values():
            assert header.A.Scope in (pikepdf.Name.Row, pikepdf.Name.Column)
        for cell in cells:
            if cell.S == pikepdf.Name.TD:
                named = [bytes(each) for each in cell.A.Headers]
                assert named
                assert set(named) <= headers.keys()
                # One header of each kind at the most: a value has one row and one column.
                scopes = [str(headers[each].A.Scope) for each in named]
                assert len(set(scopes)) == len(scopes)


def test_header_ids_are_listed(any_sealable_pdf):
    (leaf,) = any_sealable_pdf.Root.StructTreeRoot.IDTree.Kids
    names = [bytes(name) for name in leaf.Names[::2]]
    assert names == sorted(names)
    assert set(names) == {bytes(each.ID) for each in _elements(any_sealable_pdf) if "/ID" in each}
    assert [bytes(limit) for limit in leaf.Limits] == [names[0], names[-1]]


def test_the_qr_code_has_words_and_a_place(any_document, any_pdf):
    (figure,) = _of_type(any_pdf, "Figure")
    assert "رمزینه" in str(figure.Alt)
    left, bottom, right, top = (float(edge) for edge in figure.A.BBox)
    _, seal_bottom, _, seal_top = any_document.seal_box
    assert 124 < right - left < 126
    assert 124 < top - bottom < 126
    if any_document.pages == 1:
        # It stands beside the seal.
        assert abs(bottom - seal_bottom) < 5
        assert abs(top - seal_top) < 5
    else:
        # It stands at the head of the sheet.
        assert bottom > seal_top
        assert 795 < top < 812


def test_pages_with_annotations_have_structure_tab_order(any_sealable_pdf):
    assert any("/Annots" in page for page in any_sealable_pdf.pages)
    for page in any_sealable_pdf.pages:
        assert page.Tabs == pikepdf.Name.S


def test_attachment_has_both_names(any_sealable_pdf):
    for specification in any_sealable_pdf.Root.AF:
        assert str(specification.F)
        assert str(specification.UF)


def test_repeated_footer_is_an_artifact(rendered_example_of):
    document = rendered_example_of("long-names", demo=False)
    with pikepdf.open(BytesIO(document.pdf)) as pdf:
        for page in pdf.pages:
            content = page.Contents.read_bytes()
            owners = pdf.Root.StructTreeRoot.ParentTree.Nums[2 * int(page.StructParents) + 1]
            loose = [owner for owner in owners if owner is None]
            # Clearance number, verification code, page number.
            assert len(loose) == content.count(b"/Artifact <</Type /Pagination>> BDC") == 3


@pytest.mark.parametrize("demo", [False, True])
def test_specimen_is_also_said_in_words(rendered_example_of, demo):
    document = rendered_example_of("smallest", demo=demo)
    with pikepdf.open(BytesIO(document.pdf)) as pdf:
        overprint = "/Overprint" in pdf.pages[0].Resources.XObject
        content = pdf.pages[0].Contents.read_bytes()
    assert overprint is demo
    assert (b"/Overprint Do" in content) is demo


def _painted(page, resources, inherited=None) -> Iterator[tuple[str, int | None]]:
    """Each painting operator's marked content: its outermost tag and its MCID."""
    open_marks: list[tuple[str, int | None]] = [] if inherited is None else [inherited]
    for operands, operator in pikepdf.parse_content_stream(page):
        match str(operator):
            case "BMC":
                assert not open_marks, "marked content within marked content"
                open_marks.append((str(operands[0]), None))
            case "BDC":
                mcid = operands[1].get("/MCID")
                # Within an artifact the replacement text of what is painted there may stand.
                inside = open_marks == [("/Artifact", None)] and str(operands[0]) == "/Span"
                assert not open_marks or (inside and mcid is None), "nested marked content"
                open_marks.append((str(operands[0]), None if mcid is None else int(mcid)))
            case "EMC":
                open_marks.pop()
            case name if name in PAINTING:
                assert open_marks, f"{name} paints what is neither tagged nor an artifact"
                yield open_marks[0]
                if name == "Do":
                    drawing = resources.XObject[str(operands[0])]
                    if drawing.Subtype == pikepdf.Name.Form:
                        yield from _painted(drawing, drawing.Resources, open_marks[-1])


def _elements(pdf: pikepdf.Pdf) -> Iterator[pikepdf.Object]:
    """All structure elements in reading order."""
    waiting = [pdf.Root.StructTreeRoot.K[0]]
    while waiting:
        element = waiting.pop()
        yield element
        waiting.extend(reversed(_children(element)))


def _children(element: pikepdf.Object) -> list[pikepdf.Object]:
    return [
        kid
        for kid in element.K
        if isinstance(kid, pikepdf.Dictionary) and kid.get("/Type") == pikepdf.Name.StructElem
    ]


def _of_type(pdf: pikepdf.Pdf, kind: str) -> list[pikepdf.Object]:
    return [each for each in _elements(pdf) if str(each.S) == f"/{kind}"]
