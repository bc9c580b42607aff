"""What the database itself refuses, whatever program writes."""

import hashlib

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy.exc import IntegrityError

from register.records import WithdrawalReason
from register.tables import metadata

pytestmark = pytest.mark.integration


@pytest.fixture
def issued(register, issue, clock):
    """A clearance with its document, its events and its withdrawal."""
    number = issue("key").number
    return register.withdraw(
        number, reason=WithdrawalReason.LAWFUL_ORDER, at=clock.now, actor="officer"
    )


@pytest.mark.parametrize("table", ["clearance", "document", "withdrawal", "audit_event"])
@pytest.mark.parametrize("change", ["UPDATE {} SET {}", "DELETE FROM {}", "TRUNCATE {} CASCADE"])
def test_what_was_written_stays(issued, sql, table, change):
    column = {"audit_event": "actor = 'nobody'"}.get(table, "number = 'x'")

    with pytest.raises(IntegrityError, match="refused"):
        sql(change.format(table, column))


@pytest.mark.parametrize(
    "change",
    [
        "certificate = replace(certificate, '5600000000', '1')",
        "content_hash = sha256('')",
        "token_text = 'OTHER'",
        "issued_at = now()",
    ],
)
def test_an_issued_fact_never_changes(issued, sql, change):
    with pytest.raises(IntegrityError, match="refused"):
        sql(f"UPDATE clearance SET {change}")  # noqa: S608


@pytest.mark.parametrize(
    "change",
    [
        "number = '1404-1234-000002-0', serial = 2",
        "verification_code = '0000-0000-0000-0000'",
        "client_id = 'other'",
        "idempotency_key = 'other'",
        "request_hash = sha256('')",
        "prepared_at = now() - interval '1 day'",
    ],
)
def test_an_intent_keeps_its_number_code_and_caller(prepare, sql, change):
    prepare("key")

    with pytest.raises(IntegrityError, match="keeps"):
        sql(f"UPDATE intent SET {change}")  # noqa: S608


@pytest.mark.parametrize("table", ["intent", "number_counter"])
@pytest.mark.parametrize("change", ["DELETE FROM {}", "TRUNCATE {} CASCADE"])
def test_a_given_number_never_disappears(prepare, sql, table, change):
    prepare("key")

    with pytest.raises(IntegrityError, match="refused"):
        sql(change.format(table))


@pytest.mark.parametrize("serial", [1, 2, 4, 1000])
def test_a_counter_goes_up_by_one(prepare, sql, serial):
    prepare()
    prepare()

    with pytest.raises(IntegrityError, match="goes up by one"):
        sql("UPDATE number_counter SET last_serial = :serial", serial=serial)


@pytest.mark.parametrize(
    ("column", "value", "constraint"),
    [
        ("content_hash", hashlib.sha256(b"other").digest(), "content_hash_is_the_certificates"),
        ("certificate", '{"number":"1404-1234-000009-0"}', "certificate_bears_its_number"),
        ("number", "1404-1234-000009-0", "certificate_bears_its_number"),
    ],
)
def test_a_certificate_must_hash_to_its_content_hash_and_bear_its_number(
    prepare, sql, column, value, constraint
):
    number = prepare("key").number
    certificate = f'{{"number":"{number}"}}'
    row = {
        "number": number,
        "certificate": certificate,
        "content_hash": hashlib.sha256(certificate.encode()).digest(),
        column: value,
    }

    with pytest.raises(IntegrityError, match=constraint):
        sql(
            "INSERT INTO clearance VALUES (:number, gen_random_uuid(), :certificate, "
            ":content_hash, 'TOKEN', now(), now())",
            **row,
        )


@pytest.mark.parametrize(
    "number", ["1404-1234-000002-1", "1404-1235-000001-1", "1403-1234-000001-1", "1404-1234-1-1"]
)
def test_a_number_spells_its_year_branch_and_serial(sql, number):
    sql("INSERT INTO number_counter VALUES (1404, '1234', 1)")

    with pytest.raises(IntegrityError, match="number_"):
        sql(
            "INSERT INTO intent (number, jalali_year, branch_code, serial, verification_code, "
            "client_id, idempotency_key, request_hash, prepared_at, attempts) VALUES (:number, "
            "1404, '1234', 1, '0000-0000-0000-0000', 'c', 'k', sha256(''), now(), 0)",
            number=number,
        )


@pytest.mark.parametrize(
    ("reason", "constraint"),
    [("no_such_reason", "withdrawal_reason_check"), ("lawful_order", "replaced_by_another")],
)
def test_a_withdrawal_needs_a_listed_reason_and_another_number(issue, sql, reason, constraint):
    number = issue("key").number

    with pytest.raises(IntegrityError, match=constraint):
        sql(
            "INSERT INTO withdrawal VALUES (:number, :reason, now(), :other, 'officer', now())",
            number=number,
            reason=reason,
            other=number if constraint == "replaced_by_another" else None,
        )


def test_each_reason_of_the_closed_list_is_one_of_the_databases(register, issue, clock):
    for reason in WithdrawalReason:
        withdrawn = register.withdraw(issue().number, reason=reason, at=clock.now, actor="officer")
        assert withdrawn.standing.reason is reason


def test_the_tables_in_the_program_are_those_of_the_migrations(engine):
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []
