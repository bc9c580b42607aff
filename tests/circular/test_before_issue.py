"""R1-R3 and R5-R8: what must be so before a clearance is issued."""

from dataclasses import replace
from typing import Any

import pytest

from clearance.directory import RowState

PARTIES = pytest.mark.parametrize("party", ["work_assigner", "contractor"])


@PARTIES
def test_r1_both_parties_hold_a_workshop_number(branch: Any, party: str) -> None:
    request = branch.request()
    entries = branch.entries(request)
    other = branch.entries(branch.request())
    # The other party's workshop is there, and the row says which one is meant.
    workshops = list(entries.workshops)
    index = ("work_assigner", "contractor").index(party)
    missing, workshops[index] = workshops[index], other.workshops[index]
    branch.feed(replace(entries, workshops=tuple(workshops)))

    failures = branch.failures(request)

    assert list(failures) == [f"{party}_workshop_missing"]
    (failure,) = failures.values()
    assert failure["requirement"] == "R1"
    assert failure["fields"] == [f"/{party}/workshop_number"]
    branch.put_workshop(missing)
    branch.issue(request)


@PARTIES
def test_r2_both_parties_hold_a_user_account(
    branch: Any, known: Any, of_party: Any, party: str
) -> None:
    request = known()
    workshop = of_party(branch.entries(request), party)
    branch.put_workshop(replace(workshop, account_id=None))

    failures = branch.failures(request)

    assert [(code, each["requirement"]) for code, each in failures.items()] == [
        (f"{party}_account_missing", "R2")
    ]
    branch.put_workshop(replace(workshop, version=3))
    branch.issue(request)


@PARTIES
def test_r3_both_parties_accepted_electronic_services(
    branch: Any, known: Any, of_party: Any, party: str
) -> None:
    request = known()
    workshop = of_party(branch.entries(request), party)
    branch.put_workshop(replace(workshop, undertaking_accepted_at=None))

    failures = branch.failures(request)

    assert [(code, each["requirement"]) for code, each in failures.items()] == [
        (f"{party}_eservices_not_accepted", "R3")
    ]
    branch.put_workshop(replace(workshop, version=3))
    branch.issue(request)


def test_r5_the_row_bears_the_assigners_workshop(branch: Any, known: Any) -> None:
    unknown = branch.request()
    assert branch.failures(unknown)["row_unknown"]["requirement"] == "R5"

    request = known()
    entries = branch.entries(request)
    row = replace(entries.contract_row, work_assigner_workshop=None, version=2)
    branch.put_row(replace(entries, contract_row=row))
    failures = branch.failures(request)
    assert failures["row_without_work_assigner"]["requirement"] == "R5"

    other = replace(
        entries.contract_row,
        work_assigner_workshop=entries.contract_row.contractor_workshop,
        subject="قرارداد دیگر",
        version=3,
    )
    changed = replace(entries, contract_row=other)
    branch.put_row(changed)
    branch.review(changed)
    differs = branch.failures(request)["data_differs"]
    assert differs["requirement"] == "R5"
    assert differs["fields"] == ["/contract/subject", "/work_assigner/workshop_number"]


def test_r6_the_row_was_reviewed_against_its_claims_file(branch: Any, known: Any) -> None:
    request = known()
    entries = branch.entries(request)
    changed = replace(entries, contract_row=replace(entries.contract_row, version=2))
    branch.put_row(changed)
    key = entries.contract_row.key

    def findings() -> list[str]:
        listed = branch.get(f"/v1/reconciliation?branch={key.branch_code}", who="officer")["rows"]
        return [each["finding"] for each in listed if each["row"] == key.row]

    assert branch.failures(request)["row_unreviewed"]["requirement"] == "R6"
    assert findings() == ["unreviewed"]

    assert branch.review(changed, subject="چیز دیگر").status_code == 201
    mismatched = branch.failures(request)["row_mismatched"]
    assert mismatched["parameters"]["differences"] == "subject"
    assert findings() == ["mismatched"]

    assert branch.review(changed, contract_address=None).status_code == 201
    assert list(branch.failures(request)) == ["row_incomplete"]
    assert findings() == ["incomplete"]

    assert branch.review(changed).status_code == 201
    assert findings() == []
    branch.issue(request)

    closed = replace(changed.contract_row, state=RowState.CLOSED, version=3)
    branch.put_row(replace(changed, contract_row=closed))
    assert branch.failures(request)["row_closed"]["requirement"] == "R6"


def test_r7_before_the_inspection_only_against_an_undertaking(branch: Any) -> None:
    request = branch.request("interim")
    entries = branch.entries(request)
    branch.feed(replace(entries, undertaking=None))

    failures = branch.failures(request)

    assert [(code, each["requirement"]) for code, each in failures.items()] == [
        ("undertaking_missing", "R7")
    ]
    branch.put("inspection-undertakings", entries.undertaking.id, entries.undertaking)
    branch.issue(request)


def test_r8_one_undertaking_for_a_fiscal_period(branch: Any, known: Any) -> None:
    request = known("interim")
    first = branch.entries(request).undertaking
    second = replace(first, id=f"{first.id}-2")

    taken = branch.ask(
        "PUT",
        f"/v1/inspection-undertakings/{second.id}",
        json={
            "id": second.id,
            "branch_code": second.branch_code,
            "contractor_identifier": second.contractor_identifier,
            "period_start": second.period_start.isoformat(),
            "period_end": second.period_end.isoformat(),
            "received_at": second.received_at.isoformat(),
        },
    )
    request["basis"]["undertaking_id"] = second.id
    failures = branch.failures(request)

    assert taken.status_code == 409
    assert taken.json()["code"] == "undertaking.already_taken"
    assert first.id in taken.json()["message"]["en"]
    assert [(code, each["requirement"]) for code, each in failures.items()] == [
        ("undertaking_second", "R8")
    ]
    assert failures["undertaking_second"]["parameters"] == {"first": first.id}
    # The first one serves this contract as it serves every other.
    request["basis"]["undertaking_id"] = first.id
    branch.issue(request)
