"""The answers of the ledger of paper forms, as types."""

from dataclasses import asdict
from datetime import datetime
from typing import Any

from pydantic import ConfigDict, Field

from api.toolkit.answers import JsonAnswer, Moment, Text
from clearance.clock import format_moment
from clearance.minutes import balance_object
from register.paper_forms.records import (
    AllottedRange,
    BranchBalance,
    FormAnswer,
    LateStep,
    PaperForm,
    RecordedEntry,
)
from templates.catalogues import Message, page_text, sample

ALLOTMENT_EXAMPLE: dict[str, Any] = {"branch_code": "0041", "first": "1200001", "last": "1212000"}
ENTRIES_EXAMPLE: dict[str, Any] = {
    "entries": [
        {"first": "1200001", "last": "1209511", "state": "issued_before_effective_date"},
        {
            "first": "1209512",
            "last": "1211991",
            "state": "unused_returned",
            "hologram": "1209512",
        },
        {
            "first": "1211992",
            "state": "cancelled",
            "hologram": "1211992",
            "clearance": "1404-0041-000001-9",
        },
        {"first": "1211993", "state": "missing", "explanation": sample("missing_explanation")},
    ]
}


class SerialsAnswer(JsonAnswer):
    """Serials that follow each other."""

    first: str
    last: str = Field(description="Included.")
    count: int


class RangeAnswer(SerialsAnswer):
    """Serials that a branch was given."""

    branch_code: str
    branch_name: str
    province: str
    allotted_at: str = Field(description="RFC 3339, UTC.")
    allotted_by: str = Field(description="Id of the officer.")


class RangeList(JsonAnswer):
    """The ranges within the asker's reach, by first serial."""

    ranges: list[RangeAnswer]


class BalanceAnswer(JsonAnswer):
    """How many serials are allotted, and how many of them are in each state."""

    allotted: int
    used: int = Field(description="Used and never issued; they wait to be cancelled (R14).")
    unused_returned: int = Field(description="Unused, the hologram with them.")
    cancelled: int
    issued_before_effective_date: int
    missing: int
    difference: int = Field(
        description="Allotted less the sum of the states: nothing is known of them. Minutes close "
        "at 0 only."
    )


class LedgerLine(JsonAnswer):
    """One branch's line in the ledger."""

    province: str
    branch_code: str
    branch_name: str
    balance: BalanceAnswer
    handed_over: int = Field(description="Unused forms that closed minutes list.")
    outstanding: int = Field(description="Forms to account for or to hand over (R12).")


class LateAnswer(JsonAnswer):
    """A step that was not done, or not in time (R13)."""

    province: str
    branch_code: str | None = Field(description="Null for what a province owes.")
    branch_name: str | None
    step: str = Field(description="`branch_minutes`, `consolidated`, `despatch` or `report`.")
    due: Moment = Field(description="The last day, in Tehran (ISO 8601).")
    done_at: Moment | None = Field(description="When it was done, late; null while it is not.")


class LedgerAnswer(JsonAnswer):
    """The ledger within the asker's reach."""

    lines: list[LedgerLine]
    total: BalanceAnswer
    deadline: str = Field(description="The last day for all four steps (ISO 8601).")
    late: list[LateAnswer]


class EntryAnswer(SerialsAnswer):
    """One entry that concerns a serial; entries stay as they were written."""

    state: str
    hologram: str | None = Field(description="Serial of the hologram attached to the first form.")
    clearance: str | None = Field(description="The electronic clearance in its place (R14).")
    explanation: str | None
    recorded_at: str
    recorded_by: str = Field(description="Id of the officer.")


class RecordAnswer(JsonAnswer):
    """What the ledger knows of one serial; for officers within whose reach it lies."""

    branch_code: str
    branch_name: str
    province: str
    state: str = Field(
        description="`allotted` (not accounted for), `used`, `unused_returned`, `cancelled`, "
        "`issued_before_effective_date` or `missing`."
    )
    handed_over_by: str | None = Field(description="The branch minutes that list it.")
    entries: list[EntryAnswer] = Field(description="Oldest first.")


class FormMeaningAnswer(JsonAnswer):
    """What a paper Form 22 with this serial means today (R10)."""

    model_config = ConfigDict(
        frozen=True,
        json_schema_extra={
            "example": {
                "serial": "1209512",
                "meaning": "void",
                "message": asdict(page_text("paper", "meanings", "void", "heading")),
                "what_to_do": asdict(page_text("paper", "meanings", "void", "next")),
                "effective_date": "2020-12-21",
                "record": None,
            }
        },
    )

    serial: str
    meaning: str = Field(
        description="`void`, `void_since_effective_date`, `cancelled_and_replaced`, `legacy` or "
        "`never_existed`."
    )
    message: Text
    what_to_do: Text
    effective_date: str | None = Field(
        description="First day on which only electronic clearances count (ISO 8601); null while "
        "none is set."
    )
    record: RecordAnswer | None = Field(
        description="Only with a person's API key, and only within their reach."
    )


def range_answer(held: AllottedRange) -> RangeAnswer:
    """Return an allotted range."""
    return RangeAnswer(
        first=str(held.serials.first),
        last=str(held.serials.last),
        count=held.serials.count,
        branch_code=held.branch_code,
        branch_name=held.branch_name,
        province=held.province,
        allotted_at=format_moment(held.allotted_at),
        allotted_by=held.allotted_by,
    )


def ledger_line(line: BranchBalance) -> LedgerLine:
    """Return one branch's line."""
    return LedgerLine(
        province=line.province,
        branch_code=line.branch_code,
        branch_name=line.branch_name,
        balance=BalanceAnswer(**balance_object(line.balance)),
        handed_over=line.handed_over,
        outstanding=line.outstanding,
    )


def late_answer(late: LateStep) -> LateAnswer:
    """Return a late step."""
    return LateAnswer.model_validate(late)


def form_answer(serial: str, answer: FormAnswer, form: PaperForm | None) -> FormMeaningAnswer:
    """Return what a serial means, with what the ledger knows of it where that may be told."""
    day = answer.effective_date
    return FormMeaningAnswer(
        serial=serial,
        meaning=answer.meaning,
        message=_text(page_text("paper", "meanings", answer.meaning, "heading")),
        what_to_do=_text(page_text("paper", "meanings", answer.meaning, "next")),
        effective_date=day.isoformat() if day else None,
        record=None if form is None else record_answer(form),
    )


def record_answer(form: PaperForm) -> RecordAnswer:
    """Return what the ledger knows of a serial: to officers only."""
    return RecordAnswer(
        branch_code=form.branch_code,
        branch_name=form.branch_name,
        province=form.province,
        state=form.state,
        handed_over_by=form.handed_over_by,
        entries=list(map(_entry, form.entries)),
    )


def _entry(entry: RecordedEntry) -> EntryAnswer:
    return EntryAnswer(
        first=str(entry.serials.first),
        last=str(entry.serials.last),
        count=entry.serials.count,
        state=entry.state,
        hologram=None if entry.hologram is None else str(entry.hologram),
        clearance=entry.clearance,
        explanation=entry.explanation,
        recorded_at=format_moment(entry.recorded_at),
        recorded_by=entry.recorded_by,
    )


def _moment(moment: datetime | None) -> str | None:
    return format_moment(moment) if moment else None


def _text(message: Message) -> Text:
    return Text(fa=message.fa, en=message.en)
