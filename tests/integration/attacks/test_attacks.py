"""No attack is authentic, each is what the table says, and what is genuine stays so."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from clearance.verdict import Level, Outcome, Reason, Stage, Verdict
from templates.catalogues import parameter_text

MODULES = (
    "evidence",
    "forgeries",
    "frames",
    "identities",
    "shadows",
    "transport",
    "updates",
    "wrappings",
)
DOCUMENT = Path(__file__).parents[3] / "docs" / "verification.md"

pytestmark = [
    # pikepdf copies pages with what belongs to them; forgers do not mind.
    pytest.mark.filterwarnings("ignore::pikepdf.PageCopyWarning"),
    # WeasyPrint leaves its colour profile's file to the garbage collector.
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
]


@pytest.fixture(scope="module")
def judged(court: Any) -> dict[str, tuple[Any, Verdict]]:
    return {attack.name: (attack, verdict) for attack, verdict in court.judge()}


def test_no_attack_is_authentic(judged: dict[str, tuple[Any, Verdict]]) -> None:
    assert len(judged) >= 60
    assert [
        name for name, (_, verdict) in judged.items() if verdict.outcome is Outcome.AUTHENTIC
    ] == []


def test_each_attack_is_what_the_table_says(judged: dict[str, tuple[Any, Verdict]]) -> None:
    wrong = {
        name: (verdict.outcome, verdict.reasons)
        for name, (attack, verdict) in judged.items()
        if verdict.outcome is not attack.outcome or attack.reason not in verdict.reasons
    }
    assert wrong == {}


def test_the_table_in_the_documentation_is_this_one(attacks: Callable[[str], Any]) -> None:
    block = DOCUMENT.read_text("utf-8").split("<!-- attacks -->")[1].split("<!-- /attacks -->")[0]
    assert block.strip() == attacks("catalogue").table()


def test_every_way_to_make_a_file_is_in_the_table(attacks: Callable[[str], Any]) -> None:
    """A generator that nobody calls proves nothing."""
    makers = {
        name
        for module in MODULES
        for name, value in vars(attacks(module)).items()
        if getattr(value, "__module__", "") == f"attacks.{module}" and not name.startswith("_")
    }
    listed = {attack.name for attack in attacks("catalogue").ATTACKS}
    assert makers == listed
    assert len(listed) == len(attacks("catalogue").ATTACKS)


def test_what_is_genuine_stays_authentic(court: Any, attacks: Callable[[str], Any]) -> None:
    outcomes = {
        name: court.verifier.verify(journey(court.genuine)).outcome
        for name, journey in attacks("journeys").JOURNEYS.items()
    }
    assert set(outcomes.values()) == {Outcome.AUTHENTIC}


def test_a_file_in_several_revisions_is_authentic_too(court: Any) -> None:
    verdict = court.verifier.verify(court.workshop.material.conventional)
    assert verdict.outcome is Outcome.AUTHENTIC
    notes = [each.reason for each in verdict.findings if each.level is Level.NOTE]
    assert {Reason.REVISIONS, Reason.EVIDENCE_ADDED} <= set(notes)


def test_a_change_is_told_with_its_place(judged: dict[str, tuple[Any, Verdict]]) -> None:
    _, verdict = judged["visible_signature_over_the_amount"]
    told = {
        each.reason: dict(each.parameters)
        for each in verdict.findings
        if each.stage is Stage.MODIFICATION
    }
    assert told[Reason.SIGNATURE_OVER_CONTENT] == {
        "revision": "2",
        "field": "Approval",
        "page": "1",
    }
    left, bottom, right, top = map(int, told[Reason.LOOKS_DIFFERENT]["area"].split(", "))
    assert (left, bottom) >= (71, 299)
    assert (right, top) <= (401, 421)
    assert told[Reason.LOOKS_DIFFERENT]["page"] == "1"


def test_an_insider_is_named_as_such(judged: dict[str, tuple[Any, Verdict]]) -> None:
    """Not as somebody who changed a file: there is no original to compare with."""
    _, verdict = judged["sealed_around_the_register"]
    assert verdict.reasons == (Reason.SEAL_WITHOUT_RECORD, Reason.NOT_REGISTERED)
    assert verdict.number is None


def test_all_evidence_has_a_name(judged: dict[str, tuple[Any, Verdict]]) -> None:
    used = {
        name
        for _, verdict in judged.values()
        for finding in verdict.findings
        for name in finding.parameters
    }
    assert {name for name in used if parameter_text(name).fa == name} == set()
