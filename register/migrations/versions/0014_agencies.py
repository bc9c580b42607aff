"""Keys of agencies: the scope ``verify``, its limits, and what is used of them."""

from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

LIMITS = """
ALTER TABLE api_client
    DROP CONSTRAINT api_client_scopes_check,
    ADD CONSTRAINT api_client_scopes_check
        CHECK (scopes <@ ARRAY['issue', 'read', 'directory', 'notices', 'verify']),
    ADD COLUMN files_per_minute integer CHECK (files_per_minute >= 1),
    ADD COLUMN files_per_day integer CHECK (files_per_day >= 1),
    ADD CONSTRAINT keys_that_verify_have_limits CHECK (
        ('verify' = ANY (scopes)) = (files_per_minute IS NOT NULL)
        AND ('verify' = ANY (scopes)) = (files_per_day IS NOT NULL));
"""

USAGE = """
CREATE TABLE client_usage (
    client_id text PRIMARY KEY REFERENCES api_client,
    minute bigint NOT NULL,
    files_in_minute integer NOT NULL CHECK (files_in_minute >= 0),
    day date NOT NULL,
    files_in_day integer NOT NULL CHECK (files_in_day >= 0)
);
"""
"""One row for each key, written over at each charge: it needs no sweeping."""


def upgrade() -> None:
    """Let keys verify within limits, and count."""
    op.execute(LIMITS)
    op.execute(USAGE)
