"""Verdicts of the whole service on what it issued itself, and on what others made of it."""

import io
import json
from datetime import timedelta
from types import ModuleType, SimpleNamespace
from typing import Any

import pikepdf
import pytest

from clearance.clock import system_clock
from clearance.verdict import Level, Outcome
from service.wiring.trust import Trust
from verifier.examination import Examiners
from verifier.long_life import Archive
from verifier.own_work import check_own_work
from verifier.pipeline import Verifier
from verifier.stages import examine

BYTES_BETWEEN = 4001
NOTHING_LEFT_TO_READ = {"locked_copy", "nearly_all_of_it"}
""""Altered" by the seal alone: which clearance it was cannot be read any more."""


def test_what_was_issued_is_authentic(running_service: Any, made: Any) -> None:
    verdict = running_service.verify(made.document)
    assert verdict["outcome"] == "authentic"
    assert verdict["number"] == made.number
    assert verdict["reasons"] == ["register.digest_known", "register.in_force", "signature.valid"]
    assert all(each["level"] == "passed" for each in verdict["findings"])


def test_our_own_check_passes_and_notices(
    running_service: Any, made: Any, bad_files: ModuleType
) -> None:
    policy = Trust(running_service.settings).policy(system_clock())
    assert all(each.level is Level.PASSED for each in check_own_work(made.document, policy))
    begin, end = bad_files.signature_gap(made.document)
    for position in (100, begin - 100, end + 100, len(made.document) - 100):
        spoilt = bad_files.with_byte_changed(made.document, position)
        assert any(each.level is Level.FAILED for each in check_own_work(spoilt, policy))


@pytest.mark.parametrize("hours", [0, 1, 48])
def test_a_clock_that_runs_behind_takes_nothing_from_a_genuine_file(
    running_service: Any, made: Any, hours: int
) -> None:
    memory, trust = running_service.memory, Trust(running_service.settings)
    here = SimpleNamespace(examine=examine)
    verifier = Verifier(
        register=memory.register,
        documents=memory.sealed,
        examiners=Examiners(registered=here, strangers=here),
        trust=trust.policy,
        clock=lambda: system_clock() - timedelta(hours=hours),
        archive=Archive(newest=lambda _: None, read=memory.documents.get),
    )
    verdict = verifier.verify(made.document)
    assert verdict.outcome is Outcome.AUTHENTIC
    assert all(each.level is Level.PASSED for each in verdict.findings)
    assert verifier.verify(made.document + b"\n").outcome is Outcome.ALTERED


def test_it_stays_valid_when_every_certificate_has_ended(running_service: Any, made: Any) -> None:
    in_forty_years = system_clock() + timedelta(days=40 * 365)
    policy = Trust(running_service.settings).policy(in_forty_years)
    assert examine(made.document, policy).agrees


@pytest.mark.filterwarnings("ignore::pikepdf.PageCopyWarning")
@pytest.mark.parametrize(
    "lie",
    [
        "amount_changed",
        "nothing_follows_the_end",
        "one_more_newline",
        "a_second_end",
        "lawful_update",
        "saved_anew",
        "seal_taken_off",
        "seal_blanked",
        "message_in_the_padding",
        "begins_earlier",
        "all_of_it",
        "nearly_all_of_it",
        "most_of_it",
        "locked_copy",
    ],
)
def test_what_was_made_from_it_is_altered(
    running_service: Any, made: Any, bad_files: ModuleType, lie: str
) -> None:
    verdict = running_service.verify(bad_files.OF_OURS[lie](made.document))
    assert verdict["outcome"] == "altered"
    if lie not in NOTHING_LEFT_TO_READ:
        assert verdict["number"] == made.number


def test_one_byte_changed_anywhere_is_altered(
    running_service: Any, made: Any, bad_files: ModuleType
) -> None:
    document = made.document
    begin, end = bad_files.signature_gap(document)
    tail = range(document.rindex(b"startxref"), len(document))
    positions = {*range(8, len(document), BYTES_BETWEEN), begin, begin + 1, begin + 9, end - 1}
    outcomes = {
        position: running_service.verify(bad_files.with_byte_changed(document, position))["outcome"]
        for position in sorted(positions | set(tail))
    }
    assert {each: outcome for each, outcome in outcomes.items() if outcome != "altered"} == {}


@pytest.mark.parametrize(
    ("lie", "reason"),
    [
        ("text", "file.not_pdf"),
        ("zeros", "file.not_pdf"),
        ("header_only", "file.damaged"),
        ("truncated_early", "file.damaged"),
        ("locked", "file.encrypted"),
    ],
)
def test_what_cannot_be_judged_is_unreadable(
    running_service: Any, made: Any, bad_files: ModuleType, lie: str, reason: str
) -> None:
    verdict = running_service.verify(bad_files.UNREADABLE[lie](made.document))
    assert (verdict["outcome"], verdict["reasons"]) == ("unreadable", [reason])


@pytest.mark.parametrize("lie", ["never_sealed", "seal_still_to_come", "seal_of_nothing"])
def test_what_is_not_ours_came_by_another_channel(
    running_service: Any, bad_files: ModuleType, lie: str
) -> None:
    verdict = running_service.verify(bad_files.FOREIGN[lie]())
    assert verdict["outcome"] == "outside_channel"
    assert verdict["reasons"][0] == "register.digest_unknown"


def test_our_data_grafted_on_another_page_is_altered(running_service: Any, made: Any) -> None:
    out = io.BytesIO()
    with pikepdf.open(io.BytesIO(made.document)) as genuine, pikepdf.new() as forged:
        data = genuine.attachments["clearance.json"].get_file().read_bytes()
        assert json.loads(data)["number"] == made.number
        forged.add_blank_page()
        forged.attachments["clearance.json"] = pikepdf.AttachedFileSpec(
            forged, data, filename="clearance.json"
        )
        forged.save(out)
    verdict = running_service.verify(out.getvalue())
    assert verdict["outcome"] == "altered"
    assert verdict["reasons"][0] == "file.carries_issued_content"
    assert verdict["number"] == made.number
