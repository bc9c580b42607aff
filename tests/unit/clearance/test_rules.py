"""The rules at issue: each case has its code, and all that is broken is told at once."""

import datetime as dt
import json
import re
import tomllib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from clearance.certificate import ClearanceKind, ClearanceRequest
from clearance.deadline import Collection
from clearance.directory import (
    BranchRecord,
    ContractRowRecord,
    InspectionUndertaking,
    Review,
    ReviewOutcome,
    RowState,
    Workshop,
)
from clearance.facts import EarlierClearance, Facts, ReplacedClearance
from clearance.identifiers import ClearanceNumber, ContractSequence, WorkshopNumber
from clearance.money import Rials
from clearance.request import parse_request
from clearance.rulebook import RULES
from clearance.rules import evaluate, key_of

ROOT = Path(__file__).parents[3]
NOW = dt.datetime(2026, 2, 1, 8, tzinfo=dt.UTC)
EARLIER = ClearanceNumber("1404-0041-000001-9")
OTHER = ClearanceNumber.make(1404, EARLIER.branch_code, 2)


def read(name: str, **changes: object) -> ClearanceRequest:
    obj = json.loads((ROOT / "examples" / f"{name}.json").read_bytes())
    return replace(parse_request(obj, now=NOW), **changes)


def facts_that_suit(request: ClearanceRequest) -> Facts:
    """What the directory says of a request that may be issued."""
    branch, contract = request.branch, request.contract
    row = ContractRowRecord(
        key=key_of(request),
        contract_number=contract.number,
        contract_date=contract.date,
        subject=contract.subject,
        start=contract.start,
        end=contract.end,
        initial_amount=contract.initial_amount,
        work_assigner_workshop=request.work_assigner.workshop_number,
        contractor_workshop=request.contractor.workshop_number,
        contract_address=request.work_assigner.address,
        state=RowState.ACTIVE,
        version=3,
    )
    undertaking = undertaking_of(request)
    return Facts(
        branch=BranchRecord(
            code=branch.code, name=branch.name, province=branch.province, version=1
        ),
        work_assigner_workshop=workshop_of(request.work_assigner),
        contractor_workshop=workshop_of(request.contractor),
        contract_row=row,
        review=Review(
            id=1,
            key=row.key,
            row_version=3,
            record=row,
            claims_file=row,
            differences=(),
            outcome=ReviewOutcome.MATCHING,
            reviewed_by="officer",
            reviewed_at=NOW,
        ),
        undertaking=undertaking,
        undertakings_of_period=(undertaking,) if undertaking else (),
        collection=Collection(
            id="C-1",
            key=row.key,
            sum_of_debits=request.premium.sum_of_debits,
            receipts=request.premium.receipts,
            assessed_at=None if request.premium.receipts else NOW,
        ),
    )


def workshop_of(party: Any) -> Workshop:
    return Workshop(
        number=party.workshop_number,
        name=party.name,
        branch_code=EARLIER.branch_code,
        address=party.address,
        postal_code=party.postal_code,
        owner_identifier=party.identifier,
        account_id="account",
        undertaking_accepted_at=NOW,
        version=1,
    )


def undertaking_of(request: ClearanceRequest) -> InspectionUndertaking | None:
    basis = request.basis
    if not hasattr(basis, "undertaking_id"):
        return None
    return InspectionUndertaking(
        id=basis.undertaking_id,
        branch_code=request.branch.code,
        contractor_identifier=request.contractor.identifier,
        period_start=basis.fiscal_period_start,
        period_end=basis.fiscal_period_end,
        received_at=NOW,
    )


def codes(request: ClearanceRequest, facts: Facts) -> list[str]:
    return [failure.code.removeprefix("rules.") for failure in evaluate(request, facts, NOW)]


def earlier(kind: ClearanceKind, **changes: Any) -> EarlierClearance:
    values = {"number": EARLIER, "kind": kind, "replaces": None, "receipts": frozenset()}
    return EarlierClearance(**{**values, **changes})


def altered(facts: Facts, of: str, /, **changes: object) -> Facts:
    return replace(facts, **{of: replace(getattr(facts, of), **changes)})


