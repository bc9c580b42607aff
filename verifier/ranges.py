"""Which bytes a signature says that it covers. Runs inside the sandbox."""

from typing import Any

from asn1crypto.parser import peek
from pyhanko.pdf_utils import generic
from pyhanko.sign.validation.pdf_embedded import EmbeddedPdfSignature

from clearance.verdict import Finding, Reason, Stage
from verifier.graph import entry
from verifier.savings import revision_ends

_PAIRS = 4
"""Two pairs of offset and length: what is before the signature's value, and what is behind it."""


def range_finding(pdf: bytes, field: str, signature: generic.DictionaryObject) -> Finding:
    """Judge the byte range of one signature dictionary (ISO 32000-2, 12.8.1).

    It has to begin with the file, to leave out exactly the signature's own value, brackets
    included, and to end within the file. Whether it reaches the end is the modification
    stage's question: evidence may lawfully follow.
    """
    problem, stated = _problem(pdf, signature)
    parameters = {"field": field, "range": stated, "problem": problem}
    stated_ones = {name: value for name, value in parameters.items() if value}
    if problem:
        return Stage.STRUCTURE.failed(Reason.SIGNED_RANGE_WRONG, **stated_ones)
    return Stage.STRUCTURE.passed(Reason.SIGNED_RANGE_EXACT, **stated_ones)


def _problem(pdf: bytes, signature: generic.DictionaryObject) -> tuple[str, str]:
    """Return what is wrong with the range, if anything, and the range in words."""
    stated: Any = entry(signature, "/ByteRange")
    if stated is None:
        return "missing", ""
    if not isinstance(stated, generic.ArrayObject) or len(stated) != _PAIRS:
        return "not two pairs", ""
    if not all(isinstance(each, int) for each in stated):
        return "not numbers", ""
    start, length, start_after, length_after = (int(each) for each in stated)
    wrong = {
        "negative": min(start, length, start_after, length_after) < 0,
        "beyond the end": start_after + length_after > len(pdf),
        "overlapping": start_after < start + length,
        "not from the beginning": start != 0,
        "more than the value": not _holds_value(pdf[length:start_after], signature),
    }
    words = f"{start}+{length}, {start_after}+{length_after}"
    return next((problem for problem, present in wrong.items() if present), ""), words


def covered_revision(pdf: bytes, signature: generic.DictionaryObject) -> int:
    """Return the revision, counted from 0, at whose end or behind it the signed bytes end.

    A byte range that cannot be read covers the last one.
    """
    ends = revision_ends(pdf)
    stated = entry(signature, "/ByteRange")
    if not isinstance(stated, generic.ArrayObject) or len(stated) != _PAIRS:
        return len(ends)
    if not all(isinstance(each, int) for each in stated):
        return len(ends)
    covered = int(stated[2]) + int(stated[3])
    return next((number for number, end in enumerate(ends) if covered <= end), len(ends))


def _holds_value(gap: bytes, signature: generic.DictionaryObject) -> bool:
    """Whether the gap is the signature's value as a hexadecimal string, brackets included."""
    value = entry(signature, "/Contents")
    if not isinstance(value, generic.TextStringObject | generic.ByteStringObject):
        return False
    written: bytes = b"<" + value.original_bytes.hex().encode() + b">"
    return gap.lower() == written


def covers_whole_file(pdf: bytes, signature: EmbeddedPdfSignature) -> bool:
    """Whether the signed byte range is the whole file but for the signature's own hex string.

    Stricter than pyHanko, which compares lengths only: the gap has to hold exactly the
    signature's value, and the second range has to end with the file (ISO 32000-2, 12.8.1).
    What pads the value is signed by nobody, so it has to be zeros.
    """
    if len(signature.byte_range) != _PAIRS:
        return False
    start, length, start_after, length_after = (int(each) for each in signature.byte_range)
    return (
        start == 0
        and start_after + length_after == len(pdf)
        and _holds_value(pdf[length:start_after], signature.sig_object)
        and not any(signature.pkcs7_content[peek(signature.pkcs7_content) :])
    )
