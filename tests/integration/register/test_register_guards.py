"""What the database itself refuses, whatever program writes."""

import hashlib

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy.exc import IntegrityError

from register.records import RevocationReason
from register.tables import metadata

pytestmark = pytest.mark.integration


@pytest.fixture
def refuses(sql):
    """Demand that the database refuses a statement, for a reason that its message names."""

    def demand(message, statement, **parameters):
        with pytest.raises(IntegrityError, match=message):
            sql(statement, **parameters)

    return demand


@pytest.fixture
def issued(issue, revoke, sql):
    """A clearance with its document, its events, its revocation, its successor and its list."""
    number = issue("key").number
    revoke(number)
    issue("other", replaces=number)
    sql(
        "INSERT INTO status_list_publication (list_number, revoked, issued_at, expires_at, ttl,"
        " kid, token) VALUES (0, 1, now(), now() + interval '1 day', 60, '12345678', 'x')"
    )


@pytest.mark.parametrize(
    ("table", "column"),
    [
        ("clearance", "number"),
        ("sealed_document", "number"),
        ("revocation", "number"),
        ("audit_event", "actor"),
        ("revocation_request", "remark"),
        ("revocation_decision", "outcome"),
        ("replacement", "replacement"),
        ("status_list_publication", "token"),
    ],
)
def test_what_was_written_stays(issued, refuses, table, column):

    refuses("refused", f"UPDATE {table} SET {column} = 'other'")  # noqa: S608
    refuses("refused", f"DELETE FROM {table}")  # noqa: S608
    refuses("refused", f"TRUNCATE {table} CASCADE")


def test_an_issued_fact_never_changes(issued, refuses):
    refuses("refused", "UPDATE clearance SET certificate = replace(certificate, '56', '65')")
    refuses("refused", "UPDATE clearance SET content_hash = sha256('')")
    refuses("refused", "UPDATE clearance SET token_text = 'OTHER'")
    refuses("refused", "UPDATE clearance SET issued_at = now()")
    refuses("refused", "UPDATE sealed_document SET sha256 = encode(sha256(''), 'hex')")


SEALED = (
    "INSERT INTO sealed_document (sha256, kind, number, revision, layout, template_version, size, "
    "sealed_at) VALUES (repeat('a', 64), '{kind}', '{number}', {revision}, 'closed', 1, 1, now())"
)


@pytest.mark.parametrize("kind", ["clearance", "minutes", "receipt"])
def test_a_document_needs_the_record_that_it_shows(refuses, kind):
    refuses("needs the record", SEALED.format(kind=kind, number="1404-1", revision=0))


def test_archival_revisions_follow_each_other_in_one_kind(issue, refuses):
    number = issue().number
    refuses("continues", SEALED.format(kind="clearance", number=number, revision=2))
    refuses("continues", SEALED.format(kind="other", number=number, revision=1))
    refuses(
        "sealed_document_number_revision_key",
        SEALED.format(kind="other", number=number, revision=0),
    )


def test_what_was_never_sealed_is_not_revoked(refuses):
    refuses(
        "one open request",
        "INSERT INTO revocation_request (number, ordinal, reason, requested_by, requested_at) "
        "VALUES ('1404-1', 1, 'lawful_order', 'officer', now())",
    )


def test_an_intent_keeps_its_number_code_and_caller(prepare, refuses):
    prepare("key")

    refuses("keeps", "UPDATE intent SET number = '1404-1234-000002-0', serial = 2")
    refuses("keeps", "UPDATE intent SET verification_code = '0000-0000-0000-0000'")
    refuses("keeps", "UPDATE intent SET client_id = 'other'")
    refuses("keeps", "UPDATE intent SET idempotency_key = 'other'")
    refuses("keeps", "UPDATE intent SET request_hash = sha256('')")
    refuses("keeps", "UPDATE intent SET request = '{}'")
    refuses("keeps", "UPDATE intent SET prepared_at = now()")


def test_a_given_number_never_disappears(prepare, refuses):
    prepare("key")

    for table in ("intent", "number_counter"):
        refuses("refused", f"DELETE FROM {table}")  # noqa: S608
        refuses("refused", f"TRUNCATE {table} CASCADE")


def test_a_counter_goes_up_by_one(prepare, refuses):
    prepare()
    prepare()

    for serial in (1, 2, 4, 1000):
        refuses("goes up by one", f"UPDATE number_counter SET last_serial = {serial}")  # noqa: S608


def test_a_certificate_must_hash_to_its_content_hash_and_bear_its_number(prepare, refuses):
    number = prepare("key").number
    certificate = f'{{"number":"{number}"}}'
    row = {
        "number": number,
        "certificate": certificate,
        "content_hash": hashlib.sha256(certificate.encode()).digest(),
    }
    statement = (
        "INSERT INTO clearance VALUES (:number, gen_random_uuid(), :certificate, "
        ":content_hash, 'TOKEN', now(), now())"
    )

    refuses("content_hash_is_the_certificates", statement, **row | {"content_hash": bytes(32)})
    refuses("certificate_bears_its_number", statement, **row | {"number": "1404-1234-000009-0"})


def test_a_number_spells_its_year_branch_and_serial(sql, refuses):
    sql("INSERT INTO number_counter VALUES (1404, '1234', 1)")

    for number in (
        "1404-1234-000002-1",
        "1404-1235-000001-1",
        "1403-1234-000001-1",
        "1404-1234-1-1",
    ):
        refuses(
            "number_",
            "INSERT INTO intent (number, jalali_year, branch_code, serial, verification_code, "
            "client_id, idempotency_key, request_hash, request, contract_row, contract_sequence, "
            "kind, status_list_index, prepared_at, attempts) VALUES "
            "(:number, 1404, '1234', 1, '0000-0000-0000-0000', 'c', 'k', sha256(''), :request, "
            "'001', '01', 'final', 7, now(), 0)",
            number=number,
            request='{"contract":{"row":"001","sequence":"01"},"kind":"final"}',
        )


def test_each_reason_of_the_closed_list_is_one_of_the_databases(register, issue, revoke):
    for reason in RevocationReason:
        number = issue().number
        revoke(number, reason=reason)
        assert register.find(number).standing.reason is reason


def test_the_tables_in_the_program_are_those_of_the_migrations(engine):
    def is_ours(name, kind, _parents):
        return kind != "table" or not name.startswith("procrastinate_")

    with engine.connect() as connection:
        context = MigrationContext.configure(
            connection, opts={"compare_type": True, "include_name": is_ours}
        )
        assert compare_metadata(context, metadata) == []
