"""Archival revisions: further documents of a clearance, and what the archive owes.

A document of the role ``archival`` has a revision number, from 1 on for each clearance. For each
clearance that is there already, the first revision is owed.
"""

from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

DOCUMENTS = """
ALTER TABLE document
    ADD COLUMN revision integer CHECK (revision >= 1),
    DROP CONSTRAINT document_role_check,
    ADD CONSTRAINT document_role_check CHECK (role IN ('original', 'archival')),
    ADD CONSTRAINT archival_documents_have_a_revision
        CHECK ((role = 'archival') = (revision IS NOT NULL));
CREATE UNIQUE INDEX document_one_revision ON document (number, revision)
    WHERE revision IS NOT NULL;
"""

ARCHIVE = """
CREATE TABLE archive (
    number text PRIMARY KEY REFERENCES clearance,
    revision integer NOT NULL CHECK (revision >= 0),
    ends_at timestamptz,
    algorithms text[] NOT NULL,
    anchor text CHECK (anchor ~ '^[0-9a-f]{64}$'),
    attempts integer NOT NULL CHECK (attempts >= 0),
    next_at timestamptz NOT NULL,
    last_error text CHECK (last_error <> ''),
    CONSTRAINT revisions_have_a_strength CHECK (
        (revision > 0) = (ends_at IS NOT NULL) AND (revision > 0) = (anchor IS NOT NULL))
);
CREATE INDEX archive_without ON archive (next_at) WHERE revision = 0;
CREATE INDEX archive_ends_at ON archive (ends_at);
CREATE INDEX archive_algorithms ON archive USING gin (algorithms);
CREATE INDEX archive_anchor ON archive (anchor);
CREATE TRIGGER refuse_change BEFORE DELETE OR TRUNCATE ON archive
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
INSERT INTO archive (number, revision, algorithms, attempts, next_at)
    SELECT number, 0, '{}', 0, recorded_at FROM clearance;
"""


def upgrade() -> None:
    """Let documents be archival, then add the table of what is owed."""
    op.execute(DOCUMENTS)
    op.execute(ARCHIVE)
