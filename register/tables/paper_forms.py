"""The ledger of paper Form 22: ranges, serials, minutes."""

from datetime import datetime

from sqlalchemy import (
    BigInteger,
    Column,
    DateTime,
    ForeignKey,
    Identity,
    Index,
    LargeBinary,
    Named,
    Table,
    Text,
    TypedColumns,
    UniqueConstraint,
)
from sqlalchemy.dialects.postgresql import INT8RANGE, ExcludeConstraint, Range

from clearance.minutes import MinutesKind
from clearance.paper_forms import EXPLAINED, WITH_HOLOGRAM, SerialState
from register.tables.checks import filled, holds, numbered_yearly, one_of, values
from register.tables.metadata import metadata


class _PaperRange(TypedColumns):
    id: Named[int] = Column(BigInteger, Identity(always=True), primary_key=True)
    branch_code: Named[str] = Column(Text, ForeignKey("branch.code"))
    serials: Named[Range[int]] = Column(INT8RANGE)
    allotted_at: Named[datetime] = Column(DateTime(timezone=True))
    allotted_by: Named[str] = Column(Text)


class _PaperEntry(TypedColumns):
    id: Named[int] = Column(BigInteger, Identity(always=True), primary_key=True)
    serials: Named[Range[int]] = Column(INT8RANGE)
    state: Named[str] = Column(Text)
    hologram_first: Named[int | None] = Column(BigInteger)
    """Serial of the hologram attached to the first form; the others follow with their forms."""
    clearance: Named[str | None] = Column(Text, ForeignKey("clearance.number"))
    """What stands in a cancelled form's place (R14)."""
    explanation: Named[str | None] = Column(Text)
    recorded_at: Named[datetime] = Column(DateTime(timezone=True))
    recorded_by: Named[str] = Column(Text)


class _PaperSegment(TypedColumns):
    """What the entries come to: each allotted serial lies in exactly one segment."""

    id: Named[int] = Column(BigInteger, Identity(always=True), primary_key=True)
    range_id: Named[int] = Column(BigInteger, ForeignKey("paper_range.id"))
    serials: Named[Range[int]] = Column(INT8RANGE)
    state: Named[str] = Column(Text)
    entry_id: Named[int | None] = Column(BigInteger, ForeignKey("paper_entry.id"))
    """The entry that says so; null as long as there is none."""


class _PaperMinutes(TypedColumns):
    number: Named[str] = Column(Text, primary_key=True)
    jalali_year: Named[int]
    serial: Named[int]
    kind: Named[str] = Column(Text)
    province: Named[str] = Column(Text)
    branch_code: Named[str | None] = Column(Text, ForeignKey("branch.code"))
    consolidated: Named[str | None] = Column(Text, ForeignKey("paper_minutes.number"))
    """What a despatch or report is about."""
    drawn_up_at: Named[datetime] = Column(DateTime(timezone=True))
    drawn_up_by: Named[str] = Column(Text)


class _PaperMinutesClosing(TypedColumns):
    number: Named[str] = Column(Text, ForeignKey("paper_minutes.number"), primary_key=True)
    content: Named[str] = Column(Text)
    """Canonical JSON (RFC 8785) of what the minutes say, exactly as hashed and attached."""
    content_hash: Named[bytes] = Column(LargeBinary, unique=True)
    closed_at: Named[datetime] = Column(DateTime(timezone=True))
    closed_by: Named[str] = Column(Text)


class _PaperHandover(TypedColumns):
    minutes: Named[str] = Column(Text, ForeignKey("paper_minutes_closing.number"), primary_key=True)
    serials: Named[Range[int]] = Column(INT8RANGE, primary_key=True)
    """Unused forms with their holograms that these branch minutes hand over."""


class _PaperMinutesPart(TypedColumns):
    part: Named[str] = Column(Text, ForeignKey("paper_minutes_closing.number"), primary_key=True)
    consolidated: Named[str] = Column(Text, ForeignKey("paper_minutes_closing.number"))


