"""Notices to the assigner's account and their deliveries.

When a notice was delivered and first viewed is evidence: both are written once, whatever asks.
"""

from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

TABLES = """
CREATE SEQUENCE notice_position;

CREATE TABLE notice (
    id uuid PRIMARY KEY,
    number text NOT NULL REFERENCES clearance,
    event text NOT NULL CHECK (event IN ('issued', 'revoked', 'replaced')),
    branch_code text NOT NULL,
    contract_row text NOT NULL,
    contract_sequence text NOT NULL,
    occurred_at timestamptz NOT NULL,
    reason text,
    replacement text REFERENCES clearance,
    opened_at timestamptz NOT NULL,
    workshop_number text,
    account_id text CHECK (account_id <> ''),
    position bigint UNIQUE,
    delivered_at timestamptz,
    delivered_by text CHECK (delivered_by IN ('inbox', 'webhook', 'view')),
    first_viewed_at timestamptz,
    attempts integer NOT NULL CHECK (attempts >= 0),
    failures integer NOT NULL CHECK (failures >= 0),
    last_error text,
    tried_since timestamptz NOT NULL,
    due_at timestamptz,
    gave_up_at timestamptz,
    UNIQUE (number, event),
    CHECK ((event = 'revoked') = (reason IS NOT NULL)),
    CHECK ((event = 'replaced') = (replacement IS NOT NULL)),
    CONSTRAINT addressed_at_one_go
        CHECK (num_nulls(workshop_number, account_id, position) IN (0, 3)),
    CHECK ((delivered_at IS NULL) = (delivered_by IS NULL)),
    CONSTRAINT delivered_to_an_account CHECK (delivered_at IS NULL OR account_id IS NOT NULL),
    CONSTRAINT viewed_means_delivered CHECK (first_viewed_at IS NULL OR delivered_at IS NOT NULL),
    CONSTRAINT delivered_due_or_given_up CHECK (num_nonnulls(delivered_at, due_at, gave_up_at) = 1)
);
CREATE INDEX notice_inbox ON notice (workshop_number, position);
CREATE INDEX notice_due ON notice (due_at) WHERE due_at IS NOT NULL;
CREATE INDEX notice_undelivered ON notice (opened_at, id) WHERE delivered_at IS NULL;

CREATE TABLE notice_attempt (
    notice_id uuid NOT NULL REFERENCES notice,
    attempt integer NOT NULL CHECK (attempt >= 1),
    began_at timestamptz NOT NULL,
    ended_at timestamptz NOT NULL,
    status integer,
    error text CHECK (error <> ''),
    PRIMARY KEY (notice_id, attempt)
);

CREATE TABLE notice_view (
    notice_id uuid NOT NULL REFERENCES notice,
    viewer text NOT NULL CHECK (length(viewer) BETWEEN 1 AND 100),
    viewed_at timestamptz NOT NULL,
    client_id text NOT NULL CHECK (client_id <> ''),
    PRIMARY KEY (notice_id, viewer)
);
"""

KEEP_EVIDENCE = """
CREATE FUNCTION keep_notice() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (NEW.id, NEW.number, NEW.event, NEW.branch_code, NEW.contract_row, NEW.contract_sequence,
            NEW.occurred_at, NEW.reason, NEW.replacement, NEW.opened_at)
        IS DISTINCT FROM
        (OLD.id, OLD.number, OLD.event, OLD.branch_code, OLD.contract_row, OLD.contract_sequence,
            OLD.occurred_at, OLD.reason, OLD.replacement, OLD.opened_at)
    THEN
        RAISE EXCEPTION 'a notice keeps what it tells' USING ERRCODE = 'restrict_violation';
    END IF;
    IF OLD.account_id IS NOT NULL AND (NEW.workshop_number, NEW.account_id, NEW.position)
        IS DISTINCT FROM (OLD.workshop_number, OLD.account_id, OLD.position)
    THEN
        RAISE EXCEPTION 'a notice keeps its account' USING ERRCODE = 'restrict_violation';
    END IF;
    IF OLD.delivered_at IS NOT NULL AND (NEW.delivered_at, NEW.delivered_by)
        IS DISTINCT FROM (OLD.delivered_at, OLD.delivered_by)
        OR OLD.first_viewed_at IS NOT NULL
        AND NEW.first_viewed_at IS DISTINCT FROM OLD.first_viewed_at
    THEN
        RAISE EXCEPTION 'when a notice was delivered and first viewed is written once'
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER keep_notice BEFORE UPDATE ON notice
    FOR EACH ROW EXECUTE FUNCTION keep_notice()
"""

CHANGES = {
    "notice": "DELETE OR TRUNCATE",
    "notice_attempt": "UPDATE OR DELETE OR TRUNCATE",
    "notice_view": "UPDATE OR DELETE OR TRUNCATE",
}


def upgrade() -> None:
    """Add the tables, then the triggers that guard them."""
    op.execute(TABLES)
    op.execute(KEEP_EVIDENCE)
    for table, changes in CHANGES.items():
        op.execute(
            f"CREATE TRIGGER refuse_change BEFORE {changes} ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
        )
