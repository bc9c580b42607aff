"""Records to feed, and a directory on a database of the test's own."""

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from clearance.directory import (
    BranchRecord,
    ContractData,
    ContractRowKey,
    ContractRowRecord,
    InspectionUndertaking,
    RowState,
    Workshop,
)
from clearance.identifiers import (
    BranchCode,
    ContractRow,
    ContractSequence,
    LegalEntityId,
    PostalCode,
    WorkshopNumber,
)
from clearance.money import Rials
from clearance.roles import Officer, Reach, Role
from register.directory import Directory

BRANCHES = {"1234": "تهران", "1235": "تهران", "5001": "فارس"}


@pytest.fixture
def empty_directory(engine, clock) -> Directory:
    return Directory(engine, clock=clock)


@pytest.fixture
def directory(empty_directory) -> Directory:
    """A directory that knows three branches in two provinces."""
    for code, province in BRANCHES.items():
        empty_directory.put_branch(
            BranchRecord(code=BranchCode(code), name=f"شعبهٔ {code}", province=province, version=1),
            actor="feeder",
        )
    return empty_directory


@pytest.fixture
def make_workshop() -> Callable[..., Workshop]:
    def make(**changes: Any) -> Workshop:
        return Workshop(
            **{
                "number": WorkshopNumber("0123456789"),
                "name": "شهرداری نمونه",
                "branch_code": BranchCode("1234"),
                "address": "تهران، خیابان آزادی",
                "postal_code": PostalCode("1345678901"),
                "owner_identifier": LegalEntityId("10380284790"),
                "account_id": "acc-1",
                "undertaking_accepted_at": None,
                "version": 1,
                **changes,
            }
        )

    return make


def contract_data() -> dict[str, Any]:
    return {
        "contract_number": "۱۴۰۲/۷۷",
        "contract_date": date(2023, 4, 4),
        "subject": "احداث ساختمان اداری",
        "start": date(2023, 4, 9),
        "end": date(2025, 3, 20),
        "initial_amount": Rials(90_000_000_000),
        "work_assigner_workshop": WorkshopNumber("0123456789"),
        "contractor_workshop": WorkshopNumber("9876543210"),
        "contract_address": "تهران، خیابان آزادی",
    }


@pytest.fixture
def make_row() -> Callable[..., ContractRowRecord]:
    def make(branch: str = "1234", row: str = "123", **changes: Any) -> ContractRowRecord:
        key = ContractRowKey(
            branch_code=BranchCode(branch), row=ContractRow(row), sequence=ContractSequence("01")
        )
        return ContractRowRecord(
            **{
                "key": key,
                "state": RowState.ACTIVE,
                "version": 1,
                **contract_data(),
                **changes,
            }
        )

    return make


@pytest.fixture
def make_claims() -> Callable[..., ContractData]:
    return lambda **changes: ContractData(**{**contract_data(), **changes})


@pytest.fixture
def make_undertaking(clock) -> Callable[..., InspectionUndertaking]:
    def make(**changes: Any) -> InspectionUndertaking:
        return InspectionUndertaking(
            **{
                "id": "U-1",
                "branch_code": BranchCode("1234"),
                "contractor_identifier": LegalEntityId("10380284790"),
                "period_start": date(2024, 3, 20),
                "period_end": date(2025, 3, 20),
                "received_at": clock(),
                **changes,
            }
        )

    return make


@pytest.fixture
def officer() -> Officer:
    return Officer(
        id="staff-1",
        name="مریم رضایی",
        role=Role.BRANCH_OFFICER,
        reach=Reach(branch=BranchCode("1234")),
    )
