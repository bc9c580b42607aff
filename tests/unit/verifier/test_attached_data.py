"""The attached data of a PDF is found without walking further than is bounded."""

import time
from collections.abc import Callable
from io import BytesIO

import pikepdf
import pytest

from verifier.structure import (
    MAXIMUM_ATTACHMENT_ENTRIES,
    MAXIMUM_ATTACHMENT_SIZE,
    attached_data,
)

NAME = "clearance.json"


def leaf(pdf: pikepdf.Pdf, **files: bytes) -> pikepdf.Object:
    streams = {f"/{key}": pdf.make_stream(data) for key, data in files.items()}
    specification = pikepdf.Dictionary(F=NAME, UF=NAME, EF=pikepdf.Dictionary(streams))
    return pikepdf.Dictionary(Names=[NAME, specification])


def doubling(pdf: pikepdf.Pdf, levels: int) -> pikepdf.Object:
    node = pdf.make_indirect(pikepdf.Dictionary(Names=[]))
    for _ in range(levels):
        node = pdf.make_indirect(pikepdf.Dictionary(Kids=[node, node]))
    return node


def made(build: Callable[[pikepdf.Pdf], pikepdf.Object]) -> pikepdf.Pdf:
    pdf = pikepdf.new()
    pdf.add_blank_page()
    pdf.Root.Names = pikepdf.Dictionary(EmbeddedFiles=build(pdf))
    out = BytesIO()
    pdf.save(out)
    return pikepdf.open(out)


def test_what_newer_readers_take_is_taken() -> None:
    assert attached_data(made(lambda pdf: leaf(pdf, F=b"old"))).data == b"old"
    assert attached_data(made(lambda pdf: leaf(pdf, F=b"old", UF=b"new"))).data == b"new"


def test_the_first_of_a_tree_is_taken() -> None:
    def tree(pdf: pikepdf.Pdf) -> pikepdf.Object:
        kids = [pdf.make_indirect(leaf(pdf, F=text)) for text in (b"first", b"second")]
        return pikepdf.Dictionary(Kids=kids)

    assert attached_data(made(tree)).data == b"first"


def test_there_may_be_none() -> None:
    pdf = pikepdf.new()
    assert attached_data(pdf).data is None
    assert attached_data(made(lambda pdf: pikepdf.Dictionary())).data is None
    assert attached_data(pdf).all_seen
    assert attached_data(made(lambda pdf: pikepdf.Dictionary())).all_seen


def test_a_long_list_is_not_called_seen() -> None:
    def long(pdf: pikepdf.Pdf) -> pikepdf.Object:
        other = pikepdf.Dictionary(UF="other.txt")
        return pikepdf.Dictionary(Names=pikepdf.Array(["a", other] * MAXIMUM_ATTACHMENT_ENTRIES))

    assert attached_data(made(long)).all_seen
    pdf = made(long)
    pdf.Root.Names.EmbeddedFiles.Names.extend(["b", pikepdf.Dictionary(UF=NAME)])
    found = attached_data(pdf)
    assert (found.data, found.all_seen) == (None, False)


def test_a_tree_that_doubles_with_each_level_is_left_early() -> None:
    pdf = made(lambda pdf: doubling(pdf, 40))
    begin = time.monotonic()
    found = attached_data(pdf)
    assert (found.data, found.all_seen) == (None, False)
    assert time.monotonic() - begin < 2


def test_a_bomb_is_unpacked_to_a_bounded_size() -> None:
    def bomb(pdf: pikepdf.Pdf) -> pikepdf.Object:
        return leaf(pdf, F=bytes(20 * MAXIMUM_ATTACHMENT_SIZE))

    pdf = made(bomb)
    out = BytesIO()
    pdf.save(out, compress_streams=True)
    data = attached_data(pikepdf.open(out)).data
    assert data is not None
    assert len(data) == MAXIMUM_ATTACHMENT_SIZE


@pytest.mark.parametrize("filters", ["/LZWDecode", "/ASCIIHexDecode"])
def test_what_is_packed_unusually_is_not_unpacked(filters: str) -> None:
    pdf = made(lambda pdf: leaf(pdf, F=b"41>"))
    assert attached_data(pdf).data == b"41>"
    pdf.Root.Names.EmbeddedFiles.Names[1].EF.F.Filter = pikepdf.Name(filters)
    assert attached_data(pdf).data is None
