"""The ledger of paper forms, for the officers who keep it (R12-R14)."""

from http import HTTPStatus
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Response
from starlette.responses import JSONResponse

from api.paper_forms.minutes_schemas import (
    CLOSING_EXAMPLE,
    DRAFT_EXAMPLE,
    MinutesAnswer,
    MinutesList,
    minutes_answer,
)
from api.paper_forms.schemas import (
    ALLOTMENT_EXAMPLE,
    ENTRIES_EXAMPLE,
    BalanceAnswer,
    LedgerAnswer,
    RangeAnswer,
    RangeList,
    late_answer,
    ledger_line,
    range_answer,
)
from api.toolkit.access import officer_with
from api.toolkit.bodies import PDF_TYPE
from api.toolkit.csv_files import csv_file
from api.toolkit.dependencies import TheContext, office_part
from api.toolkit.json_bodies import KEY_ONLY, json_body, takes
from clearance.errors import Conflict, InvalidValue, NotFound
from clearance.identifiers import BranchCode
from clearance.minutes import MinutesNumber, balance_object
from clearance.paper_form_request import (
    allotment_schema,
    closing_schema,
    draft_schema,
    entries_schema,
    parse_allotment,
    parse_closing,
    parse_draft,
    parse_entries,
)
from clearance.paper_forms import EMPTY
from clearance.request import read_json, read_whole
from clearance.roles import Officer, Permission
from clearance.shapes import Leaf, Record, one_of
from clearance.text import clean
from register.paper_forms.ledger import PaperFormLedger
from register.paper_forms.records import BranchBalance

_LONGEST_PROVINCE = 100
_COLUMNS = (
    "province",
    "branch_code",
    "branch_name",
    *balance_object(EMPTY),
    "handed_over",
    "outstanding",
)
_PLACE = Record(
    members={
        "province": Leaf(json_type=str, parse=lambda text: clean(text, limit=_LONGEST_PROVINCE)),
        "branch": Leaf(json_type=str, parse=BranchCode.parse),
        "format": one_of("json", "csv"),
    },
    optional=frozenset({"province", "branch", "format"}),
    build=lambda **members: members,
)

# Which of the two permissions an act asks for, the ledger decides; here only who may look.
_reading = officer_with(Permission.SUPERVISE)
Reading = Annotated[Officer, Depends(_reading)]


Body = Annotated[bytes, Depends(json_body(_reading))]
Province = Annotated[str | None, Query(description="Of one province.")]
Branch = Annotated[str | None, Query(description="Of one branch.")]

router = APIRouter(tags=["paper forms"])

TheLedger = Annotated[PaperFormLedger, Depends(office_part(lambda office: office.paper))]


@router.post(
    "/v1/paper-ranges",
    status_code=HTTPStatus.CREATED,
    openapi_extra=takes(allotment_schema(), ALLOTMENT_EXAMPLE),
)
def allot(ledger: TheLedger, officer: Reading, body: Body) -> RangeAnswer:
    """Give serials of Form 22 to a branch of one's province; no two ranges overlap."""
    return range_answer(ledger.allot(parse_allotment(read_json(body)), officer))


@router.get("/v1/paper-ranges", openapi_extra=KEY_ONLY)
def ranges(
    ledger: TheLedger, officer: Reading, province: Province = None, branch: Branch = None
) -> RangeList:
    """List the ranges that branches were given."""
    place = _place(province, branch)
    found = ledger.ranges(officer.reach, province=place["province"], code=place["branch"])
    return RangeList(ranges=list(map(range_answer, found)))


@router.post(
    "/v1/paper-forms/states",
    status_code=HTTPStatus.NO_CONTENT,
    openapi_extra=takes(entries_schema(), ENTRIES_EXAMPLE),
)
def record(ledger: TheLedger, officer: Reading, body: Body) -> Response:
    """Record what became of serials of one's branch: all of the entries, or none."""
    ledger.record(parse_entries(read_json(body)), officer)
    return Response(status_code=HTTPStatus.NO_CONTENT)


