"""The directory as the rest of the program uses it.

Each method is one short transaction and may be called from several threads, processes and
machines at once. Every method raises ``Unavailable("register.unavailable")`` if the database does
not answer; a write may then be repeated as it is.
"""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime

from sqlalchemy import Connection, Engine, select

from clearance.clock import Clock
from clearance.directory import (
    BranchRecord,
    ContractRowKey,
    ContractRowRecord,
    InspectionUndertaking,
    Review,
    Workshop,
)
from clearance.directory_shapes import Fed, Kind, ReviewStatement, subject_of
from clearance.errors import MohrError, NotFound
from clearance.identifiers import BranchCode, ContractRow, WorkshopNumber
from clearance.roles import Officer, Permission, Reach
from register import events
from register.database import transaction
from register.directory import facts, reconciliation, reviews, rows
from register.directory.imports import Imports
from register.directory.reconciliation import BranchCounts, Extent, Finding, OpenRow
from register.directory.record_upsert import Put, put_all
from register.events import EventName
from register.reach import within
from register.tables.directory import branch, contract_row, inspection_undertaking, workshop

_COUNTRY = Reach()
_RECORDED: Mapping[Kind, EventName] = {
    Kind.BRANCHES: EventName.BRANCH_RECORDED,
    Kind.WORKSHOPS: EventName.WORKSHOP_RECORDED,
    Kind.CONTRACT_ROWS: EventName.CONTRACT_ROW_RECORDED,
    Kind.UNDERTAKINGS: EventName.UNDERTAKING_FILED,
}


