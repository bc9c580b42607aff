"""The shorter files that a file begins with."""

from hashlib import sha256

import pytest

from verifier.digest import MAXIMUM_BOUNDARIES, prefix_digests, sha256_hex


def digest(data: bytes) -> str:
    return sha256(data).hexdigest()


def test_the_whole_file() -> None:
    assert sha256_hex(b"abc") == digest(b"abc")


@pytest.mark.parametrize("ending", [b"", b"\n", b"\r", b"\r\n"])
@pytest.mark.parametrize("tail", [b"x", b"\n", b"\r\n", b"%%EOF", b"\n1 0 obj\n%%EOF\n"])
def test_an_issued_file_is_found_under_whatever_follows(ending: bytes, tail: bytes) -> None:
    issued = b"%PDF-1.7 body\n%%EOF" + ending
    assert digest(issued) in prefix_digests(issued + tail)


def test_the_whole_file_is_no_prefix_of_itself() -> None:
    for pdf in (b"%%EOF", b"a%%EOF\n", b"a%%EOF\r\n"):
        assert digest(pdf) not in prefix_digests(pdf)


def test_without_an_end_there_is_no_prefix() -> None:
    assert prefix_digests(b"%PDF-1.7 and no end") == ()


def test_a_file_of_ends_costs_little() -> None:
    assert len(prefix_digests(b"%%EOF\n" * 100_000)) <= 3 * MAXIMUM_BOUNDARIES