FINAL = "ordinary-company"
INTERIM = "interim"


@pytest.mark.parametrize("name", [FINAL, INTERIM, "smallest", "natural-person-contractor"])
def test_a_request_that_the_directory_bears_out_may_be_issued(name: str) -> None:
    request = read(name)

    assert codes(request, facts_that_suit(request)) == []


CASES: dict[str, tuple[str, Callable[[Facts], Facts]]] = {
    "work_assigner_workshop_missing": (FINAL, lambda f: replace(f, work_assigner_workshop=None)),
    "contractor_workshop_missing": (FINAL, lambda f: replace(f, contractor_workshop=None)),
    "work_assigner_account_missing": (
        FINAL,
        lambda f: altered(f, "work_assigner_workshop", account_id=None),
    ),
    "contractor_account_missing": (
        FINAL,
        lambda f: altered(f, "contractor_workshop", account_id=None),
    ),
    "work_assigner_eservices_not_accepted": (
        FINAL,
        lambda f: altered(f, "work_assigner_workshop", undertaking_accepted_at=None),
    ),
    "contractor_eservices_not_accepted": (
        FINAL,
        lambda f: altered(
            f, "contractor_workshop", undertaking_accepted_at=NOW + dt.timedelta(seconds=1)
        ),
    ),
    "branch_unknown": (FINAL, lambda f: replace(f, branch=None)),
    "row_unknown": (FINAL, lambda f: replace(f, contract_row=None, review=None)),
    "row_without_work_assigner": (
        FINAL,
        lambda f: altered(f, "contract_row", work_assigner_workshop=None),
    ),
    "data_differs": (FINAL, lambda f: altered(f, "contract_row", subject="دیگر")),
    "row_closed": (FINAL, lambda f: altered(f, "contract_row", state=RowState.CLOSED)),
    "row_unreviewed": (FINAL, lambda f: replace(f, review=None)),
    "row_mismatched": (
        FINAL,
        lambda f: altered(f, "review", outcome=ReviewOutcome.MISMATCHED, differences=("end",)),
    ),
    "row_incomplete": (
        FINAL,
        lambda f: altered(f, "review", outcome=ReviewOutcome.INCOMPLETE, differences=("end",)),
    ),
    "undertaking_missing": (
        INTERIM,
        lambda f: replace(f, undertaking=None, undertakings_of_period=()),
    ),
    "undertaking_differs": (
        INTERIM,
        lambda f: altered(f, "undertaking", period_end=dt.date(2025, 3, 19)),
    ),
    "undertaking_second": (
        INTERIM,
        lambda f: replace(
            f,
            undertakings_of_period=(replace(f.undertakings_of_period[0], id="the-first"),),
        ),
    ),
    "final_second": (FINAL, lambda f: replace(f, earlier=(earlier(ClearanceKind.FINAL),))),
    "interim_after_final": (
        INTERIM,
        lambda f: replace(f, earlier=(earlier(ClearanceKind.FINAL),)),
    ),
    "collection_missing": (FINAL, lambda f: replace(f, collection=None)),
    "collection_used": (FINAL, lambda f: altered(f, "collection", number=EARLIER)),
    "collection_in_future": (
        "smallest",
        lambda f: altered(f, "collection", assessed_at=NOW + dt.timedelta(seconds=1)),
    ),
}


@pytest.mark.parametrize("code", CASES)
def test_each_case_has_its_code_and_no_other(code: str) -> None:
    name, alter = CASES[code]
    request = read(name)

    assert codes(request, alter(facts_that_suit(request))) == [code]


def test_every_failure_is_told_at_once_in_the_order_of_the_rules() -> None:
    request = read(INTERIM)
    nothing = Facts(
        branch=None,
        work_assigner_workshop=None,
        contractor_workshop=None,
        contract_row=None,
        review=None,
        undertaking=None,
    )

    assert codes(request, nothing) == [
        "work_assigner_workshop_missing",
        "contractor_workshop_missing",
        "branch_unknown",
        "row_unknown",
        "undertaking_missing",
        "collection_missing",
    ]

    facts = facts_that_suit(request)
    for party in ("work_assigner_workshop", "contractor_workshop"):
        facts = altered(facts, party, account_id=None, undertaking_accepted_at=None)
    assert [failure.requirement for failure in evaluate(request, facts, NOW)] == [
        *("R2", "R2", "R3", "R3"),
    ]


