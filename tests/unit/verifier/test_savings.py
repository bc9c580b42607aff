"""A file that was saved once is not accused of several savings or roots, in whatever form."""

import importlib.util
import sys
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any

import pikepdf
import pytest

from clearance.verdict import Level, Reason
from verifier.changes import read_changes
from verifier.structure import open_file


def _vectors() -> Any:
    path = Path("tests/vectors/saved_once.py").resolve()
    spec = importlib.util.spec_from_file_location("saved_once", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


vectors = _vectors()


def _found(pdf: bytes) -> dict[Reason, Any]:
    return {each.reason: each for each in open_file(pdf).findings}


@pytest.mark.parametrize("form", vectors.FORMS.values(), ids=vectors.FORMS.keys())
def test_file_saved_once_says_nothing_of_several(form: Callable[[], bytes]) -> None:
    pdf = form()
    found = _found(pdf)
    failed = {reason for reason, each in found.items() if each.level is Level.FAILED}
    hybrid = "hybrid" in form.__name__
    assert failed == ({Reason.HYBRID_REFERENCES} if hybrid else set())
    said = found[Reason.SAVED_ONCE if hybrid else Reason.ONE_REVISION]
    assert said.parameters["revisions"] == "1"
    assert said.parameters["ends"] == str(len(pdf))
    reader = open_file(pdf).reader
    assert reader is not None
    assert read_changes(pdf, reader) == ()
    with pikepdf.open(BytesIO(pdf)) as opened:
        assert len(opened.pages) == 1


@pytest.mark.parametrize("form", ["plain", "linearised", "hybrid", "hybrid_with_empty_table"])
def test_second_saving_is_told(form: str) -> None:
    first = vectors.FORMS[form]()
    with pikepdf.open(BytesIO(first)) as opened:
        root = b"%d 0 R" % opened.Root.objgen[0]
        page, tree = opened.pages[0].objgen[0], opened.Root.Pages.objgen[0]
    update = b"%d 0 obj\n<< /Type /Page /Parent %d 0 R /MediaBox [0 0 9 9] >>\nendobj\n"
    pdf = vectors.saved_again(first, root=root, entry=update % (page, tree))
    found = _found(pdf)
    assert found[Reason.REVISIONS].parameters["revisions"] == "2"
    assert found[Reason.REVISIONS].parameters["ends"] == f"{len(first)}, {len(pdf)}"
    reader = open_file(pdf).reader
    assert reader is not None
    (change,) = read_changes(pdf, reader)
    assert change.saving == 1
    assert change.changes == ((Reason.PAGE_CONTENT_CHANGED, {"page": "1"}),)


def test_other_root_in_the_main_part_is_told() -> None:
    """What a linearised file's last trailer names is what some readers show."""
    pdf = vectors.linearised()
    main = pdf.rindex(b"trailer <<")
    blank = pdf[main:].split(b">>")[0]
    named = blank.replace(b"trailer << ", b"trailer << /Root 5 0 R ", 1)
    found = _found(pdf[:main] + pdf[main:].replace(blank, named, 1))
    assert Reason.SEVERAL_CATALOGS in found or Reason.REVISIONS in found
    assert Reason.ONE_REVISION not in found


def test_update_that_lists_nothing_but_another_root_is_a_saving() -> None:
    pdf = vectors.hybrid_with_empty_table()
    swapped = pdf[::-1].replace(b"/Root 1 0 R"[::-1], b"/Root 2 0 R"[::-1], 1)[::-1]
    found = _found(swapped)
    assert Reason.SEVERAL_CATALOGS in found or Reason.DAMAGED in found
