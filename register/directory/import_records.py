"""What is told and kept of an import: how it stands, and the lines that were not taken."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from clearance.directory_shapes import Kind
from clearance.errors import MohrError
from register.directory.rows import AnyRow


@dataclass(frozen=True, kw_only=True)
class Refusal:
    """One line that was not taken."""

    line: int
    """From 1 on, header and blank lines counted."""
    subject: str | None
    """Key of its record, as far as it could be read."""
    problems: tuple[MohrError, ...]
    """Why; each ``field`` is a JSON Pointer into the record."""


@dataclass(frozen=True, kw_only=True)
class ImportReport:
    """How an import stands."""

    id: UUID | None
    """``None`` for a dry run, of which nothing is kept."""
    kind: Kind
    actor: str
    started_at: datetime
    finished_at: datetime | None
    """``None`` while it is under way or interrupted."""
    lines: int
    """Lines of the file that are dealt with, header and blank lines counted."""
    created: int
    changed: int
    unchanged: int
    refused: int
    resumed_after: int
    """As many lines had been dealt with when this call began; the counts include them."""


def report_of(row: AnyRow) -> ImportReport:
    """Return the report in a row of ``directory_import``."""
    return ImportReport(
        id=row.id,
        kind=Kind(row.kind),
        actor=row.actor,
        started_at=row.started_at,
        finished_at=row.finished_at,
        lines=row.lines_done,
        created=row.created,
        changed=row.changed,
        unchanged=row.unchanged,
        refused=row.refused,
        resumed_after=0,
    )


def refusal_columns(report: ImportReport, refusal: Refusal) -> dict[str, Any]:
    """Return a refusal as a row of ``directory_import_refusal``."""
    return {
        "import_id": report.id,
        "line": refusal.line,
        "subject": refusal.subject,
        "problems": [
            {"code": each.code, "field": each.field, "parameters": each.parameters}
            for each in refusal.problems
        ],
    }


def refusal_of(row: AnyRow) -> Refusal:
    """Return the refusal in a row of ``directory_import_refusal``."""
    return Refusal(
        line=row.line,
        subject=row.subject,
        problems=tuple(
            MohrError(each["code"], field=each["field"], parameters=each["parameters"])
            for each in row.problems
        ),
    )
