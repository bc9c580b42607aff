"""Receipts of verifications: what they say, and the digests of their sealed PDFs."""

from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

TABLES = """
CREATE TABLE receipt (
    number text PRIMARY KEY,
    jalali_year integer NOT NULL CHECK (jalali_year BETWEEN 1300 AND 1502),
    serial integer NOT NULL CHECK (serial BETWEEN 1 AND 999999),
    content text NOT NULL
        CONSTRAINT receipts_bear_their_number CHECK (content::jsonb ->> 'number' = number),
    content_hash bytea NOT NULL UNIQUE
        CONSTRAINT content_hash_is_the_receipts
            CHECK (content_hash = sha256(convert_to(content, 'UTF8'))),
    made_at timestamptz NOT NULL,
    UNIQUE (jalali_year, serial),
    CONSTRAINT receipt_number_spells_its_parts
        CHECK (number = 'R-' || jalali_year || '-' || lpad(serial::text, 6, '0'))
);

CREATE TABLE receipt_document (
    sha256 text PRIMARY KEY CHECK (sha256 ~ '^[0-9a-f]{64}$'),
    number text NOT NULL UNIQUE REFERENCES receipt,
    size bigint NOT NULL CHECK (size > 0),
    layout text NOT NULL CHECK (layout <> ''),
    sealed_at timestamptz NOT NULL
);
"""


def upgrade() -> None:
    """Add the tables, to which rows are only ever added."""
    op.execute(TABLES)
    for table in ("receipt", "receipt_document"):
        op.execute(
            f"CREATE TRIGGER refuse_change BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
        )
