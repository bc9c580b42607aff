"""Requests to revoke, their decisions, replacements, published status lists.

What two officers must agree on, the database demands as well: a withdrawal needs a confirmed
request of its own, and nobody decides on what they asked for.
"""

from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

TABLES = """
CREATE TABLE revocation_request (
    id bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    number text NOT NULL REFERENCES clearance,
    ordinal integer NOT NULL CHECK (ordinal >= 1),
    reason text NOT NULL CHECK (reason IN (
        'issued_in_error', 'data_corrected', 'collection_reversed', 'obtained_by_fraud',
        'lawful_order', 'seal_compromised')),
    remark text CHECK (length(remark) BETWEEN 1 AND 1000),
    requested_by text NOT NULL CHECK (requested_by <> ''),
    requested_at timestamptz NOT NULL,
    UNIQUE (number, ordinal),
    UNIQUE (id, requested_by)
);

CREATE TABLE revocation_decision (
    request_id bigint PRIMARY KEY,
    requested_by text NOT NULL,
    outcome text NOT NULL CHECK (outcome IN ('confirmed', 'rejected')),
    decided_by text NOT NULL CHECK (decided_by <> ''),
    decided_at timestamptz NOT NULL,
    FOREIGN KEY (request_id, requested_by) REFERENCES revocation_request (id, requested_by),
    CONSTRAINT decided_by_another_officer CHECK (decided_by <> requested_by)
);

CREATE TABLE replacement (
    number text PRIMARY KEY REFERENCES withdrawal,
    replacement text NOT NULL UNIQUE REFERENCES clearance
        CONSTRAINT replaced_by_another CHECK (replacement <> number),
    recorded_at timestamptz NOT NULL
);

CREATE TABLE status_list_publication (
    id bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    list_number integer NOT NULL CHECK (list_number >= 0),
    withdrawn integer NOT NULL CHECK (withdrawn >= 0),
    issued_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL CHECK (expires_at > issued_at),
    ttl integer NOT NULL CHECK (ttl > 0),
    kid bytea NOT NULL CHECK (length(kid) = 8),
    token bytea NOT NULL CHECK (length(token) > 0)
);
CREATE INDEX status_list_publication_newest
    ON status_list_publication (list_number, withdrawn, issued_at);
"""

# What was withdrawn before there were requests keeps its row without one; a new row needs one
# (``confirmed_request``).
WITHDRAWAL = """
INSERT INTO replacement
    SELECT number, replacement, recorded_at FROM withdrawal WHERE replacement IS NOT NULL;
ALTER TABLE withdrawal DROP COLUMN replacement;
ALTER TABLE withdrawal
    ADD COLUMN request_id bigint UNIQUE REFERENCES revocation_decision
"""

# The next ordinal is that of the open request, if there is one, and of another that is asked for
# at once: the unique constraint gives it to one of them.
ONE_OPEN_REQUEST = """
CREATE FUNCTION one_open_request() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM withdrawal WHERE number = NEW.number)
        OR NEW.ordinal <> 1 + (
            SELECT count(*) FROM revocation_request JOIN revocation_decision ON request_id = id
            WHERE number = NEW.number)
    THEN
        RAISE EXCEPTION 'a clearance in force has one open request to revoke it at most'
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER one_open_request BEFORE INSERT ON revocation_request
    FOR EACH ROW EXECUTE FUNCTION one_open_request()
"""

CONFIRMED_REQUEST = """
CREATE FUNCTION confirmed_request() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (
        SELECT FROM revocation_request JOIN revocation_decision ON request_id = id
        WHERE id = NEW.request_id AND number = NEW.number AND reason = NEW.reason
            AND outcome = 'confirmed' AND decided_by = NEW.actor)
    THEN
        RAISE EXCEPTION 'a withdrawal needs a confirmed request'
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER confirmed_request BEFORE INSERT ON withdrawal
    FOR EACH ROW EXECUTE FUNCTION confirmed_request()
"""

NAMED_REPLACEMENT = """
CREATE FUNCTION named_replacement() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (
        SELECT FROM clearance
        WHERE number = NEW.replacement AND certificate::jsonb ->> 'replaces' = NEW.number)
    THEN
        RAISE EXCEPTION 'a replacement names in its certificate what it replaces'
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER named_replacement BEFORE INSERT ON replacement
    FOR EACH ROW EXECUTE FUNCTION named_replacement()
"""

APPEND_ONLY = (
    "revocation_request",
    "revocation_decision",
    "replacement",
    "status_list_publication",
)


def upgrade() -> None:
    """Add the tables, move the replacements into theirs, then guard them."""
    statements = (TABLES, WITHDRAWAL, ONE_OPEN_REQUEST, CONFIRMED_REQUEST, NAMED_REPLACEMENT)
    for each in statements:
        op.execute(each)
    for table in APPEND_ONLY:
        op.execute(
            f"CREATE TRIGGER refuse_change BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
        )
