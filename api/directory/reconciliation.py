"""Reconciliation of contract rows (circular, note 1): which ones need work, and why."""

from collections.abc import Iterable, Iterator
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import JSONResponse

from api.directory.records import Readable, TheDirectory
from api.toolkit.answers import JsonAnswer
from api.toolkit.csv_files import csv_file
from api.toolkit.json_bodies import KEY_ONLY
from clearance.clock import format_moment
from clearance.directory import ContractRowKey
from clearance.errors import InvalidValue
from clearance.identifiers import BranchCode, ContractRow, ContractSequence
from clearance.request import read_whole
from clearance.shapes import Leaf, Record, one_of
from clearance.text import clean
from register.directory import Directory
from register.directory.reconciliation import (
    MOST_ROWS,
    BranchCounts,
    Extent,
    Finding,
    OpenRow,
)
from templates.catalogues import sample

_FORMATS = ("json", "csv")
_LONGEST_PROVINCE = 100
_PAGE = 200
_COLUMNS = (
    "province",
    "branch_code",
    "branch_name",
    "row",
    "sequence",
    "contract_number",
    "finding",
    "fields",
    "version",
    "reviewed_by",
    "reviewed_at",
)


def _after(text: str) -> ContractRowKey:
    """Read what ``ContractRowKey`` writes."""
    parts = text.split("/")
    if len(parts) != 3:  # noqa: PLR2004 - branch, row, sequence
        raise InvalidValue("contract_row.invalid")
    branch, row, sequence = parts
    return ContractRowKey(
        branch_code=BranchCode.parse(branch),
        row=ContractRow.parse(row),
        sequence=ContractSequence.parse(sequence),
    )


_ASKED = Record(
    members={
        "province": Leaf(json_type=str, parse=lambda text: clean(text, limit=_LONGEST_PROVINCE)),
        "branch": Leaf(json_type=str, parse=BranchCode.parse),
        "finding": one_of(*Finding, makes=Finding),
        "after": Leaf(json_type=str, parse=_after),
        "format": one_of(*_FORMATS),
    },
    optional=frozenset({"province", "branch", "finding", "after"}),
    build=lambda **members: members,
)


class BranchCountsAnswer(JsonAnswer):
    """How the active rows of one branch stand."""

    province: str
    branch_code: str
    branch_name: str
    active: int = Field(description="The sum of the next four.")
    matching: int
    unreviewed: int
    mismatched: int
    incomplete: int


class OpenRowAnswer(JsonAnswer):
    """An active contract row that needs work."""

    province: str
    branch_code: str
    branch_name: str
    row: str
    sequence: str
    contract_number: str | None
    finding: str = Field(description="`unreviewed`, `mismatched` or `incomplete`.")
    fields: list[str] = Field(
        description="What does not agree; of an unreviewed row what its record lacks."
    )
    version: int
    reviewed_by: str | None
    reviewed_at: str | None


class ReconciliationAnswer(BaseModel):
    """The state of reconciliation within the asker's reach."""

    model_config = ConfigDict(
        frozen=True,
        json_schema_extra={
            "example": {
                "branches": [
                    {
                        "province": sample("province"),
                        "branch_code": "0041",
                        "branch_name": sample("branch_name"),
                        "active": 120,
                        "matching": 96,
                        "unreviewed": 17,
                        "mismatched": 4,
                        "incomplete": 3,
                    }
                ],
                "rows": [
                    {
                        "province": sample("province"),
                        "branch_code": "0041",
                        "branch_name": sample("branch_name"),
                        "row": "00000123",
                        "sequence": "01",
                        "contract_number": sample("contract_number"),
                        "finding": "mismatched",
                        "fields": ["initial_amount"],
                        "version": 4,
                        "reviewed_by": "m.rezaei",
                        "reviewed_at": "2026-02-01T08:30:00Z",
                    }
                ],
                "next": None,
            }
        },
    )

    branches: list[BranchCountsAnswer] | None = Field(
        description="By province and branch, whatever `finding` asks; on the first page only."
    )
    rows: list[OpenRowAnswer]
    next: str | None = Field(description="Path of the next page, where there are more rows.")


router = APIRouter(tags=["directory"])


@router.get(
    "/v1/reconciliation",
    response_model=ReconciliationAnswer,
    responses={200: {"content": {"text/csv": {"schema": {"type": "string"}}}}},
    openapi_extra=KEY_ONLY,
)
def reconcile(
    directory: TheDirectory,
    reach: Readable,
    province: Annotated[str | None, Query(description="Rows of one province.")] = None,
    branch: Annotated[str | None, Query(description="Rows of one branch.")] = None,
    finding: Annotated[
        str | None, Query(description="`unreviewed`, `mismatched` or `incomplete` rows only.")
    ] = None,
    after: Annotated[str | None, Query(description="As in `next`.")] = None,
    format: Annotated[  # noqa: A002 - the name in the address
        str, Query(description="`json` answers a page; `csv` all rows.")
    ] = "json",
) -> Response:
    """List active contract rows that are unreviewed, mismatched or incomplete."""
    query = {"province": province, "branch": branch, "finding": finding}
    asked: Any = read_whole(_ASKED, {**query, "after": after, "format": format}, now=None)
    extent = Extent(reach=reach, province=asked["province"], branch=asked["branch"])
    if asked["format"] == "csv":
        return _csv(directory, extent, asked["finding"])
    rows = directory.reconciliation(
        extent, finding=asked["finding"], after=asked["after"], limit=_PAGE
    )
    counts = None if asked["after"] else directory.reconciliation_counts(extent)
    more = rows[-1].key if len(rows) == _PAGE else None
    answer = ReconciliationAnswer(
        branches=None if counts is None else list(map(_counts, counts)),
        rows=list(map(_open_row, rows)),
        next=_next(query, more) if more else None,
    )
    return JSONResponse(answer.model_dump(mode="json"))


def _next(query: dict[str, str | None], after: ContractRowKey) -> str:
    kept = {name: value for name, value in query.items() if value is not None}
    return f"/v1/reconciliation?{urlencode({**kept, 'after': str(after)})}"


def _csv(directory: Directory, extent: Extent, finding: Finding | None) -> Response:
    # The first page before the answer begins, so that what goes wrong has its status.
    first = directory.reconciliation(extent, finding=finding)

    def rows() -> Iterator[Iterable[str | int | None]]:
        page = first
        while page:
            for row in page:
                values = _open_row(row).model_dump()
                yield (
                    " ".join(value) if isinstance(value := values[name], list) else value
                    for name in _COLUMNS
                )
            if len(page) < MOST_ROWS:
                return
            page = directory.reconciliation(extent, finding=finding, after=page[-1].key)

    return csv_file("reconciliation", _COLUMNS, rows())


def _counts(counts: BranchCounts) -> BranchCountsAnswer:
    return BranchCountsAnswer.model_validate(counts)


def _open_row(row: OpenRow) -> OpenRowAnswer:
    return OpenRowAnswer(
        province=row.province,
        branch_code=row.key.branch_code,
        branch_name=row.branch_name,
        row=row.key.row,
        sequence=row.key.sequence,
        contract_number=row.contract_number,
        finding=row.finding,
        fields=list(row.fields),
        version=row.version,
        reviewed_by=row.reviewed_by,
        reviewed_at=format_moment(row.reviewed_at) if row.reviewed_at else None,
    )