@router.get(
    "/v1/paper-ledger",
    response_model=LedgerAnswer,
    responses={200: {"content": {"text/csv": {"schema": {"type": "string"}}}}},
    openapi_extra=KEY_ONLY,
)
def balances(
    ledger: TheLedger,
    officer: Reading,
    province: Province = None,
    branch: Branch = None,
    format: Annotated[  # noqa: A002 - the name in the address
        str, Query(description="`csv` answers the lines alone.")
    ] = "json",
) -> Response:
    """Balance the ledger: allotted against the sum of the states; and who is late."""
    place = _place(province, branch, format)
    lines = ledger.balances(officer.reach, province=place["province"], code=place["branch"])
    if place["format"] == "csv":
        return _csv(lines)
    total = sum((each.balance for each in lines), EMPTY)
    shown = {each.branch_code for each in lines}
    late = ledger.late(officer.reach, province=place["province"])
    answer = LedgerAnswer(
        lines=list(map(ledger_line, lines)),
        total=BalanceAnswer(**balance_object(total)),
        deadline=ledger.deadline.isoformat(),
        late=[
            late_answer(each)
            for each in late
            if each.branch_code in shown or (each.branch_code is None and place["branch"] is None)
        ],
    )
    return JSONResponse(answer.model_dump(mode="json"))


@router.post(
    "/v1/paper-minutes",
    status_code=HTTPStatus.CREATED,
    openapi_extra=takes(draft_schema(), DRAFT_EXAMPLE),
)
def draw_up(ledger: TheLedger, officer: Reading, body: Body, response: Response) -> MinutesAnswer:
    """Draw minutes up: of a branch, of a province, a despatch or a report (R12, R13)."""
    answer = minutes_answer(ledger.draw_up(parse_draft(read_json(body)), officer))
    response.headers["Location"] = answer.links.self
    return answer


@router.get("/v1/paper-minutes", openapi_extra=KEY_ONLY)
def all_minutes(ledger: TheLedger, officer: Reading) -> MinutesList:
    """List the minutes within one's reach."""
    found = ledger.all_minutes(officer.reach)
    return MinutesList(minutes=list(map(minutes_answer, found)))


@router.post(
    "/v1/paper-minutes/{number}/closing",
    openapi_extra=takes(closing_schema(), CLOSING_EXAMPLE),
)
def close(ledger: TheLedger, number: str, officer: Reading, body: Body) -> MinutesAnswer:
    """Close minutes: refused while totals differ; then final, and sealed by itself."""
    closing = parse_closing(read_json(body))
    return minutes_answer(ledger.close(_number(number), closing, officer))


@router.get("/v1/paper-minutes/{number}", openapi_extra=KEY_ONLY)
def minutes(ledger: TheLedger, number: str, officer: Reading) -> MinutesAnswer:
    """Read minutes; of a draft, the balance of now."""
    return minutes_answer(ledger.minutes(_number(number), officer.reach))


@router.get(
    "/v1/paper-minutes/{number}/document",
    response_class=Response,
    responses={200: {"content": {PDF_TYPE: {"schema": {"type": "string", "format": "binary"}}}}},
    openapi_extra=KEY_ONLY,
)
def document(ledger: TheLedger, number: str, officer: Reading, context: TheContext) -> Response:
    """Fetch the sealed PDF."""
    record = ledger.minutes(_number(number), officer.reach)
    if record.document_sha256 is None:
        raise Conflict("paper.not_sealed_yet")
    return Response(
        context.services.clearances.read_document(record.document_sha256),
        media_type=PDF_TYPE,
        headers={
            "ETag": f'"{record.document_sha256}"',
            "Cache-Control": "private, no-cache",
            "Content-Disposition": f'attachment; filename="minutes-{record.number}.pdf"',
        },
    )


def _number(text: str) -> MinutesNumber:
    try:
        return MinutesNumber.parse(text)
    except InvalidValue as error:
        raise NotFound("paper.minutes_not_found", parameters={"number": text}) from error


def _place(province: str | None, branch: str | None, form: str = "json") -> dict[str, Any]:
    asked = {"province": province, "branch": branch, "format": form}
    place: Any = read_whole(_PLACE, asked, now=None)
    return dict(place)


def _csv(lines: tuple[BranchBalance, ...]) -> Response:
    return csv_file("paper-ledger", _COLUMNS, map(_cells, lines))


def _cells(line: BranchBalance) -> tuple[str | int | None, ...]:
    counts = balance_object(line.balance).values()
    place = (line.province, line.branch_code, line.branch_name)
    return (*place, *counts, line.handed_over, line.outstanding)
