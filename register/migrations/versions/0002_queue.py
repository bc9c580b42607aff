"""The queue: procrastinate's tables, and in the intent what a worker needs to go on with it.

Intents from before hold no request: with those only their callers can go on.
"""

from pathlib import Path

from alembic import op
from procrastinate.schema import SchemaManager

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

NEWEST = "03.04.00_50_post_add_retry_failed_job_procedure.sql"
"""Last migration of procrastinate that is applied here: its schema as of release 3.10. Those that
later releases bring belong into a later revision."""

INTENT = """
ALTER TABLE intent
    ADD COLUMN request text NOT NULL DEFAULT '{}' CHECK (jsonb_typeof(request::jsonb) = 'object'),
    ADD COLUMN resume_at timestamptz;
ALTER TABLE intent ALTER COLUMN request DROP DEFAULT;
CREATE INDEX intent_resume_at ON intent (resume_at) WHERE resume_at IS NOT NULL;

CREATE OR REPLACE FUNCTION keep_identity() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (NEW.number, NEW.jalali_year, NEW.branch_code, NEW.serial, NEW.verification_code,
            NEW.status_list_index, NEW.client_id, NEW.idempotency_key, NEW.request_hash,
            NEW.request, NEW.prepared_at)
        IS DISTINCT FROM
        (OLD.number, OLD.jalali_year, OLD.branch_code, OLD.serial, OLD.verification_code,
            OLD.status_list_index, OLD.client_id, OLD.idempotency_key, OLD.request_hash,
            OLD.request, OLD.prepared_at)
    THEN
        RAISE EXCEPTION 'an intent keeps its number, its code, its caller and its request'
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$
"""


def upgrade() -> None:
    """Apply procrastinate's own migrations by name, then extend the intent."""
    # Its schema.sql is that of whatever release is installed; its migrations never change.
    packaged = Path(SchemaManager.get_migrations_path()).glob("*.sql")
    connection = op.get_bind()
    for file in sorted(packaged):
        if file.name <= NEWEST:
            connection.exec_driver_sql(file.read_text("utf-8").replace("%", "%%"))
    op.execute(INTENT)
