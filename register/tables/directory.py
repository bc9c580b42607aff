"""Branches, workshops, contract rows, their reviews, inspection undertakings, imports."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    Column,
    DateTime,
    ForeignKey,
    ForeignKeyConstraint,
    Identity,
    Index,
    LargeBinary,
    Named,
    Table,
    Text,
    TypedColumns,
)
from sqlalchemy.dialects.postgresql import JSONB

from clearance.directory import ReviewOutcome, RowState
from clearance.directory_shapes import Kind
from register.tables.checks import at_least, digest, filled, holds, one_of, values
from register.tables.metadata import metadata


class _Branch(TypedColumns):
    code: Named[str] = Column(Text, primary_key=True)
    name: Named[str] = Column(Text)
    province: Named[str] = Column(Text)
    version: Named[int] = Column(BigInteger)
    updated_at: Named[datetime] = Column(DateTime(timezone=True))


class _Workshop(TypedColumns):
    number: Named[str] = Column(Text, primary_key=True)
    name: Named[str] = Column(Text)
    branch_code: Named[str] = Column(Text, ForeignKey("branch.code"))
    address: Named[str] = Column(Text)
    postal_code: Named[str] = Column(Text)
    owner_identifier: Named[str] = Column(Text)
    account_id: Named[str | None] = Column(Text)
    undertaking_accepted_at: Named[datetime | None] = Column(DateTime(timezone=True))
    """When the undertaking for electronic services was accepted (R3)."""
    version: Named[int] = Column(BigInteger)
    updated_at: Named[datetime] = Column(DateTime(timezone=True))


class _ContractRow(TypedColumns):
    branch_code: Named[str] = Column(Text, ForeignKey("branch.code"), primary_key=True)
    contract_row: Named[str] = Column(Text, primary_key=True)
    contract_sequence: Named[str] = Column(Text, primary_key=True)
    contract_number: Named[str | None] = Column(Text)
    contract_date: Named[date | None]
    subject: Named[str | None] = Column(Text)
    starts_on: Named[date | None]
    ends_on: Named[date | None]
    initial_amount: Named[int | None] = Column(BigInteger)
    """Rials."""
    work_assigner_workshop: Named[str | None] = Column(Text)
    """May be a workshop that the directory does not know: the rules say so then (R1)."""
    contractor_workshop: Named[str | None] = Column(Text)
    contract_address: Named[str | None] = Column(Text)
    state: Named[str] = Column(Text)
    version: Named[int] = Column(BigInteger)
    updated_at: Named[datetime] = Column(DateTime(timezone=True))


class _ContractRowReview(TypedColumns):
    id: Named[int] = Column(BigInteger, Identity(always=True), primary_key=True)
    branch_code: Named[str] = Column(Text)
    contract_row: Named[str] = Column(Text)
    contract_sequence: Named[str] = Column(Text)
    row_version: Named[int] = Column(BigInteger)
    record: Named[dict[str, Any]] = Column(JSONB)
    """The mechanised record as it stood, by field name."""
    claims_file: Named[dict[str, Any]] = Column(JSONB)
    differences: Named[list[str]] = Column(JSONB)
    """Names of the fields that do not agree."""
    outcome: Named[str] = Column(Text)
    reviewed_by: Named[str] = Column(Text)
    reviewed_at: Named[datetime] = Column(DateTime(timezone=True))


class _InspectionUndertaking(TypedColumns):
    id: Named[str] = Column(Text, primary_key=True)
    branch_code: Named[str] = Column(Text, ForeignKey("branch.code"))
    contractor_identifier: Named[str] = Column(Text)
    period_start: Named[date]
    period_end: Named[date]
    received_at: Named[datetime] = Column(DateTime(timezone=True))
    recorded_by: Named[str] = Column(Text)
    recorded_at: Named[datetime] = Column(DateTime(timezone=True))


class _DirectoryImport(TypedColumns):
    id: Named[UUID] = Column(primary_key=True)
    kind: Named[str] = Column(Text)
    actor: Named[str] = Column(Text)
    key: Named[str] = Column(Text)
    """By which its sender takes it up again."""
    started_at: Named[datetime] = Column(DateTime(timezone=True))
    finished_at: Named[datetime | None] = Column(DateTime(timezone=True))
    lines_done: Named[int]
    """Lines of the file that need not be read again, header and blank lines included."""
    prefix_sha256: Named[bytes] = Column(LargeBinary)
    """Of exactly those lines: only the same file can go on."""
    created: Named[int]
    changed: Named[int]
    unchanged: Named[int]
    refused: Named[int]


class _DirectoryImportRefusal(TypedColumns):
    import_id: Named[UUID] = Column(ForeignKey("directory_import.id"), primary_key=True)
    line: Named[int] = Column(primary_key=True, autoincrement=False)
    subject: Named[str | None] = Column(Text)
    """Key of the record, if it could be read."""
    problems: Named[list[dict[str, Any]]] = Column(JSONB)
    """Each with ``field`` (JSON Pointer), ``code`` and ``parameters``."""


branch = Table(
    "branch",
    metadata,
    _Branch,
    holds("code ~ '^[0-9]{4}$'"),
    *filled("name", "province"),
    *at_least(1, "version"),
)
Index("branch_province", branch.c.province)
workshop = Table(
    "workshop",
    metadata,
    _Workshop,
    holds("number ~ '^[0-9]{10}$'"),
    holds("postal_code ~ '^[0-9]{10}$'"),
    holds("owner_identifier ~ '^[0-9]{10,11}$'"),
    *filled("name", "address", "account_id"),
    *at_least(1, "version"),
)
contract_row = Table(
    "contract_row",
    metadata,
    _ContractRow,
    holds("contract_row ~ '^([0-9]{3}|[0-9]{8})$'"),
    holds("contract_sequence ~ '^[0-9]{2}$'"),
    holds("ends_on >= starts_on"),
    holds("work_assigner_workshop ~ '^[0-9]{10}$'"),
    holds("contractor_workshop ~ '^[0-9]{10}$'"),
    *filled("contract_number", "subject", "contract_address"),
    *at_least(0, "initial_amount"),
    one_of("state", RowState),
    *at_least(1, "version"),
)
Index("contract_row_work_assigner", contract_row.c.work_assigner_workshop)
Index(
    "contract_row_active",
    contract_row.c.branch_code,
    postgresql_where=contract_row.c.state == "active",
)
contract_row_review = Table(
    "contract_row_review",
    metadata,
    _ContractRowReview,
    ForeignKeyConstraint(
        ["branch_code", "contract_row", "contract_sequence"],
        [
            "contract_row.branch_code",
            "contract_row.contract_row",
            "contract_row.contract_sequence",
        ],
    ),
    *at_least(1, "row_version"),
    holds("jsonb_typeof(differences) = 'array'"),
    one_of("outcome", ReviewOutcome),
    *filled("reviewed_by"),
    holds(f"(outcome = {values(ReviewOutcome.MATCHING)}) = (differences = '[]'::jsonb)"),
)
Index(
    "contract_row_review_newest",
    contract_row_review.c.branch_code,
    contract_row_review.c.contract_row,
    contract_row_review.c.contract_sequence,
    contract_row_review.c.id,
)
inspection_undertaking = Table(
    "inspection_undertaking",
    metadata,
    _InspectionUndertaking,
    *filled("id", "recorded_by"),
    holds("contractor_identifier ~ '^[0-9]{10,11}$'"),
    holds("period_end >= period_start"),
)
Index(
    "inspection_undertaking_contractor",
    inspection_undertaking.c.contractor_identifier,
    inspection_undertaking.c.period_start,
)
directory_import = Table(
    "directory_import",
    metadata,
    _DirectoryImport,
    one_of("kind", Kind),
    *filled("actor"),
    holds("length(key) BETWEEN 1 AND 255"),
    *digest("prefix_sha256"),
    *at_least(0, "lines_done", "created", "changed", "unchanged", "refused"),
)
Index(
    "directory_import_one_unfinished",
    directory_import.c.actor,
    directory_import.c.key,
    unique=True,
    postgresql_where=directory_import.c.finished_at.is_(None),
)
directory_import_refusal = Table(
    "directory_import_refusal",
    metadata,
    _DirectoryImportRefusal,
    *at_least(1, "line"),
    holds("jsonb_typeof(problems) = 'array'"),
)
