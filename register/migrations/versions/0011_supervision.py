"""What supervision reads, so that it stays quick: facts and words of each clearance, the branch of
each audit event, and what is given but not issued.

The words of clearances issued before are made here as the program makes them now. An event's branch
is found when the event is written: from its subject alone where that spells it, else from the row
that the subject names.
"""

import json

import sqlalchemy as sa
from alembic import op

from clearance.canonical import certificate_from_object
from register.supervision.entering import enter

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

AT_ONCE = 1000

SEARCH = """
CREATE TABLE clearance_search (
    number text PRIMARY KEY REFERENCES clearance,
    branch_code text NOT NULL CHECK (branch_code ~ '^[0-9]{4}$'),
    contract_row text NOT NULL,
    contract_sequence text NOT NULL,
    kind text NOT NULL CHECK (kind IN ('final', 'interim')),
    issued_at timestamptz NOT NULL,
    work_assigner text NOT NULL,
    contractor text NOT NULL,
    amount_collected bigint NOT NULL CHECK (amount_collected >= 0),
    words tsvector NOT NULL
);
CREATE INDEX clearance_search_words ON clearance_search USING gin (words);
CREATE INDEX clearance_search_issued_at ON clearance_search (issued_at);
CREATE INDEX clearance_search_branch ON clearance_search (branch_code, issued_at);
CREATE TRIGGER refuse_change BEFORE UPDATE OR DELETE OR TRUNCATE ON clearance_search
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
"""

EVENTS = """
CREATE FUNCTION branch_of_event(name text, subject text) RETURNS text
    LANGUAGE sql STABLE AS $$
SELECT CASE
    WHEN split_part(name, '.', 1) IN ('clearance', 'revocation', 'notice', 'contract_row') THEN
        CASE
            WHEN subject ~ '^[0-9]{4}-[0-9]{4}-[0-9]{6}-[0-9]$' THEN substr(subject, 6, 4)
            WHEN subject ~ '^[0-9]{4}/' THEN substr(subject, 1, 4)
        END
    WHEN split_part(name, '.', 1) IN ('branch', 'paper') THEN subject
    WHEN split_part(name, '.', 1) IN ('collection', 'deadline') THEN
        (SELECT branch_code FROM collection WHERE id = subject)
    WHEN split_part(name, '.', 1) = 'workshop' THEN
        (SELECT branch_code FROM workshop WHERE number = subject)
    WHEN split_part(name, '.', 1) = 'inspection_undertaking' THEN
        (SELECT branch_code FROM inspection_undertaking WHERE id = subject)
    WHEN split_part(name, '.', 1) = 'minutes' THEN
        (SELECT branch_code FROM paper_minutes WHERE number = subject)
    WHEN split_part(name, '.', 1) = 'staff' THEN
        (SELECT branch_code FROM staff WHERE id = subject)
END
$$;
ALTER TABLE audit_event ADD COLUMN branch_code text;
ALTER TABLE audit_event DISABLE TRIGGER refuse_change;
UPDATE audit_event SET branch_code = branch_of_event(name, subject);
ALTER TABLE audit_event ENABLE TRIGGER refuse_change;
CREATE INDEX audit_event_at ON audit_event (at, id);
CREATE INDEX audit_event_branch ON audit_event (branch_code, at, id);
CREATE INDEX audit_event_actor ON audit_event (actor, at, id);
CREATE FUNCTION find_branch_of_event() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.branch_code := branch_of_event(NEW.name, NEW.subject);
    RETURN NEW;
END $$;
CREATE TRIGGER find_branch_of_event BEFORE INSERT ON audit_event
    FOR EACH ROW EXECUTE FUNCTION find_branch_of_event();
"""

OPEN = """
CREATE INDEX intent_open ON intent (prepared_at)
    WHERE attempt_id IS NOT NULL OR resume_at IS NOT NULL OR last_error IS NOT NULL;
CREATE INDEX withdrawal_at ON withdrawal (at);
CREATE INDEX contract_row_active ON contract_row (branch_code) WHERE state = 'active';
"""


def upgrade() -> None:
    """Add table, column and indexes, and fill them for what is there."""
    for statements in (SEARCH, EVENTS, OPEN):
        op.execute(statements)
    _fill()


def _fill() -> None:
    connection = op.get_bind()
    last = ""
    while True:
        found = connection.execute(
            sa.text(
                "SELECT number, certificate FROM clearance WHERE number > :last "
                "ORDER BY number LIMIT :limit"
            ),
            {"last": last, "limit": AT_ONCE},
        ).all()
        if not found:
            return
        enter(connection, (certificate_from_object(json.loads(row.certificate)) for row in found))
        last = found[-1].number
