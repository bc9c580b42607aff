"""A genuine file with one byte changed is altered, wherever the byte is."""

import re
from dataclasses import replace
from hashlib import sha256

import pytest

from clearance.verdict import Outcome
from verifier.examination import Examiners
from verifier.long_life import Archive
from verifier.pipeline import Verifier
from verifier.stages import examine

BYTES_BETWEEN = 97
"""Every so many bytes one is changed; a prime, so that no period of the file is missed."""


def positions(pdf: bytes, bad_files) -> list[int]:
    """A grid over the file, and each byte of the parts on which everything else hangs."""
    begin, end = bad_files.signature_gap(pdf)
    found = set(range(8, len(pdf), BYTES_BETWEEN))
    found |= set(range(begin, begin + 40))  # the CMS's own frame
    found |= set(range(end - 4, end + 4))
    for mark in (rb"/ByteRange[^]]*]", rb"startxref\s+\d+\s+%%EOF", rb"/Root \d+ 0 R", rb"/Perms"):
        for match in re.finditer(mark, pdf):
            found |= set(range(match.start(), match.end()))
    return sorted(found)


@pytest.fixture
def verifier(authority, verifier_kit, genuine: bytes) -> Verifier:
    class Documents:
        def find(self, digest: str) -> object:
            return object() if digest == sha256(genuine).hexdigest() else None

        def find_all(self, digests: list[str]) -> dict[str, object]:
            return {}

    class Register:
        def find_by_content_hash(self, content_hash: bytes) -> None:
            return None

    class InProcess:
        def examine(self, pdf: bytes, trust: object) -> object:
            return examine(pdf, trust)  # type: ignore[arg-type]

    return Verifier(
        register=Register(),  # type: ignore[arg-type]
        documents=Documents(),  # type: ignore[arg-type]
        examiners=Examiners(registered=InProcess(), strangers=InProcess()),  # type: ignore[arg-type]
        trust=lambda at: replace(authority.trust, at=at),
        clock=lambda: authority.trust.at,
        archive=Archive(newest=lambda _: None, read=lambda _: b""),
    )


def test_one_byte_changed_is_altered(verifier: Verifier, genuine: bytes, bad_files) -> None:
    """By the seal alone: this register knows neither beginnings nor contents.

    A byte of the signature's value that nobody signs and nothing needs leaves the seal good: then
    the key was used for a file that this register knows nothing of.
    """
    begin, end = bad_files.signature_gap(genuine)
    outcomes = {
        position: verifier.verify(bad_files.with_byte_changed(genuine, position)).outcome
        for position in positions(genuine, bad_files)
    }
    assert len(outcomes) > 200
    others = {
        position: outcome
        for position, outcome in outcomes.items()
        if outcome is not Outcome.ALTERED
    }
    assert set(others.values()) == {Outcome.OUTSIDE_CHANNEL}
    assert all(begin < position < end for position in others)


def test_a_changed_header_is_no_pdf(verifier: Verifier, genuine: bytes, bad_files) -> None:
    for position in range(5):
        verdict = verifier.verify(bad_files.with_byte_changed(genuine, position))
        assert verdict.outcome is Outcome.UNREADABLE
