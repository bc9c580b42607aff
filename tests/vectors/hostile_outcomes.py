"""What the verifier answers to each hostile file.

A file that is slow to read may run out of time on a slow machine. If it bears nothing of ours it
then could not be checked.
"""

from collections.abc import Callable, Mapping

import bad_files
import hostile_files
import hostile_revisions

ALONE: Mapping[str, Callable[[], bytes]] = {
    **bad_files.HOSTILE,
    **hostile_files.ALONE,
}
ON_OURS: Mapping[str, Callable[[bytes], bytes]] = hostile_revisions.ON_OURS

UNREADABLE = frozenset(
    {
        "a_cross_reference_of_a_gigabyte",
        "a_number_of_ten_million_digits",
        "a_ring_of_references",
        "an_object_that_is_itself",
        "attachments_that_never_begin",
        "cross_references_to_nowhere",
        "deep_arrays",
        "deep_brackets_everywhere",
        "deep_dictionaries",
        "nothing_but_comments",
        "nothing_but_space",
        "objects_in_a_gigabyte",
        "objects_that_never_begin",
        "objects_that_never_end",
        "starts_without_end",
        "streams_that_never_end",
        "trailers_without_end",
    }
)
"""In which not even a repair finds a document, however long it looks."""

SLOW = frozenset(
    {
        "a_cross_reference_of_a_gigabyte",
        "a_hundred_thousand_attachments",
        "a_hundred_thousand_fields",
        "a_million_lines_on_ours",
        "a_name_of_ten_megabytes",
        "a_number_of_a_megabyte",
        "a_number_of_ten_million_digits",
        "attachments_that_never_begin",
        "cross_references_to_nowhere",
        "deep_brackets_everywhere",
        "deep_text",
        "evidence_without_end",
        "many_fields_in_one_stream",
        "nineteen_megabytes_on_ours",
        "nothing_but_comments",
        "nothing_but_space",
        "objects_that_never_begin",
        "objects_that_never_end",
        "streams_that_never_end",
        "text_of_nineteen_megabytes",
        "trailers_without_end",
    }
)
"""Use up a worker's time, or most of it, in the same way as others do."""

OUT_OF_TIME = "check.timed_out"


LEFT_OUT: Mapping[str, frozenset[str]] = {
    "a_deep_attachment": frozenset({"file.attachments_left_out"}),
    "attachments_in_a_ring": frozenset({"file.attachments_left_out"}),
    "attachments_that_double": frozenset({"file.attachments_left_out"}),
    "ten_thousand_signatures": frozenset({"signature.left_out"}),
}
"""Hold more than is looked at, and which reasons say so."""


def made(genuine: bytes) -> Mapping[str, Callable[[], bytes]]:
    """Return what makes each hostile file, by name."""
    on_ours = {
        name: (lambda make=make: make(genuine))  # type: ignore[misc]
        for name, make in ON_OURS.items()
    }
    return {**ALONE, **on_ours}


def is_expected(name: str, outcome: str, reasons: list[str]) -> bool:
    """Whether this is the answer that the file deserves."""
    if name in ON_OURS:
        return outcome == "altered"
    if OUT_OF_TIME in reasons:
        return outcome == "could_not_check"
    if name in UNREADABLE:
        return outcome == "unreadable"
    if name in LEFT_OUT:
        return outcome == "could_not_check" and not LEFT_OUT[name].isdisjoint(reasons)
    return outcome == "outside_channel"
