"""Reconciliation (R6): which active contract rows are unreviewed, mismatched or incomplete.

Functions over one connection; the caller owns the transaction.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from sqlalchemy import ColumnElement, Connection, Select, and_, case, func, select, tuple_

from clearance.directory import ContractRowKey, ReviewOutcome, RowState
from clearance.identifiers import BranchCode
from clearance.roles import Reach
from register.directory import rows
from register.reach import within
from register.tables.directory import branch, contract_row, contract_row_review

MOST_ROWS: Final = 1000
"""As many rows are answered at once."""


class Finding(StrEnum):
    """What is wrong with an active contract row."""

    UNREVIEWED = "unreviewed"
    """Nobody has held its present record against the claims file."""
    MISMATCHED = "mismatched"
    INCOMPLETE = "incomplete"


@dataclass(frozen=True, kw_only=True)
class Extent:
    """Which rows are asked for; an empty province or branch does not narrow."""

    reach: Reach
    """What the asker may see at all."""
    province: str | None = None
    branch: BranchCode | None = None


@dataclass(frozen=True, kw_only=True)
class BranchCounts:
    """How the active rows of one branch stand; the last four add up to ``active``."""

    branch_code: BranchCode
    branch_name: str
    province: str
    active: int
    matching: int
    unreviewed: int
    mismatched: int
    incomplete: int


@dataclass(frozen=True, kw_only=True)
class OpenRow:
    """An active contract row that needs work."""

    key: ContractRowKey
    branch_name: str
    province: str
    version: int
    contract_number: str | None
    finding: Finding
    fields: tuple[str, ...]
    """The fields that do not agree; of an unreviewed row those that its record lacks."""
    reviewed_by: str | None
    reviewed_at: datetime | None


_newest = (
    select(contract_row_review)
    .where(
        contract_row_review.c.branch_code == contract_row.c.branch_code,
        contract_row_review.c.contract_row == contract_row.c.contract_row,
        contract_row_review.c.contract_sequence == contract_row.c.contract_sequence,
        contract_row_review.c.row_version == contract_row.c.version,
    )
    .order_by(contract_row_review.c.id.desc())
    .limit(1)
    .lateral("newest")
)
_standing = func.coalesce(_newest.c.outcome, Finding.UNREVIEWED.value)


def counts(connection: Connection, scope: Extent) -> tuple[BranchCounts, ...]:
    """Count the active rows of each branch by how they stand, by province and branch.

    A branch without any active row is there too, with zeros: nothing to do is an answer.
    """
    standings = (ReviewOutcome.MATCHING, *Finding)
    found = connection.execute(
        select(
            branch,
            func.count(contract_row.c.contract_row).label("active"),
            *(
                func.count(
                    case((and_(contract_row.c.contract_row.is_not(None), _standing == each), 1))
                ).label(each.value)
                for each in standings
            ),
        )
        .select_from(branch)
        .outerjoin(
            contract_row,
            and_(
                contract_row.c.branch_code == branch.c.code,
                contract_row.c.state == RowState.ACTIVE.value,
            ),
        )
        .outerjoin(_newest, _newest.c.row_version == contract_row.c.version)
        .where(*_conditions(scope))
        .group_by(branch.c.code)
        .order_by(branch.c.province, branch.c.code)
    )
    return tuple(
        BranchCounts(
            branch_code=BranchCode(row.code),
            branch_name=row.name,
            province=row.province,
            active=row.active,
            **{each.value: getattr(row, each.value) for each in standings},
        )
        for row in found
    )


def open_rows(
    connection: Connection,
    scope: Extent,
    *,
    finding: Finding | None = None,
    after: ContractRowKey | None = None,
    limit: int = MOST_ROWS,
) -> tuple[OpenRow, ...]:
    """Return the active rows that need work, by key; at most ``limit`` of those ``after`` a key."""
    query = _open_rows(scope)
    if finding is not None:
        query = query.where(_standing == finding.value)
    if after is not None:
        key = tuple_(
            contract_row.c.branch_code,
            contract_row.c.contract_row,
            contract_row.c.contract_sequence,
        )
        query = query.where(
            key > tuple_(str(after.branch_code), str(after.row), str(after.sequence))
        )
    found = connection.execute(query.limit(min(limit, MOST_ROWS)))
    return tuple(map(_open_row, found))


def _open_rows(scope: Extent) -> Select[*tuple[object, ...]]:
    return (
        select(
            contract_row,
            branch.c.name.label("branch_name"),
            branch.c.province,
            _standing.label("finding"),
            _newest.c.differences,
            _newest.c.reviewed_by,
            _newest.c.reviewed_at,
        )
        .join(branch, branch.c.code == contract_row.c.branch_code)
        .outerjoin(_newest, _newest.c.row_version == contract_row.c.version)
        .where(
            contract_row.c.state == RowState.ACTIVE.value,
            _standing != ReviewOutcome.MATCHING.value,
            *_conditions(scope),
        )
        .order_by(
            contract_row.c.branch_code,
            contract_row.c.contract_row,
            contract_row.c.contract_sequence,
        )
    )


def _conditions(scope: Extent) -> list[ColumnElement[bool]]:
    conditions = [within(scope.reach, branch.c.code)]
    if scope.province is not None:
        conditions.append(branch.c.province == scope.province)
    if scope.branch is not None:
        conditions.append(branch.c.code == scope.branch)
    return conditions


def _open_row(row: rows.AnyRow) -> OpenRow:
    record = rows.contract_row_record(row)
    finding = Finding(row.finding)
    unreviewed = finding is Finding.UNREVIEWED
    return OpenRow(
        key=record.key,
        branch_name=row.branch_name,
        province=row.province,
        version=record.version,
        contract_number=record.contract_number,
        finding=finding,
        fields=record.missing if unreviewed else tuple(row.differences),
        reviewed_by=row.reviewed_by,
        reviewed_at=row.reviewed_at,
    )
