"""Batches of requests and their lines.

What a client sent, and how each line of it ended, stays; a line that ended in a fault of ours
(``failed``) can be taken up again.
"""

from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

TABLES = """
CREATE TABLE batch (
    id uuid PRIMARY KEY,
    client_id text NOT NULL CHECK (client_id <> ''),
    idempotency_key text NOT NULL CHECK (length(idempotency_key) BETWEEN 1 AND 255),
    body_sha256 bytea NOT NULL CHECK (length(body_sha256) = 32),
    lines integer NOT NULL CHECK (lines > 0),
    opened_at timestamptz NOT NULL,
    paused_at timestamptz,
    cancelled_at timestamptz,
    held_until timestamptz,
    held_for text,
    outages integer NOT NULL CHECK (outages >= 0),
    UNIQUE (client_id, idempotency_key),
    CHECK (paused_at IS NULL OR cancelled_at IS NULL),
    CHECK ((held_until IS NULL) = (held_for IS NULL) AND (held_until IS NULL) = (outages = 0))
);

CREATE TABLE batch_line (
    batch_id uuid NOT NULL REFERENCES batch,
    line integer NOT NULL CHECK (line > 0),
    request text CHECK (jsonb_typeof(request::jsonb) = 'object'),
    state text NOT NULL CHECK (
        state IN ('waiting', 'working', 'issued', 'refused', 'cancelled', 'failed')),
    attempts integer NOT NULL CHECK (attempts >= 0),
    due_at timestamptz NOT NULL,
    leased_until timestamptz,
    number text UNIQUE REFERENCES intent,
    error text CHECK (error <> ''),
    problems jsonb NOT NULL CHECK (jsonb_typeof(problems) = 'array'),
    ended_at timestamptz,
    PRIMARY KEY (batch_id, line),
    CHECK (request IS NOT NULL OR state = 'refused'),
    CHECK ((state = 'working') = (leased_until IS NOT NULL)),
    CHECK ((state IN ('waiting', 'working')) = (ended_at IS NULL)),
    CHECK (state <> 'issued' OR number IS NOT NULL),
    CHECK (state NOT IN ('refused', 'failed') OR error IS NOT NULL),
    CHECK (state <> 'cancelled' OR attempts = 0)
);
CREATE INDEX batch_line_waiting ON batch_line (batch_id, attempts, line) WHERE state = 'waiting';
CREATE INDEX batch_line_leased_until ON batch_line (leased_until) WHERE leased_until IS NOT NULL;
"""

KEEP_BATCH = """
CREATE FUNCTION keep_batch() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (NEW.id, NEW.client_id, NEW.idempotency_key, NEW.body_sha256, NEW.lines, NEW.opened_at)
        IS DISTINCT FROM
        (OLD.id, OLD.client_id, OLD.idempotency_key, OLD.body_sha256, OLD.lines, OLD.opened_at)
        OR (OLD.cancelled_at IS NOT NULL AND NEW.cancelled_at IS DISTINCT FROM OLD.cancelled_at)
    THEN
        RAISE EXCEPTION 'a batch keeps its caller, its content and its cancellation'
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER keep_batch BEFORE UPDATE ON batch
    FOR EACH ROW EXECUTE FUNCTION keep_batch()
"""

KEEP_LINE = """
CREATE FUNCTION keep_batch_line() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (NEW.batch_id, NEW.line, NEW.request) IS DISTINCT FROM (OLD.batch_id, OLD.line, OLD.request)
        OR (OLD.number IS NOT NULL AND NEW.number IS DISTINCT FROM OLD.number)
    THEN
        RAISE EXCEPTION 'a line keeps its place, its request and its number'
            USING ERRCODE = 'restrict_violation';
    END IF;
    IF OLD.state IN ('issued', 'refused', 'cancelled') THEN
        RAISE EXCEPTION 'a line that has ended stays as it ended'
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER keep_batch_line BEFORE UPDATE ON batch_line
    FOR EACH ROW EXECUTE FUNCTION keep_batch_line()
"""


def upgrade() -> None:
    """Add the tables, then the triggers that guard them."""
    for statements in (TABLES, KEEP_BATCH, KEEP_LINE):
        op.execute(statements)
    for table in ("batch", "batch_line"):
        op.execute(
            f"CREATE TRIGGER refuse_change BEFORE DELETE OR TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
        )