class Directory:
    """Branches, workshops, contract rows with their reviews, and inspection undertakings."""

    def __init__(self, engine: Engine, *, clock: Clock) -> None:
        self._engine = engine
        self._clock = clock
        self.imports = Imports(engine, clock=clock)
        """Whole files of records."""

    def put(self, kind: Kind, record: Fed, *, actor: str) -> Put:
        """Take one record as the feeder states it; ``actor`` is the client's id.

        Raises ``Conflict("directory.stale")`` if a higher version is on file, or the same version
        with other content, and ``InvalidValue("directory.branch_unknown")``.
        For undertakings: ``Conflict("undertaking.already_taken")`` names the ``first`` of that
        contractor whose fiscal period touches this one (R8), ``Conflict("undertaking.differs")``
        says that the id is on file with other content.
        """
        now = self._now()
        with transaction(self._engine) as connection:
            (answer,) = put_all(connection, kind, [record], actor=actor, now=now)
            if isinstance(answer, MohrError):
                raise answer
            if answer is not Put.UNCHANGED:
                version = getattr(record, "version", None)
                events.record(
                    connection,
                    _RECORDED[kind],
                    at=now,
                    actor=actor,
                    subject=subject_of(record),
                    details={"put": answer.value, "version": version},
                )
        return answer

    def put_branch(self, record: BranchRecord, *, actor: str) -> Put:
        """Take a branch; see ``put``."""
        return self.put(Kind.BRANCHES, record, actor=actor)

    def put_workshop(self, record: Workshop, *, actor: str) -> Put:
        """Take a workshop; see ``put``."""
        return self.put(Kind.WORKSHOPS, record, actor=actor)

    def put_contract_row(self, record: ContractRowRecord, *, actor: str) -> Put:
        """Take a contract row; see ``put``. What is known of it is replaced as a whole."""
        return self.put(Kind.CONTRACT_ROWS, record, actor=actor)

    def file_undertaking(self, undertaking: InspectionUndertaking, *, actor: str) -> Put:
        """File an undertaking (R8); see ``put``."""
        return self.put(Kind.UNDERTAKINGS, undertaking, actor=actor)

    def branch(self, code: BranchCode, *, reach: Reach = _COUNTRY) -> BranchRecord:
        """Return a branch; raises ``NotFound("directory.branch_not_found")``, also out of reach."""
        query = select(branch).where(branch.c.code == code, within(reach, branch.c.code))
        with transaction(self._engine) as connection:
            found = connection.execute(query).one_or_none()
        if found is None:
            raise NotFound("directory.branch_not_found", parameters={"branch": code})
        return rows.branch_record(found)

    def workshop(self, number: WorkshopNumber, *, reach: Reach = _COUNTRY) -> Workshop:
        """Return a workshop; raises ``NotFound("directory.workshop_not_found")``."""
        query = select(workshop).where(
            workshop.c.number == number, within(reach, workshop.c.branch_code)
        )
        with transaction(self._engine) as connection:
            found = connection.execute(query).one_or_none()
        if found is None:
            raise NotFound("directory.workshop_not_found", parameters={"workshop": number})
        return rows.workshop_record(found)

    def contract_row(self, key: ContractRowKey, *, reach: Reach = _COUNTRY) -> ContractRowRecord:
        """Return a contract row; raises ``NotFound("directory.row_not_found")``."""
        with transaction(self._engine) as connection:
            return _row(connection, key, reach)

    def contract_rows(
        self, branch_code: BranchCode, row: ContractRow, *, reach: Reach = _COUNTRY
    ) -> tuple[ContractRowRecord, ...]:
        """Return a row with all its sequences; raises ``NotFound("directory.row_not_found")``."""
        query = (
            select(contract_row)
            .where(
                contract_row.c.branch_code == branch_code,
                contract_row.c.contract_row == row,
                within(reach, contract_row.c.branch_code),
            )
            .order_by(contract_row.c.contract_sequence)
        )
        with transaction(self._engine) as connection:
            found = connection.execute(query).all()
        if not found:
            raise _row_not_found(branch_code, row)
        return tuple(map(rows.contract_row_record, found))

    def undertaking(self, undertaking_id: str, *, reach: Reach = _COUNTRY) -> InspectionUndertaking:
        """Return an undertaking; raises ``NotFound("undertaking.not_found")``."""
        query = select(inspection_undertaking).where(
            inspection_undertaking.c.id == undertaking_id,
            within(reach, inspection_undertaking.c.branch_code),
        )
        with transaction(self._engine) as connection:
            found = connection.execute(query).one_or_none()
        if found is None:
            raise NotFound("undertaking.not_found")
        return rows.undertaking_record(found)

    def review(
        self,
        branch_code: BranchCode,
        row: ContractRow,
        statement: ReviewStatement,
        officer: Officer,
    ) -> Review:
        """Record an officer's review of a contract row (R6).

        Raises ``NotPermitted``, ``NotFound("directory.row_not_found")`` (also
        outside the officer's reach) and ``Conflict("review.row_changed")``.
        """
        officer.demand(Permission.REVIEW_ROWS)
        key = ContractRowKey(branch_code=branch_code, row=row, sequence=statement.sequence)
        now = self._now()
        with transaction(self._engine) as connection:
            record = _row(connection, key, officer.reach, lock=True)
            return reviews.record_review(
                connection, record, statement, officer_id=officer.id, now=now
            )

    def reviews(self, key: ContractRowKey, *, reach: Reach = _COUNTRY) -> tuple[Review, ...]:
        """Return a row's reviews, the newest first; raises ``NotFound("directory.row_not_found")``.

        Only the first one counts, and only if its ``row_version`` is the row's.
        """
        with transaction(self._engine) as connection:
            _row(connection, key, reach)
            return reviews.reviews_of(connection, key)

    def newest_reviews(self, records: Iterable[ContractRowRecord]) -> tuple[Review | None, ...]:
        """Return for each record the review that counts; ``None`` where its version has none."""
        with transaction(self._engine) as connection:
            return tuple(facts.review_of(connection, each.key, each.version) for each in records)

    def reconciliation_counts(self, scope: Extent) -> tuple[BranchCounts, ...]:
        """Count active rows by how they stand, for each branch in scope."""
        with transaction(self._engine) as connection:
            return reconciliation.counts(connection, scope)

    def reconciliation(
        self,
        scope: Extent,
        *,
        finding: Finding | None = None,
        after: ContractRowKey | None = None,
        limit: int = reconciliation.MOST_ROWS,
    ) -> tuple[OpenRow, ...]:
        """Return active rows in scope that are unreviewed, mismatched or incomplete, by key."""
        with transaction(self._engine) as connection:
            return reconciliation.open_rows(
                connection, scope, finding=finding, after=after, limit=limit
            )

    def _now(self) -> datetime:
        return self._clock().astimezone(UTC).replace(microsecond=0)


def _row(
    connection: Connection, key: ContractRowKey, reach: Reach, *, lock: bool = False
) -> ContractRowRecord:
    inside = connection.execute(
        select(branch.c.code).where(branch.c.code == key.branch_code, within(reach, branch.c.code))
    ).one_or_none()
    found = facts.contract_row_of(connection, key, lock=lock) if inside else None
    if found is None:
        raise _row_not_found(key.branch_code, key.row)
    return found


def _row_not_found(branch_code: BranchCode, row: ContractRow) -> NotFound:
    return NotFound("directory.row_not_found", parameters={"branch": branch_code, "row": row})
