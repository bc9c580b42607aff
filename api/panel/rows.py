"""Reconciliation (R6): the rows that need work, and a row's review against its claims file."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from api.panel.filters import Asked, AskedBySupervisor, Branch, OneOf
from api.panel.forms import SentForm, Wrong
from api.panel.listings import CursorListing, Listing, address
from api.panel.reviews import (
    Comparison,
    compared,
    fields_of,
    plain_fields,
    read_statement,
    wrong_fields,
)
from api.panel.shell import done, panel_page
from api.panel.supervised import Supervisor, TheSupervision, row_link
from api.panel.tables import Code
from api.panel.visits import officer_of_session
from api.panel.words import CONTRACT_FIELDS, FINDINGS, OUTCOMES, ROW_STATES, said, text
from api.toolkit.dependencies import TheContext, TheOffice
from clearance.directory import ContractRowKey, ContractRowRecord, outcome
from clearance.errors import InvalidRequest, InvalidValue, NotFound
from clearance.identifiers import BranchCode, ContractRow, ContractSequence
from clearance.roles import Officer, Permission
from register.directory import Directory
from register.directory.reconciliation import MOST_ROWS, BranchCounts, Extent, Finding, OpenRow

router = APIRouter(include_in_schema=False)

Reviewer = Annotated[Officer, Depends(officer_of_session(Permission.REVIEW_ROWS))]

_PAGE = 100
_ALL = "all"


def _directory(office: TheOffice) -> Directory:
    return office.directory


TheDirectory = Annotated[Directory, Depends(_directory)]


def _behind(place: str) -> ContractRowKey | None:
    parts = place.split("/")
    try:
        return _key(*parts) if len(parts) == len(("branch", "row", "sequence")) else None
    except NotFound:
        return None


def _found(
    asked: Asked, chosen: Mapping[str, str], behind: ContractRowKey | None, limit: int
) -> tuple[OpenRow, ...]:
    return asked.office.directory.reconciliation(
        _extent(asked, chosen),
        finding=None if chosen["finding"] == _ALL else Finding(chosen["finding"]),
        after=behind,
        limit=limit,
    )


_ROWS = CursorListing[OpenRow, ContractRowKey](
    name="rows",
    path="/panel/rows",
    filters=(
        OneOf(
            name="finding",
            options={_ALL: text("all"), **{each.value: FINDINGS[each].word for each in Finding}},
            default=_ALL,
        ),
        Branch(),
    ),
    cursor="after",
    find=_found,
    place=lambda row: row.key,
    read=_behind,
    page_size=_PAGE,
    most_at_once=MOST_ROWS,
    file="contract-rows",
    columns={
        "row": lambda row: row_link(row.key),
        "branch": lambda row: row.branch_name,
        "contract": lambda row: Code(text=row.contract_number) if row.contract_number else None,
        "finding": lambda row: FINDINGS[row.finding],
        "fields": lambda row: text("comma").join(CONTRACT_FIELDS[each] for each in row.fields),
        "reviewed_at": lambda row: row.reviewed_at,
    },
)
_COUNTS = Listing[BranchCounts](
    name="rows-by-branch",
    columns={
        "branch": lambda line: line.branch_name,
        "code": lambda line: Code(text=line.branch_code),
        "active": lambda line: line.active,
        "matching": lambda line: line.matching,
        "unreviewed": lambda line: line.unreviewed,
        "mismatched": lambda line: line.mismatched,
        "incomplete": lambda line: line.incomplete,
    },
)


@router.get("/panel/rows")
def show_rows(asked: AskedBySupervisor) -> Response:
    """Show how the active rows stand by branch, and those that need work."""
    chosen = _ROWS.chosen(asked)
    counts = asked.office.directory.reconciliation_counts(_extent(asked, chosen))
    return _ROWS.page(
        asked,
        sums={each.value: sum(getattr(line, each.value) for line in counts) for each in Finding},
        counts=_COUNTS.table(counts, csv=address("/panel/rows-by-branch.csv", chosen)),
    )


@router.get("/panel/rows.csv")
def download_rows(asked: AskedBySupervisor) -> Response:
    """Return the rows that need work as a file."""
    return _ROWS.download(asked)


@router.get("/panel/rows-by-branch.csv")
def download_counts(asked: AskedBySupervisor) -> Response:
    """Return the counts by branch as a file."""
    scope = _extent(asked, _ROWS.chosen(asked))
    return _COUNTS.sheet(asked.office.directory.reconciliation_counts(scope))


def _extent(asked: Asked, chosen: Mapping[str, str]) -> Extent:
    branch = BranchCode.parse(chosen["branch"]) if chosen["branch"] else None
    return Extent(reach=asked.officer.reach, branch=branch)


@router.get("/panel/rows/{branch}/{row}/{sequence}")
def show_row(
    request: Request,
    branch: str,
    row: str,
    sequence: str,
    officer: Supervisor,
    directory: TheDirectory,
    supervision: TheSupervision,
) -> Response:
    """Show a contract row with its reviews."""
    key = _key(branch, row, sequence)
    record = directory.contract_row(key, reach=officer.reach)
    reviews = directory.reviews(key, reach=officer.reach)
    found = supervision.search(
        officer.reach, key.row, branch=key.branch_code, limit=_PAGE, offset=0
    )
    return panel_page(
        request,
        "row.html",
        record=record,
        state=ROW_STATES[record.state],
        words=CONTRACT_FIELDS,
        values=plain_fields(record),
        reviews=[
            (each, OUTCOMES[each.outcome], compared(each.record, plain_fields(each.claims_file)))
            for each in reviews
        ],
        names=supervision.names_of(each.reviewed_by for each in reviews),
        is_current=bool(reviews) and reviews[0].row_version == record.version,
        cleared=[each for each in found.rows if each.key == key],
        may_review=officer.may(Permission.REVIEW_ROWS),
    )


@router.get("/panel/rows/{branch}/{row}/{sequence}/review")
def show_review(
    request: Request,
    branch: str,
    row: str,
    sequence: str,
    officer: Reviewer,
    directory: TheDirectory,
) -> Response:
    """Ask what the claims file says, field by field beside the mechanised record."""
    record = directory.contract_row(_key(branch, row, sequence), reach=officer.reach)
    return _review_page(request, record, {})


@router.post("/panel/rows/{branch}/{row}/{sequence}/review")
def check_review(
    request: Request,
    branch: str,
    row: str,
    sequence: str,
    officer: Reviewer,
    form: SentForm,
    directory: TheDirectory,
    context: TheContext,
) -> Response:
    """Show both records side by side with what differs; nothing is recorded yet."""
    record = directory.contract_row(_key(branch, row, sequence), reach=officer.reach)
    if form.text("back"):
        return _review_page(request, record, fields_of(form))
    try:
        statement = read_statement(form, record, context.services.clock())
    except InvalidRequest as error:
        return _review_page(request, record, fields_of(form), wrong=wrong_fields(error))
    return panel_page(
        request,
        "review-check.html",
        record=record,
        rows=compared(record, plain_fields(statement.claims_file)),
        outcome=OUTCOMES[outcome(record, statement.claims_file)],
        sent=fields_of(form),
        version=statement.row_version,
    )


@router.post("/panel/rows/{branch}/{row}/{sequence}/review/record")
def record_review(
    request: Request,
    branch: str,
    row: str,
    sequence: str,
    officer: Reviewer,
    form: SentForm,
    directory: TheDirectory,
    context: TheContext,
) -> Response:
    """Record the review."""
    key = _key(branch, row, sequence)
    record = directory.contract_row(key, reach=officer.reach)
    try:
        statement = read_statement(form, record, context.services.clock())
    except InvalidRequest as error:
        return _review_page(request, record, fields_of(form), wrong=wrong_fields(error))
    review = directory.review(key.branch_code, key.row, statement, officer)
    word = OUTCOMES[review.outcome].word
    return done(request, f"/panel/rows/{key}", said("row_reviewed", outcome=word))


def _review_page(
    request: Request,
    record: ContractRowRecord,
    sent: dict[str, str],
    *,
    wrong: Wrong | None = None,
) -> Response:
    rows: tuple[Comparison, ...] = compared(record, sent)
    return panel_page(
        request,
        "review.html",
        status=HTTPStatus.UNPROCESSABLE_ENTITY if wrong else HTTPStatus.OK,
        record=record,
        rows=rows,
        wrong=wrong or {},
    )


def _key(branch: str, row: str, sequence: str) -> ContractRowKey:
    try:
        return ContractRowKey(
            branch_code=BranchCode.parse(branch),
            row=ContractRow.parse(row),
            sequence=ContractSequence.parse(sequence),
        )
    except InvalidValue as error:
        parameters = {"branch": branch, "row": row}
        raise NotFound("directory.row_not_found", parameters=parameters) from error
