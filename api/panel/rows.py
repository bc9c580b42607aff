"""Reconciliation (R6): the rows that need work, and a row's review against its claims file."""

from collections.abc import Iterator
from http import HTTPStatus
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from api.panel.forms import SentForm, Wrong
from api.panel.reviews import (
    Comparison,
    compared,
    fields_of,
    plain_fields,
    read_statement,
    wrong_fields,
)
from api.panel.shell import done, panel_page
from api.panel.supervised import (
    MOST_DOWNLOADED,
    Supervisor,
    TheSupervision,
    branch_options,
    chosen,
    chosen_branch,
    row_link,
    same_address,
)
from api.panel.tables import Cell, Code, Table, csv_response
from api.panel.visits import officer_of_session
from api.panel.words import CONTRACT_FIELDS, FINDINGS, OUTCOMES, ROW_STATES
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
_COLUMNS = ("ردیف پیمان", "شعبه", "شمارهٔ قرارداد", "وضعیت", "فیلدها", "آخرین بررسی")
_COUNTS = ("شعبه", "کد", "فعال", "مطابق", "بررسی‌نشده", "مغایر", "ناقص")
_ALL = "all"


def _directory(office: TheOffice) -> Directory:
    return office.directory


TheDirectory = Annotated[Directory, Depends(_directory)]


@router.get("/panel/rows")
def show_rows(
    request: Request,
    officer: Supervisor,
    directory: TheDirectory,
    supervision: TheSupervision,
) -> Response:
    """Show how the active rows stand by branch, and those that need work."""
    finding = chosen(request, "finding", (*Finding, _ALL), _ALL)
    extent = Extent(reach=officer.reach, branch=chosen_branch(request))
    found = directory.reconciliation(
        extent, finding=_finding(finding), after=_after(request), limit=_PAGE
    )
    counts = directory.reconciliation_counts(extent)
    return panel_page(
        request,
        "rows.html",
        finding=finding,
        choices={_ALL: "همه", **{each.value: FINDINGS[each].word for each in Finding}},
        sums={each.value: sum(getattr(line, each.value) for line in counts) for each in Finding},
        branch=extent.branch or "",
        branches=branch_options(supervision.branches(officer.reach)),
        data=Table(
            caption="ردیف‌های نیازمند رسیدگی",
            columns=_COLUMNS,
            rows=tuple(map(_row, found)),
            empty="همهٔ ردیف‌های فعال، بررسی‌شده و مطابق‌اند.",
            csv=same_address(request, "/panel/rows.csv"),
        ),
        counts=Table(
            caption="ردیف‌های فعال به تفکیک شعبه",
            columns=_COUNTS,
            rows=tuple(map(_counts_row, counts)),
            csv=same_address(request, "/panel/rows-by-branch.csv"),
        ),
        more=found[-1].key if len(found) == _PAGE else None,
    )


@router.get("/panel/rows.csv")
def download_rows(request: Request, officer: Supervisor, directory: TheDirectory) -> Response:
    """Return the rows that need work as a file."""
    finding = _finding(chosen(request, "finding", (*Finding, _ALL), _ALL))
    extent = Extent(reach=officer.reach, branch=chosen_branch(request))

    def all_rows() -> Iterator[OpenRow]:
        after = None
        for _ in range(MOST_DOWNLOADED // MOST_ROWS):
            page = directory.reconciliation(extent, finding=finding, after=after)
            yield from page
            if len(page) < MOST_ROWS:
                return
            after = page[-1].key

    return csv_response("contract-rows", _COLUMNS, map(_row, all_rows()))


@router.get("/panel/rows-by-branch.csv")
def download_counts(request: Request, officer: Supervisor, directory: TheDirectory) -> Response:
    """Return the counts by branch as a file."""
    counts = directory.reconciliation_counts(
        Extent(reach=officer.reach, branch=chosen_branch(request))
    )
    return csv_response("contract-rows-by-branch", _COUNTS, map(_counts_row, counts))


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
    return done(request, f"/panel/rows/{key}", f"بررسی ردیف با نتیجهٔ «{word}» ثبت شد.")


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


def _after(request: Request) -> ContractRowKey | None:
    parts = request.query_params.get("after", "").split("/")
    try:
        return _key(*parts) if len(parts) == len(("branch", "row", "sequence")) else None
    except NotFound:
        return None


def _finding(text: str) -> Finding | None:
    return None if text == _ALL else Finding(text)


def _row(row: OpenRow) -> tuple[Cell, ...]:
    return (
        row_link(row.key),
        row.branch_name,
        Code(text=row.contract_number) if row.contract_number else None,
        FINDINGS[row.finding],
        "، ".join(CONTRACT_FIELDS[each] for each in row.fields),
        row.reviewed_at,
    )


def _counts_row(line: BranchCounts) -> tuple[Any, ...]:
    return (
        line.branch_name,
        Code(text=line.branch_code),
        line.active,
        line.matching,
        line.unreviewed,
        line.mismatched,
        line.incomplete,
    )
