"""Numbers, intents, clearances, withdrawals, API keys and the audit trail."""

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
    Sequence,
    Table,
    Text,
    TypedColumns,
    UniqueConstraint,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from clearance.certificate import ClearanceKind
from clearance.identifiers import ClearanceNumber
from register.records import RevocationReason, Scope
from register.tables.checks import at_least, digest, filled, holds, one_of, values
from register.tables.metadata import metadata


class _NumberCounter(TypedColumns):
    jalali_year: Named[int] = Column(primary_key=True, autoincrement=False)
    branch_code: Named[str] = Column(Text, primary_key=True)
    last_serial: Named[int]
    """The highest serial given to this branch in this year."""


class _Intent(TypedColumns):
    number: Named[str] = Column(Text, primary_key=True)
    jalali_year: Named[int]
    branch_code: Named[str] = Column(Text)
    serial: Named[int]
    verification_code: Named[str] = Column(Text, unique=True)
    status_list_index: Named[int] = Column(BigInteger, unique=True)
    """Place among those of all status lists, drawn at random within a list, so that two of them do
    not tell how many clearances lie between."""
    client_id: Named[str] = Column(Text)
    idempotency_key: Named[str] = Column(Text)
    request_hash: Named[bytes] = Column(LargeBinary)
    request: Named[str] = Column(Text)
    """Canonical JSON of the request, so that it can be issued without its caller."""
    contract_row: Named[str] = Column(Text)
    """With the sequence and the kind a part of the request, for the rules about earlier ones."""
    contract_sequence: Named[str] = Column(Text)
    kind: Named[str] = Column(Text)
    prepared_at: Named[datetime] = Column(DateTime(timezone=True))
    attempts: Named[int]
    attempt_id: Named[UUID | None]
    """The attempt that holds the lease; null between attempts and after the issue."""
    leased_until: Named[datetime | None] = Column(DateTime(timezone=True))
    content_hash: Named[bytes | None] = Column(LargeBinary)
    """What the current attempt is about to seal; null until it says so."""
    token_sha256: Named[bytes | None] = Column(LargeBinary)
    last_error: Named[str | None] = Column(Text)
    resume_at: Named[datetime | None] = Column(DateTime(timezone=True))
    """From when on a worker may go on: the lease's end, or later after an outage. Null once issued,
    and where only the caller can go on."""


class _Clearance(TypedColumns):
    number: Named[str] = Column(Text, ForeignKey("intent.number"), primary_key=True)
    attempt_id: Named[UUID] = Column(unique=True)
    certificate: Named[str] = Column(Text)
    """Canonical JSON (RFC 8785) exactly as hashed and attached."""
    content_hash: Named[bytes] = Column(LargeBinary, unique=True)
    token_text: Named[str] = Column(Text, unique=True)
    issued_at: Named[datetime] = Column(DateTime(timezone=True))
    recorded_at: Named[datetime] = Column(DateTime(timezone=True))


class _Revocation(TypedColumns):
    number: Named[str] = Column(Text, primary_key=True)
    """Of a sealed document, of whatever kind."""
    reason: Named[str] = Column(Text)
    at: Named[datetime] = Column(DateTime(timezone=True))
    actor: Named[str] = Column(Text)
    recorded_at: Named[datetime] = Column(DateTime(timezone=True))
    request_id: Named[int] = Column(
        BigInteger, ForeignKey("revocation_decision.request_id"), unique=True
    )
    """The confirmed request."""


class _AuditEvent(TypedColumns):
    id: Named[int] = Column(BigInteger, Identity(always=True), primary_key=True)
    at: Named[datetime] = Column(DateTime(timezone=True))
    name: Named[str] = Column(Text)
    actor: Named[str] = Column(Text)
    subject: Named[str] = Column(Text)
    details: Named[dict[str, Any]] = Column(JSONB)
    branch_code: Named[str | None] = Column(Text)
    """Whose event it is, by its subject; the database fills it in. Null: no single branch's."""


class _ApiClient(TypedColumns):
    id: Named[str] = Column(Text, primary_key=True)
    name: Named[str] = Column(Text)
    scopes: Named[list[str]] = Column(ARRAY(Text))
    staff_id: Named[str | None] = Column(Text, ForeignKey("staff.id"))
    """Whose key it is; null for a program's."""
    key_hash: Named[bytes] = Column(LargeBinary, unique=True)
    added_at: Named[datetime] = Column(DateTime(timezone=True))
    expires_at: Named[datetime | None] = Column(DateTime(timezone=True))
    """From when on the key is refused; null: never."""
    revoked_at: Named[datetime | None] = Column(DateTime(timezone=True))
    last_used_at: Named[datetime | None] = Column(DateTime(timezone=True))
    files_per_minute: Named[int | None]
    """With the next one null exactly where the key does not verify."""
    files_per_day: Named[int | None]