def test_every_differing_field_is_named_and_spelling_is_none() -> None:
    request = read(FINAL)
    facts = facts_that_suit(request)
    row = facts.contract_row
    assert row is not None
    spelt = altered(facts, "contract_row", subject=row.subject.replace("ی", "ي") + "  ")
    other = altered(
        altered(facts, "branch", province="فارس"),
        "contract_row",
        contract_number="1",
        contract_date=None,
        initial_amount=Rials(1),
        work_assigner_workshop=WorkshopNumber("0000000001"),
        contractor_workshop=None,
    )
    other = altered(other, "contractor_workshop", name="دیگری")

    assert codes(request, spelt) == []
    (failure,) = evaluate(request, other, NOW)
    assert failure.fields == (
        "/branch/province",
        "/contract/number",
        "/contract/date",
        "/contract/initial_amount",
        "/contractor/workshop_number",
        "/work_assigner/workshop_number",
        "/contractor/name",
    )


def test_a_review_of_an_older_version_counts_no_more() -> None:
    request = read(FINAL)
    facts = altered(facts_that_suit(request), "contract_row", version=4)

    assert codes(request, facts) == ["row_unreviewed"]


def test_the_undertaking_of_another_contractor_does_not_serve() -> None:
    request = read(INTERIM)
    facts = altered(
        facts_that_suit(request),
        "undertaking",
        contractor_identifier=request.work_assigner.identifier,
    )

    (failure,) = evaluate(request, facts, NOW)

    assert failure.fields == ("/contractor/identifier",)


def test_a_second_undertaking_points_to_the_first_and_only_to_it() -> None:
    request = read(INTERIM)
    facts = facts_that_suit(request)
    (own,) = facts.undertakings_of_period
    first = replace(own, id="the-first")

    for on_file in (own, None):
        second = replace(facts, undertaking=on_file, undertakings_of_period=(first, own))
        (failure,) = evaluate(request, second, NOW)
        assert (failure.requirement, failure.parameters) == ("R8", {"first": "the-first"})


@pytest.mark.parametrize("kind", ClearanceKind)
def test_interim_clearances_hinder_nothing(kind: ClearanceKind) -> None:
    request = replace(read(FINAL), kind=kind)
    facts = replace(facts_that_suit(request), earlier=(earlier(ClearanceKind.INTERIM),))

    assert codes(request, facts) == []


@pytest.mark.parametrize("name", [FINAL, INTERIM])
def test_what_follows_a_final_clearance_is_pointed_to_it(name: str) -> None:
    request = read(name)
    facts = replace(facts_that_suit(request), earlier=(earlier(ClearanceKind.FINAL),))

    (failure,) = evaluate(request, facts, NOW)

    assert (failure.requirement, failure.parameters) == ("R10", {"number": EARLIER})


class TestReplacing:
    """A replacement names what it replaces."""

    request = read(FINAL, replaces=EARLIER)
    replaced = ReplacedClearance(
        number=EARLIER, key=key_of(request), revoked=True, replacement=None
    )

    def facts(self, **changes: object) -> Facts:
        facts = altered(facts_that_suit(self.request), "collection", number=EARLIER)
        return replace(facts, replaced=self.replaced, **changes)

    def test_a_revoked_clearance_may_be_replaced_on_the_same_collection(self) -> None:
        assert codes(self.request, self.facts()) == []

    @pytest.mark.parametrize(
        ("code", "changes"),
        [
            ("replaced_in_force", {"revoked": False}),
            ("replaced_already", {"replacement": OTHER}),
            (
                "replaced_other_row",
                {"key": replace(key_of(request), sequence=ContractSequence("09"))},
            ),
        ],
    )
    def test_each_case_has_its_code(self, code: str, changes: dict[str, Any]) -> None:
        facts = replace(self.facts(), replaced=replace(self.replaced, **changes))

        assert codes(self.request, facts) == [code]

    def test_what_was_never_issued_cannot_be_replaced(self) -> None:
        assert "replaced_unknown" in codes(self.request, replace(self.facts(), replaced=None))

    def test_a_replacement_under_way_counts_already(self) -> None:
        rival = earlier(ClearanceKind.INTERIM, number=OTHER, replaces=EARLIER)

        (failure,) = evaluate(self.request, self.facts(earlier=(rival,)), NOW)

        assert failure.code == "rules.replaced_already"
        assert failure.parameters["other"] == OTHER


