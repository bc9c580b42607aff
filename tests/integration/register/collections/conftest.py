"""Collections over the test's own database, on rows that the directory knows."""

import hashlib
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import Engine

from clearance.certificate import ClearanceKind, ClearanceRequest, PaymentReceipt
from clearance.deadline import Collection, DeadlineRule
from clearance.directory import ContractRowKey
from clearance.identifiers import BranchCode, ContractRow, ContractSequence
from clearance.money import Rials
from clearance.roles import Officer, Reach, Role
from clearance.working_days import WorkingCalendar
from register.collections import CollectionRecord, Collections, Deadlines
from register.records import IssuedClearance, RevocationReason
from register.revocations import Decision, Revocations

COLLECTED = datetime(2025, 5, 4, 5, 30, tzinfo=UTC)
"""09:00 in Tehran: due at the end of 5 May there, which is 20:29:59 UTC; warned of at 12:41:59."""
AMOUNT = Rials(5_600_000_000)


@pytest.fixture(autouse=True)
def rows(sql: Callable[..., list[tuple]]) -> None:
    """Two branches in two provinces, with a contract row each and another row in the first."""
    for branch, province in (("1234", "تهران"), ("2345", "فارس")):
        sql(
            "INSERT INTO branch VALUES (:branch, 'شعبه', :province, 1, now())",
            branch=branch,
            province=province,
        )
    for branch, row in (("1234", "123"), ("1234", "124"), ("2345", "123")):
        sql(
            "INSERT INTO contract_row (branch_code, contract_row, contract_sequence, state, "
            "version, updated_at) VALUES (:branch, :row, '01', 'active', 1, now())",
            branch=branch,
            row=row,
        )


@pytest.fixture
def open_collections(engine: Engine, clock: Any) -> Callable[..., Collections]:
    def open_collections(
        rule: DeadlineRule = DeadlineRule.NEXT_CALENDAR_DAY,
        calendar: WorkingCalendar = WorkingCalendar(),  # noqa: B008 - frozen
    ) -> Collections:
        return Collections(engine, clock=clock, rule=rule, calendar=calendar)

    return open_collections


@pytest.fixture
def collections(open_collections: Callable[..., Collections]) -> Collections:
    return open_collections()


@pytest.fixture
def deadlines(engine: Engine, clock: Any) -> Deadlines:
    return Deadlines(engine, clock=clock)


@pytest.fixture
def collection() -> Callable[..., Collection]:
    return _collection


@pytest.fixture
def record(collections: Collections) -> Callable[..., CollectionRecord]:
    """Record a collection that is new."""

    def record(*args: Any, **changes: Any) -> CollectionRecord:
        recorded, is_new = collections.record(_collection(*args, **changes), actor="backend")
        assert is_new
        return recorded

    return record


@pytest.fixture
def request_for(make_request: Callable[..., ClearanceRequest]) -> Callable[..., ClearanceRequest]:
    """Make the request that rests on a collection."""

    def request_for(
        collection: Collection, kind: ClearanceKind = ClearanceKind.INTERIM, **changes: Any
    ) -> ClearanceRequest:
        made = make_request(branch=collection.key.branch_code)
        return replace(
            made,
            kind=kind,
            contract=replace(made.contract, row=collection.key.row),
            premium=replace(
                made.premium,
                premium_due=collection.sum_of_debits,
                unemployment_premium=Rials(0),
                receipts=collection.receipts,
                sum_of_debits=collection.sum_of_debits,
                amount_collected=collection.amount,
            ),
            **changes,
        )

    return request_for


@pytest.fixture
def prepare_for(register: Any, request_for: Callable[..., ClearanceRequest]) -> Callable[..., Any]:
    def prepare_for(collection: Collection, **changes: Any) -> Any:
        key = uuid4().hex
        return register.prepare(
            request_for(collection, **changes),
            idempotency_key=key,
            request_hash=hashlib.sha256(key.encode()).digest(),
            client_id="client",
        )

    return prepare_for


@pytest.fixture
def issue_for(prepare_for: Callable[..., Any], finish: Any) -> Callable[..., IssuedClearance]:
    """Issue the clearance that rests on a collection."""
    return lambda collection, **changes: finish(prepare_for(collection, **changes))


@pytest.fixture
def revoke(engine: Engine, clock: Any) -> Callable[[IssuedClearance], None]:
    revocations = Revocations(engine, clock=clock)
    asker, other = (
        Officer(id=name, name=name, role=Role.BRANCH_HEAD, reach=Reach()) for name in ("a", "b")
    )

    def revoke(issued: IssuedClearance) -> None:
        asked = revocations.open(
            issued.number, reason=RevocationReason.DATA_CORRECTED, remark=None, officer=asker
        )
        revocations.decide(issued.number, asked.id, Decision.CONFIRM, officer=other)

    return revoke


@pytest.fixture
def events(sql: Callable[..., list[tuple]]) -> Callable[[], list[str]]:
    """Return the names of the audit events about collections, in order."""

    def events() -> list[str]:
        found = sql(
            "SELECT name FROM audit_event WHERE name ~ '^(collection|deadline)[.]' ORDER BY id"
        )
        return [name for (name,) in found]

    return events


def _collection(
    identifier: str = "C-1",
    *,
    branch: str = "1234",
    row: str = "123",
    at: datetime = COLLECTED,
    receipts: tuple[PaymentReceipt, ...] | None = None,
    assessed: bool = False,
) -> Collection:
    if receipts is None:
        receipts = (PaymentReceipt(id=f"R-{identifier}", amount=AMOUNT, collected_at=at),)
    return Collection(
        id=identifier,
        key=ContractRowKey(
            branch_code=BranchCode(branch), row=ContractRow(row), sequence=ContractSequence("01")
        ),
        sum_of_debits=Rials(0) if assessed else AMOUNT,
        receipts=() if assessed else receipts,
        assessed_at=at if assessed else None,
    )
