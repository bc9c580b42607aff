"""The register: numbers, intents, clearances, documents, withdrawals, clients, audit trail.

The rules that must hold whatever program writes stand here as constraints and triggers.
"""

from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

TABLES = """
CREATE TABLE number_counter (
    jalali_year integer NOT NULL CHECK (jalali_year BETWEEN 1300 AND 1502),
    branch_code text NOT NULL CHECK (branch_code ~ '^[0-9]{4}$'),
    last_serial integer NOT NULL CHECK (last_serial >= 1),
    PRIMARY KEY (jalali_year, branch_code)
);

CREATE TABLE intent (
    number text PRIMARY KEY,
    jalali_year integer NOT NULL,
    branch_code text NOT NULL,
    serial integer NOT NULL CHECK (serial BETWEEN 1 AND 999999),
    verification_code text NOT NULL UNIQUE
        CHECK (verification_code ~ '^([0-9A-HJKMNP-TV-Z]{4}-){3}[0-9A-HJKMNP-TV-Z]{4}$'),
    status_list_index bigint NOT NULL GENERATED ALWAYS AS IDENTITY (MINVALUE 0 START WITH 0) UNIQUE,
    client_id text NOT NULL CHECK (client_id <> ''),
    idempotency_key text NOT NULL CHECK (length(idempotency_key) BETWEEN 1 AND 255),
    request_hash bytea NOT NULL CHECK (length(request_hash) = 32),
    prepared_at timestamptz NOT NULL,
    attempts integer NOT NULL CHECK (attempts >= 0),
    attempt_id uuid,
    leased_until timestamptz,
    content_hash bytea CHECK (length(content_hash) = 32),
    token_sha256 bytea CHECK (length(token_sha256) = 32),
    last_error text,
    UNIQUE (jalali_year, branch_code, serial),
    UNIQUE (client_id, idempotency_key),
    FOREIGN KEY (jalali_year, branch_code) REFERENCES number_counter,
    CONSTRAINT number_spells_its_parts CHECK (left(number, 17)
        = jalali_year || '-' || branch_code || '-' || lpad(serial::text, 6, '0') || '-'),
    CONSTRAINT number_ends_in_its_check_digit CHECK (number ~ '-[0-9]$' AND length(number) = 18),
    CHECK ((attempt_id IS NULL) = (leased_until IS NULL)),
    CHECK ((content_hash IS NULL) = (token_sha256 IS NULL))
);

CREATE TABLE clearance (
    number text PRIMARY KEY REFERENCES intent,
    attempt_id uuid NOT NULL UNIQUE,
    certificate text NOT NULL
        CONSTRAINT certificate_bears_its_number CHECK (certificate::jsonb ->> 'number' = number),
    content_hash bytea NOT NULL UNIQUE
        CONSTRAINT content_hash_is_the_certificates
            CHECK (content_hash = sha256(convert_to(certificate, 'UTF8'))),
    token_text text NOT NULL UNIQUE CHECK (token_text <> ''),
    issued_at timestamptz NOT NULL,
    recorded_at timestamptz NOT NULL
);

CREATE TABLE document (
    sha256 text PRIMARY KEY CHECK (sha256 ~ '^[0-9a-f]{64}$'),
    number text NOT NULL REFERENCES clearance,
    role text NOT NULL CHECK (role IN ('original')),
    size bigint NOT NULL CHECK (size > 0),
    layout text NOT NULL CHECK (layout <> ''),
    sealed_at timestamptz NOT NULL
);
CREATE UNIQUE INDEX document_one_original ON document (number) WHERE role = 'original';

CREATE TABLE withdrawal (
    number text PRIMARY KEY REFERENCES clearance,
    reason text NOT NULL CHECK (reason IN (
        'issued_in_error', 'data_corrected', 'collection_reversed', 'obtained_by_fraud',
        'lawful_order', 'seal_compromised')),
    at timestamptz NOT NULL,
    replacement text REFERENCES clearance
        CONSTRAINT replaced_by_another CHECK (replacement <> number),
    actor text NOT NULL CHECK (actor <> ''),
    recorded_at timestamptz NOT NULL
);

CREATE TABLE audit_event (
    id bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    at timestamptz NOT NULL,
    name text NOT NULL CHECK (name ~ '^[a-z_]+[.][a-z_]+$'),
    actor text NOT NULL CHECK (actor <> ''),
    subject text NOT NULL CHECK (subject <> ''),
    details jsonb NOT NULL
);
CREATE INDEX audit_event_subject ON audit_event (subject, id);

CREATE TABLE api_client (
    id text PRIMARY KEY CHECK (id <> ''),
    name text NOT NULL CHECK (name <> ''),
    scopes text[] NOT NULL CHECK (cardinality(scopes) > 0 AND scopes <@ ARRAY['issue', 'read']),
    key_hash bytea NOT NULL UNIQUE CHECK (length(key_hash) = 32),
    added_at timestamptz NOT NULL,
    revoked_at timestamptz,
    last_used_at timestamptz
);
"""

REFUSE_CHANGE = """
CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% of % is refused: its rows stay as they were written', TG_OP, TG_TABLE_NAME
        USING ERRCODE = 'restrict_violation';
END $$
"""

KEEP_IDENTITY = """
CREATE FUNCTION keep_identity() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (NEW.number, NEW.jalali_year, NEW.branch_code, NEW.serial, NEW.verification_code,
            NEW.status_list_index, NEW.client_id, NEW.idempotency_key, NEW.request_hash,
            NEW.prepared_at)
        IS DISTINCT FROM
        (OLD.number, OLD.jalali_year, OLD.branch_code, OLD.serial, OLD.verification_code,
            OLD.status_list_index, OLD.client_id, OLD.idempotency_key, OLD.request_hash,
            OLD.prepared_at)
    THEN
        RAISE EXCEPTION 'an intent keeps its number, its code and its caller'
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER keep_identity BEFORE UPDATE ON intent
    FOR EACH ROW EXECUTE FUNCTION keep_identity()
"""

COUNT_UP = """
CREATE FUNCTION count_up() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (NEW.jalali_year, NEW.branch_code, NEW.last_serial)
        IS DISTINCT FROM (OLD.jalali_year, OLD.branch_code, OLD.last_serial + 1)
    THEN
        RAISE EXCEPTION 'a counter goes up by one' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER count_up BEFORE UPDATE ON number_counter
    FOR EACH ROW EXECUTE FUNCTION count_up()
"""

NEVER_DELETED = ("number_counter", "intent")
APPEND_ONLY = ("clearance", "document", "withdrawal", "audit_event")


def upgrade() -> None:
    """Make the tables, then the triggers that guard them."""
    for statements in (TABLES, REFUSE_CHANGE, KEEP_IDENTITY, COUNT_UP):
        op.execute(statements)
    for table in NEVER_DELETED:
        _refuse(table, "DELETE OR TRUNCATE")
    for table in APPEND_ONLY:
        _refuse(table, "UPDATE OR DELETE OR TRUNCATE")


def _refuse(table: str, changes: str) -> None:
    # Per statement: a change that would touch no row is refused as well.
    op.execute(
        f"CREATE TRIGGER refuse_change BEFORE {changes} ON {table} "
        "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
    )