class TestCollection:
    """R11: after the collection of what was due, as it is on record."""

    request = read(FINAL)

    def facts(self, **changes: object) -> Facts:
        return altered(facts_that_suit(self.request), "collection", **changes)

    def test_receipts_count_in_any_order_and_in_whole_seconds(self) -> None:
        receipts = tuple(
            replace(each, collected_at=each.collected_at.astimezone(dt.UTC))
            for each in reversed(self.request.premium.receipts)
        )
        premium = replace(
            self.request.premium,
            receipts=tuple(
                replace(each, collected_at=each.collected_at.replace(microsecond=5))
                for each in self.request.premium.receipts
            ),
        )
        request = replace(self.request, premium=premium)

        assert codes(request, self.facts(receipts=receipts)) == []

    @pytest.mark.parametrize(
        "change", [{"id": "other"}, {"amount": Rials(1)}, {"collected_at": NOW}]
    )
    def test_each_receipt_is_as_on_record(self, change: dict[str, Any]) -> None:
        first, *others = self.request.premium.receipts
        facts = self.facts(receipts=(replace(first, **change), *others))

        failure = evaluate(self.request, facts, NOW)[0]

        assert failure.code == "rules.collection_differs"
        assert "/premium/receipts" in failure.fields

    def test_less_than_was_due_is_not_enough(self) -> None:
        due = Rials(self.request.premium.sum_of_debits + 1)

        differs, short = evaluate(self.request, self.facts(sum_of_debits=due), NOW)

        assert differs.fields == ("/premium/sum_of_debits",)
        assert short.code == "rules.collection_short"
        assert short.parameters == {"collected": "6,572,222,222", "due": "6,572,222,223"}

    def test_one_payment_in_the_future_is_enough_to_wait(self) -> None:
        *paid, last = self.request.premium.receipts
        later = replace(last, collected_at=NOW + dt.timedelta(seconds=1))
        premium = replace(self.request.premium, receipts=(*paid, later))

        request = replace(self.request, premium=premium)
        assert codes(request, self.facts(receipts=premium.receipts)) == ["collection_in_future"]

    def test_a_collection_that_is_being_used_is_used(self) -> None:
        receipts = frozenset({self.request.premium.receipts[0].id})
        rival = earlier(ClearanceKind.INTERIM, receipts=receipts)

        assert codes(self.request, replace(self.facts(), earlier=(rival,))) == ["collection_used"]


def test_every_rule_is_broken_somewhere_here() -> None:
    source = Path(__file__).read_text()
    names = [rule.code.removeprefix("rules.") for rule in RULES]

    assert [name for name in names if name not in source] == []
    assert len(set(names)) == len(names)


TEXTS = tomllib.loads((ROOT / "templates/messages/rules.toml").read_text("utf-8"))


def test_every_rule_has_its_texts_and_every_text_its_rule() -> None:
    assert list(TEXTS) == [rule.code for rule in RULES]
    for code, text in TEXTS.items():
        assert list(text) == ["fa", "en", "do_fa", "do_en"], code
        for language, words in text.items():
            written = re.sub("«[^»]*»", "", words)
            assert bool(re.search("[آ-ی]", written)) == language.endswith("fa"), code
            assert re.search(r"[.}\u2069]$", words), code
            assert not set(words) & set("يكىـ٠١٢٣٤٥٦٧٨٩"), code


@pytest.mark.parametrize("code", CASES)
def test_texts_name_what_the_failure_tells(code: str) -> None:
    name, alter = CASES[code]
    request = read(name)
    (failure,) = evaluate(request, alter(facts_that_suit(request)), NOW)

    for words in TEXTS[failure.code].values():
        assert set(re.findall(r"{(\w+)}", words)) <= set(failure.parameters)