_CANCELLED = values(SerialState.CANCELLED)
_WITH_HOLOGRAM = [state for state in SerialState if state in WITH_HOLOGRAM]
_EXPLAINED = [state for state in SerialState if state in EXPLAINED]

paper_range = Table(
    "paper_range",
    metadata,
    _PaperRange,
    holds("lower(serials) >= 1 AND upper(serials) <= 10000000000"),
    *filled("allotted_by"),
    ExcludeConstraint(("serials", "&&"), name="paper_range_no_overlap"),
)
Index("paper_range_branch", paper_range.c.branch_code)
paper_entry = Table(
    "paper_entry",
    metadata,
    _PaperEntry,
    holds("lower(serials) >= 1 AND upper(serials) <= 10000000000"),
    one_of("state", SerialState),
    *filled("explanation", "recorded_by"),
    holds("hologram_first = lower(serials)", name="hologram_is_the_matching_one"),
    holds(
        f"(state IN ({values(*_WITH_HOLOGRAM)})) = (hologram_first IS NOT NULL)",
        name="hologram_is_attached",
    ),
    holds(
        f"(state = {_CANCELLED}) = (clearance IS NOT NULL)"
        f" AND (state <> {_CANCELLED} OR upper(serials) - lower(serials) = 1)",
        name="cancelled_names_its_clearance",
    ),
    holds(
        f"state NOT IN ({values(*_EXPLAINED)}) OR explanation IS NOT NULL",
        name="explained",
    ),
)
Index("paper_entry_serials", paper_entry.c.serials, postgresql_using="gist")
paper_segment = Table(
    "paper_segment",
    metadata,
    _PaperSegment,
    holds("NOT isempty(serials)"),
    holds(
        f"entry_id IS NOT NULL OR state = {values(SerialState.ALLOTTED)}",
        name="without_entry_allotted",
    ),
    ExcludeConstraint(("serials", "&&"), name="paper_segment_no_overlap"),
)
Index("paper_segment_range", paper_segment.c.range_id)
paper_minutes = Table(
    "paper_minutes",
    metadata,
    _PaperMinutes,
    UniqueConstraint("jalali_year", "serial"),
    *numbered_yearly(),
    one_of("kind", MinutesKind),
    *filled("province", "drawn_up_by"),
    holds(
        "number = '22-' || jalali_year || '-' || lpad(serial::text, 6, '0')",
        name="minutes_number_spells_its_parts",
    ),
    holds(
        f"(kind = {values(MinutesKind.BRANCH)}) = (branch_code IS NOT NULL)",
        name="branch_minutes_have_a_branch",
    ),
    holds(
        f"(kind IN ({values(MinutesKind.DESPATCH, MinutesKind.REPORT)}))"
        " = (consolidated IS NOT NULL)",
        name="what_follows_names_what_it_is_about",
    ),
)
Index(
    "paper_minutes_one_of_a_kind",
    paper_minutes.c.consolidated,
    paper_minutes.c.kind,
    unique=True,
    postgresql_where=paper_minutes.c.consolidated.is_not(None),
)
Index("paper_minutes_province", paper_minutes.c.province, paper_minutes.c.kind)
paper_minutes_closing = Table(
    "paper_minutes_closing",
    metadata,
    _PaperMinutesClosing,
    holds("content::jsonb ->> 'number' = number", name="minutes_bear_their_number"),
    holds("content_hash = sha256(convert_to(content, 'UTF8'))", name="content_hash_is_the_minutes"),
    *filled("closed_by"),
)
paper_handover = Table(
    "paper_handover",
    metadata,
    _PaperHandover,
    holds("NOT isempty(serials)"),
    ExcludeConstraint(("serials", "&&"), name="paper_handover_once"),
)
paper_minutes_part = Table("paper_minutes_part", metadata, _PaperMinutesPart)
Index("paper_minutes_part_consolidated", paper_minutes_part.c.consolidated)
