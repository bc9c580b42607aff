"""Collections of premium, their due times, warnings and breaches."""

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

TABLES = """
CREATE TABLE collection (
    id text PRIMARY KEY CHECK (id ~ '^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$'),
    branch_code text NOT NULL,
    contract_row text NOT NULL,
    contract_sequence text NOT NULL,
    sum_of_debits bigint NOT NULL CHECK (sum_of_debits >= 0),
    amount bigint NOT NULL CHECK (amount >= sum_of_debits),
    assessed_at timestamptz,
    collected_at timestamptz NOT NULL,
    deadline_rule text NOT NULL CHECK (deadline_rule IN (
        'next_calendar_day', 'twenty_four_hours', 'next_working_day')),
    warn_at timestamptz NOT NULL CHECK (warn_at > collected_at),
    due_at timestamptz NOT NULL CHECK (due_at > warn_at),
    recorded_at timestamptz NOT NULL,
    recorded_by text NOT NULL CHECK (recorded_by <> ''),
    number text UNIQUE REFERENCES clearance,
    settled_at timestamptz,
    FOREIGN KEY (branch_code, contract_row, contract_sequence) REFERENCES contract_row,
    CHECK (assessed_at IS NULL OR (assessed_at = collected_at AND amount = 0)),
    CHECK ((number IS NULL) = (settled_at IS NULL))
);
CREATE INDEX collection_row ON collection (branch_code, contract_row, contract_sequence);
CREATE INDEX collection_open ON collection (warn_at) WHERE number IS NULL;

CREATE TABLE collection_receipt (
    id text PRIMARY KEY CHECK (id <> ''),
    collection_id text NOT NULL REFERENCES collection,
    amount bigint NOT NULL CHECK (amount >= 0),
    collected_at timestamptz NOT NULL
);
CREATE INDEX collection_receipt_collection ON collection_receipt (collection_id);

CREATE TABLE deadline_event (
    collection_id text NOT NULL REFERENCES collection,
    kind text NOT NULL CHECK (kind IN ('warning', 'breached')),
    at timestamptz NOT NULL,
    raised_at timestamptz NOT NULL CHECK (raised_at >= at),
    PRIMARY KEY (collection_id, kind)
);
CREATE INDEX deadline_event_at ON deadline_event (kind, at);
"""

SETTLE_ONCE = """
CREATE FUNCTION settle_once() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.number IS NOT NULL
        OR to_jsonb(NEW) - ARRAY['number', 'settled_at']
            IS DISTINCT FROM to_jsonb(OLD) - ARRAY['number', 'settled_at']
    THEN
        RAISE EXCEPTION 'a collection stays as it was recorded; its clearance is entered once'
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER settle_once BEFORE UPDATE ON collection
    FOR EACH ROW EXECUTE FUNCTION settle_once()
"""


def upgrade() -> None:
    """Add the tables; a collection gets its clearance once, the rest never changes."""
    op.execute(TABLES)
    op.execute(SETTLE_ONCE)
    _refuse("collection", "DELETE OR TRUNCATE")
    _refuse("collection_receipt", "UPDATE OR DELETE OR TRUNCATE")
    _refuse("deadline_event", "UPDATE OR DELETE OR TRUNCATE")


def _refuse(table: str, changes: str) -> None:
    op.execute(
        f"CREATE TRIGGER refuse_change BEFORE {changes} ON {table} "
        "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
    )