class _ClientUsage(TypedColumns):
    client_id: Named[str] = Column(Text, ForeignKey("api_client.id"), primary_key=True)
    minute: Named[int] = Column(BigInteger)
    """The minute that was counted last: whole minutes since 1970-01-01T00:00Z."""
    files_in_minute: Named[int]
    """With what earlier minutes still owe."""
    day: Named[date]
    """The same in Tehran."""
    files_in_day: Named[int]


places_given = Sequence("places_given", start=0, minvalue=0, metadata=metadata)
"""How many places of the status lists have been given, and so in which list the next one is."""
number_counter = Table(
    "number_counter",
    metadata,
    _NumberCounter,
    holds("jalali_year BETWEEN 1300 AND 1502"),
    holds("branch_code ~ '^[0-9]{4}$'"),
    *at_least(1, "last_serial"),
)
intent = Table(
    "intent",
    metadata,
    _Intent,
    UniqueConstraint("jalali_year", "branch_code", "serial"),
    UniqueConstraint("client_id", "idempotency_key"),
    ForeignKeyConstraint(
        ["jalali_year", "branch_code"],
        ["number_counter.jalali_year", "number_counter.branch_code"],
    ),
    holds(f"serial BETWEEN 1 AND {ClearanceNumber.LAST_SERIAL}"),
    holds(
        "left(number, 17)"
        " = jalali_year || '-' || branch_code || '-' || lpad(serial::text, 6, '0') || '-'",
        name="number_spells_its_parts",
    ),
    holds("number ~ '-[0-9]$' AND length(number) = 18", name="number_ends_in_its_check_digit"),
    holds("verification_code ~ '^([0-9A-HJKMNP-TV-Z]{4}-){3}[0-9A-HJKMNP-TV-Z]{4}$'"),
    *filled("client_id"),
    holds("length(idempotency_key) BETWEEN 1 AND 255"),
    *digest("request_hash", "content_hash", "token_sha256"),
    holds("jsonb_typeof(request::jsonb) = 'object'"),
    holds("contract_row ~ '^([0-9]{3}|[0-9]{8})$'"),
    holds("contract_sequence ~ '^[0-9]{2}$'"),
    one_of("kind", ClearanceKind),
    *at_least(0, "attempts"),
    holds("(attempt_id IS NULL) = (leased_until IS NULL)"),
    holds("(content_hash IS NULL) = (token_sha256 IS NULL)"),
    holds(
        "(contract_row, contract_sequence, kind) IS NOT DISTINCT FROM ("
        "request::jsonb #>> '{contract,row}', request::jsonb #>> '{contract,sequence}',"
        " request::jsonb ->> 'kind')"
    ),
)
Index("intent_resume_at", intent.c.resume_at, postgresql_where=intent.c.resume_at.is_not(None))
Index(
    "intent_contract_row",
    intent.c.branch_code,
    intent.c.contract_row,
    intent.c.contract_sequence,
)
Index(
    "intent_open",
    intent.c.prepared_at,
    postgresql_where=intent.c.attempt_id.is_not(None)
    | intent.c.resume_at.is_not(None)
    | intent.c.last_error.is_not(None),
)
clearance = Table(
    "clearance",
    metadata,
    _Clearance,
    holds("certificate::jsonb ->> 'number' = number", name="certificate_bears_its_number"),
    holds(
        "content_hash = sha256(convert_to(certificate, 'UTF8'))",
        name="content_hash_is_the_certificates",
    ),
    *filled("token_text"),
)
revocation = Table(
    "revocation", metadata, _Revocation, one_of("reason", RevocationReason), *filled("actor")
)
Index("revocation_at", revocation.c.at)
audit_event = Table(
    "audit_event",
    metadata,
    _AuditEvent,
    holds("name ~ '^[a-z_]+[.][a-z_]+$'"),
    *filled("actor", "subject"),
)
Index("audit_event_subject", audit_event.c.subject, audit_event.c.id)
Index("audit_event_at", audit_event.c.at, audit_event.c.id)
Index("audit_event_branch", audit_event.c.branch_code, audit_event.c.at, audit_event.c.id)
Index("audit_event_actor", audit_event.c.actor, audit_event.c.at, audit_event.c.id)
api_client = Table(
    "api_client",
    metadata,
    _ApiClient,
    *filled("id", "name"),
    holds(f"scopes <@ ARRAY[{values(*Scope)}]"),
    *digest("key_hash"),
    *at_least(1, "files_per_minute", "files_per_day"),
    # What a person's key allows follows from the role alone, within the reach alone.
    holds("(staff_id IS NULL) = (cardinality(scopes) > 0)", name="a_persons_key_has_no_scopes"),
    holds(
        f"({values(Scope.VERIFY)} = ANY (scopes)) = (files_per_minute IS NOT NULL)"
        f" AND ({values(Scope.VERIFY)} = ANY (scopes)) = (files_per_day IS NOT NULL)",
        name="keys_that_verify_have_limits",
    ),
)
Index(
    "api_client_staff", api_client.c.staff_id, postgresql_where=api_client.c.staff_id.is_not(None)
)
client_usage = Table(
    "client_usage", metadata, _ClientUsage, *at_least(0, "files_in_minute", "files_in_day")
)
