"""Staff accounts, their sessions, their attempts to log in; keys that belong to a person."""

from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

TABLES = """
CREATE TABLE staff (
    id text PRIMARY KEY CHECK (id ~ '^staff-[a-z2-7]{8}$'),
    username text NOT NULL UNIQUE CHECK (username ~ '^[a-z][a-z0-9._-]{2,39}$'),
    full_name text NOT NULL CHECK (full_name <> ''),
    role text NOT NULL CHECK (role IN (
        'branch_officer', 'premium_collection_head', 'branch_head', 'provincial_supervisor',
        'headquarters_auditor', 'administrator')),
    province text CHECK (province <> ''),
    branch_code text CHECK (branch_code ~ '^[0-9]{4}$'),
    password_hash text CHECK (password_hash LIKE '$argon2id$%'),
    password_changed_at timestamptz,
    one_time_until timestamptz,
    totp_secret bytea,
    totp_confirmed_at timestamptz,
    totp_last_step bigint,
    recovery_codes bytea[] NOT NULL DEFAULT '{}',
    locked_at timestamptz,
    added_at timestamptz NOT NULL,
    last_login_at timestamptz,
    CONSTRAINT reach_fits_the_role CHECK (CASE
        WHEN role IN ('branch_officer', 'premium_collection_head', 'branch_head')
            THEN branch_code IS NOT NULL AND province IS NULL
        WHEN role = 'provincial_supervisor'
            THEN province IS NOT NULL AND branch_code IS NULL
        ELSE province IS NULL AND branch_code IS NULL
    END),
    CHECK (totp_secret IS NOT NULL
        OR (totp_confirmed_at IS NULL AND totp_last_step IS NULL AND recovery_codes = '{}'))
);

CREATE TABLE staff_session (
    id_hash bytea PRIMARY KEY CHECK (length(id_hash) = 32),
    staff_id text NOT NULL REFERENCES staff,
    stage text NOT NULL CHECK (stage IN ('password', 'full')),
    method text NOT NULL CHECK (method IN ('password', 'oidc')),
    address text NOT NULL,
    agent text NOT NULL,
    opened_at timestamptz NOT NULL,
    seen_at timestamptz NOT NULL,
    ends_at timestamptz NOT NULL,
    ended_at timestamptz,
    ended_because text CHECK (ended_because <> ''),
    CHECK ((ended_at IS NULL) = (ended_because IS NULL))
);
CREATE INDEX staff_session_open ON staff_session (staff_id) WHERE ended_at IS NULL;

CREATE TABLE staff_attempts (
    kind text NOT NULL CHECK (kind IN ('account', 'address')),
    key_hash bytea NOT NULL CHECK (length(key_hash) = 32),
    failures integer NOT NULL CHECK (failures >= 0),
    last_at timestamptz NOT NULL,
    barred_until timestamptz,
    PRIMARY KEY (kind, key_hash)
);
"""

KEEP_PERSON = """
CREATE FUNCTION keep_person() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (NEW.id, NEW.username, NEW.added_at) IS DISTINCT FROM (OLD.id, OLD.username, OLD.added_at)
    THEN
        RAISE EXCEPTION 'a member of staff keeps id and user name'
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER keep_person BEFORE UPDATE ON staff
    FOR EACH ROW EXECUTE FUNCTION keep_person();
CREATE TRIGGER refuse_change BEFORE DELETE OR TRUNCATE ON staff
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()
"""

KEYS = """
ALTER TABLE api_client ADD COLUMN staff_id text REFERENCES staff;
CREATE INDEX api_client_staff ON api_client (staff_id) WHERE staff_id IS NOT NULL;
ALTER TABLE api_client DROP CONSTRAINT api_client_scopes_check;
ALTER TABLE api_client ADD CONSTRAINT api_client_scopes_check
    CHECK (scopes <@ ARRAY['issue', 'read', 'directory', 'notices']);
ALTER TABLE api_client ADD CONSTRAINT a_persons_key_has_no_scopes
    CHECK ((staff_id IS NULL) = (cardinality(scopes) > 0));
"""
"""What a person's key allows follows from the role alone, within the reach alone."""


def upgrade() -> None:
    """Add the tables, their guards, and the keys of persons."""
    for statements in (TABLES, KEEP_PERSON, KEYS):
        op.execute(statements)
