"""The ledger of paper Form 22: ranges, serials, minutes."""

from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

TABLES = """
CREATE TABLE paper_range (
    id bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    branch_code text NOT NULL REFERENCES branch,
    serials int8range NOT NULL CHECK (lower(serials) >= 1 AND upper(serials) <= 10000000000),
    allotted_at timestamptz NOT NULL,
    allotted_by text NOT NULL CHECK (allotted_by <> ''),
    CONSTRAINT paper_range_no_overlap EXCLUDE USING gist (serials WITH &&)
);
CREATE INDEX paper_range_branch ON paper_range (branch_code);

CREATE TABLE paper_entry (
    id bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    serials int8range NOT NULL CHECK (lower(serials) >= 1 AND upper(serials) <= 10000000000),
    state text NOT NULL CHECK (state IN ('allotted', 'used', 'unused_returned', 'cancelled',
        'issued_before_effective_date', 'missing')),
    hologram_first bigint
        CONSTRAINT hologram_is_the_matching_one CHECK (hologram_first = lower(serials)),
    clearance text REFERENCES clearance,
    explanation text CHECK (explanation <> ''),
    recorded_at timestamptz NOT NULL,
    recorded_by text NOT NULL CHECK (recorded_by <> ''),
    CONSTRAINT hologram_is_attached
        CHECK ((state IN ('unused_returned', 'cancelled')) = (hologram_first IS NOT NULL)),
    CONSTRAINT cancelled_names_its_clearance CHECK (
        (state = 'cancelled') = (clearance IS NOT NULL)
        AND (state <> 'cancelled' OR upper(serials) - lower(serials) = 1)),
    CONSTRAINT explained CHECK (state NOT IN ('allotted', 'missing') OR explanation IS NOT NULL)
);
CREATE INDEX paper_entry_serials ON paper_entry USING gist (serials);

CREATE TABLE paper_segment (
    id bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    range_id bigint NOT NULL REFERENCES paper_range,
    serials int8range NOT NULL CHECK (NOT isempty(serials)),
    state text NOT NULL,
    entry_id bigint REFERENCES paper_entry,
    CONSTRAINT without_entry_allotted CHECK (entry_id IS NOT NULL OR state = 'allotted'),
    CONSTRAINT paper_segment_no_overlap EXCLUDE USING gist (serials WITH &&)
);
CREATE INDEX paper_segment_range ON paper_segment (range_id);

CREATE TABLE paper_minutes (
    number text PRIMARY KEY,
    jalali_year integer NOT NULL CHECK (jalali_year BETWEEN 1300 AND 1502),
    serial integer NOT NULL CHECK (serial BETWEEN 1 AND 999999),
    kind text NOT NULL CHECK (kind IN ('branch', 'consolidated', 'despatch', 'report')),
    province text NOT NULL CHECK (province <> ''),
    branch_code text REFERENCES branch,
    consolidated text REFERENCES paper_minutes,
    drawn_up_at timestamptz NOT NULL,
    drawn_up_by text NOT NULL CHECK (drawn_up_by <> ''),
    UNIQUE (jalali_year, serial),
    CONSTRAINT minutes_number_spells_its_parts
        CHECK (number = '22-' || jalali_year || '-' || lpad(serial::text, 6, '0')),
    CONSTRAINT branch_minutes_have_a_branch CHECK ((kind = 'branch') = (branch_code IS NOT NULL)),
    CONSTRAINT what_follows_names_what_it_is_about
        CHECK ((kind IN ('despatch', 'report')) = (consolidated IS NOT NULL))
);
CREATE UNIQUE INDEX paper_minutes_one_of_a_kind ON paper_minutes (consolidated, kind)
    WHERE consolidated IS NOT NULL;
CREATE INDEX paper_minutes_province ON paper_minutes (province, kind);

CREATE TABLE paper_minutes_closing (
    number text PRIMARY KEY REFERENCES paper_minutes,
    content text NOT NULL
        CONSTRAINT minutes_bear_their_number CHECK (content::jsonb ->> 'number' = number),
    content_hash bytea NOT NULL UNIQUE
        CONSTRAINT content_hash_is_the_minutes
            CHECK (content_hash = sha256(convert_to(content, 'UTF8'))),
    closed_at timestamptz NOT NULL,
    closed_by text NOT NULL CHECK (closed_by <> '')
);

CREATE TABLE paper_handover (
    minutes text NOT NULL REFERENCES paper_minutes_closing,
    serials int8range NOT NULL CHECK (NOT isempty(serials)),
    PRIMARY KEY (minutes, serials),
    CONSTRAINT paper_handover_once EXCLUDE USING gist (serials WITH &&)
);

CREATE TABLE paper_minutes_part (
    part text PRIMARY KEY REFERENCES paper_minutes_closing,
    consolidated text NOT NULL REFERENCES paper_minutes_closing
);
CREATE INDEX paper_minutes_part_consolidated ON paper_minutes_part (consolidated);

CREATE TABLE paper_minutes_document (
    sha256 text PRIMARY KEY CHECK (sha256 ~ '^[0-9a-f]{64}$'),
    number text NOT NULL UNIQUE REFERENCES paper_minutes_closing,
    size bigint NOT NULL CHECK (size > 0),
    layout text NOT NULL CHECK (layout <> ''),
    sealed_at timestamptz NOT NULL
);
"""

# At the end of each transaction every allotted serial is in exactly one segment: the exclusion
# constraint sees to "at most one", this to "at least one".
FILL_RANGES = """
CREATE FUNCTION segments_fill_ranges() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    checked bigint := CASE
        WHEN TG_TABLE_NAME = 'paper_range' THEN (to_jsonb(NEW) ->> 'id')::bigint
        WHEN TG_OP = 'DELETE' THEN (to_jsonb(OLD) ->> 'range_id')::bigint
        ELSE (to_jsonb(NEW) ->> 'range_id')::bigint
    END;
BEGIN
    IF EXISTS (
        SELECT FROM paper_range r
        LEFT JOIN paper_segment s ON s.range_id = r.id AND s.serials <@ r.serials
        WHERE r.id = checked
        GROUP BY r.id
        HAVING sum(upper(s.serials) - lower(s.serials))
            IS DISTINCT FROM upper(r.serials) - lower(r.serials)
    ) OR EXISTS (
        SELECT FROM paper_segment s JOIN paper_range r ON r.id = s.range_id
        WHERE r.id = checked AND NOT s.serials <@ r.serials
    )
    THEN
        RAISE EXCEPTION 'each serial of range % is in one segment', checked
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER segments_fill_ranges AFTER INSERT ON paper_range
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION segments_fill_ranges();
CREATE CONSTRAINT TRIGGER segments_fill_ranges AFTER INSERT OR DELETE ON paper_segment
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION segments_fill_ranges()
"""

APPEND_ONLY = (
    "paper_range",
    "paper_entry",
    "paper_minutes",
    "paper_minutes_closing",
    "paper_handover",
    "paper_minutes_part",
    "paper_minutes_document",
)


def upgrade() -> None:
    """Add the tables, then the triggers that guard them."""
    op.execute(TABLES)
    op.execute(FILL_RANGES)
    for table in APPEND_ONLY:
        _refuse(table, "UPDATE OR DELETE OR TRUNCATE")
    _refuse("paper_segment", "UPDATE OR TRUNCATE")


def _refuse(table: str, changes: str) -> None:
    op.execute(
        f"CREATE TRIGGER refuse_change BEFORE {changes} ON {table} "
        "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
    )
