"""Branches, workshops, contract rows, their reviews, inspection undertakings, imports."""

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

TABLES = """
CREATE TABLE branch (
    code text PRIMARY KEY CHECK (code ~ '^[0-9]{4}$'),
    name text NOT NULL CHECK (name <> ''),
    province text NOT NULL CHECK (province <> ''),
    version bigint NOT NULL CHECK (version >= 1),
    updated_at timestamptz NOT NULL
);
CREATE INDEX branch_province ON branch (province);

CREATE TABLE workshop (
    number text PRIMARY KEY CHECK (number ~ '^[0-9]{10}$'),
    name text NOT NULL CHECK (name <> ''),
    branch_code text NOT NULL REFERENCES branch,
    address text NOT NULL CHECK (address <> ''),
    postal_code text NOT NULL CHECK (postal_code ~ '^[0-9]{10}$'),
    owner_identifier text NOT NULL CHECK (owner_identifier ~ '^[0-9]{10,11}$'),
    account_id text CHECK (account_id <> ''),
    undertaking_accepted_at timestamptz,
    version bigint NOT NULL CHECK (version >= 1),
    updated_at timestamptz NOT NULL
);

CREATE TABLE contract_row (
    branch_code text NOT NULL REFERENCES branch,
    contract_row text NOT NULL CHECK (contract_row ~ '^([0-9]{3}|[0-9]{8})$'),
    contract_sequence text NOT NULL CHECK (contract_sequence ~ '^[0-9]{2}$'),
    contract_number text CHECK (contract_number <> ''),
    contract_date date,
    subject text CHECK (subject <> ''),
    starts_on date,
    ends_on date CHECK (ends_on >= starts_on),
    initial_amount bigint CHECK (initial_amount >= 0),
    work_assigner_workshop text CHECK (work_assigner_workshop ~ '^[0-9]{10}$'),
    contractor_workshop text CHECK (contractor_workshop ~ '^[0-9]{10}$'),
    contract_address text CHECK (contract_address <> ''),
    state text NOT NULL CHECK (state IN ('active', 'closed')),
    version bigint NOT NULL CHECK (version >= 1),
    updated_at timestamptz NOT NULL,
    PRIMARY KEY (branch_code, contract_row, contract_sequence)
);
CREATE INDEX contract_row_work_assigner ON contract_row (work_assigner_workshop);

CREATE TABLE contract_row_review (
    id bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    branch_code text NOT NULL,
    contract_row text NOT NULL,
    contract_sequence text NOT NULL,
    row_version bigint NOT NULL CHECK (row_version >= 1),
    record jsonb NOT NULL,
    claims_file jsonb NOT NULL,
    differences jsonb NOT NULL CHECK (jsonb_typeof(differences) = 'array'),
    outcome text NOT NULL CHECK (outcome IN ('matching', 'mismatched', 'incomplete')),
    reviewed_by text NOT NULL CHECK (reviewed_by <> ''),
    reviewed_at timestamptz NOT NULL,
    FOREIGN KEY (branch_code, contract_row, contract_sequence) REFERENCES contract_row,
    CHECK ((outcome = 'matching') = (differences = '[]'::jsonb))
);
CREATE INDEX contract_row_review_newest
    ON contract_row_review (branch_code, contract_row, contract_sequence, id);

CREATE TABLE inspection_undertaking (
    id text PRIMARY KEY CHECK (id <> ''),
    branch_code text NOT NULL REFERENCES branch,
    contractor_identifier text NOT NULL CHECK (contractor_identifier ~ '^[0-9]{10,11}$'),
    period_start date NOT NULL,
    period_end date NOT NULL CHECK (period_end >= period_start),
    received_at timestamptz NOT NULL,
    recorded_by text NOT NULL CHECK (recorded_by <> ''),
    recorded_at timestamptz NOT NULL
);
CREATE INDEX inspection_undertaking_contractor
    ON inspection_undertaking (contractor_identifier, period_start);

CREATE TABLE directory_import (
    id uuid PRIMARY KEY,
    kind text NOT NULL CHECK (kind IN
        ('branches', 'workshops', 'contract-rows', 'inspection-undertakings')),
    actor text NOT NULL CHECK (actor <> ''),
    key text NOT NULL CHECK (length(key) BETWEEN 1 AND 255),
    started_at timestamptz NOT NULL,
    finished_at timestamptz,
    lines_done integer NOT NULL CHECK (lines_done >= 0),
    prefix_sha256 bytea NOT NULL CHECK (length(prefix_sha256) = 32),
    created integer NOT NULL CHECK (created >= 0),
    changed integer NOT NULL CHECK (changed >= 0),
    unchanged integer NOT NULL CHECK (unchanged >= 0),
    refused integer NOT NULL CHECK (refused >= 0)
);
CREATE UNIQUE INDEX directory_import_one_unfinished
    ON directory_import (actor, key) WHERE finished_at IS NULL;

CREATE TABLE directory_import_refusal (
    import_id uuid NOT NULL REFERENCES directory_import,
    line integer NOT NULL CHECK (line >= 1),
    subject text,
    problems jsonb NOT NULL CHECK (jsonb_typeof(problems) = 'array'),
    PRIMARY KEY (import_id, line)
);
"""

# The feeder's versions decide which of two states is the newer one, whatever came first.
GROW = """
CREATE FUNCTION version_grows() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.version <= OLD.version THEN
        RAISE EXCEPTION 'a record of % changes to a higher version only', TG_TABLE_NAME
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$
"""

FED = ("branch", "workshop", "contract_row")
APPEND_ONLY = ("contract_row_review", "inspection_undertaking", "directory_import_refusal")


def upgrade() -> None:
    """Add the tables, then the triggers that guard them."""
    op.execute(TABLES)
    op.execute(GROW)
    for table in FED:
        op.execute(
            f"CREATE TRIGGER version_grows BEFORE UPDATE ON {table} "
            "FOR EACH ROW EXECUTE FUNCTION version_grows()"
        )
        _refuse(table, "DELETE OR TRUNCATE")
    for table in APPEND_ONLY:
        _refuse(table, "UPDATE OR DELETE OR TRUNCATE")
    _refuse("directory_import", "DELETE OR TRUNCATE")


def _refuse(table: str, changes: str) -> None:
    op.execute(
        f"CREATE TRIGGER refuse_change BEFORE {changes} ON {table} "
        "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
    )
