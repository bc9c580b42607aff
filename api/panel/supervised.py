"""What the pages of supervision share: who may see them, what was chosen, small cells."""

from collections.abc import Iterable
from typing import Annotated

from fastapi import Depends, Request

from api.panel.tables import Code
from api.panel.visits import officer_of_session
from api.panel.words import branch_word
from api.toolkit.dependencies import TheOffice
from clearance.errors import InvalidValue, NotFound
from clearance.identifiers import BranchCode, ClearanceNumber
from clearance.roles import Officer, Permission
from register.supervision.records import BranchName
from register.supervision.service import Supervision

Supervisor = Annotated[Officer, Depends(officer_of_session(Permission.SUPERVISE))]
"""Endpoint parameter: somebody who may see clearances, rows and figures within their reach."""


def supervision_of(office: TheOffice) -> Supervision:
    """Return what supervisors read."""
    return office.supervision


TheSupervision = Annotated[Supervision, Depends(supervision_of)]


def number_of(text: str) -> ClearanceNumber:
    """Read the number in a path; one that cannot be is one that is not there."""
    try:
        return ClearanceNumber.parse(text)
    except InvalidValue as error:
        raise NotFound("supervision.clearance_not_found") from error


def typed_text(request: Request, name: str) -> str:
    """Return what was typed into the address, without blanks around it."""
    return request.query_params.get(name, "").strip()


def chosen(request: Request, name: str, options: Iterable[str], default: str) -> str:
    """Return what was chosen in the address, or the default for anything that is not offered."""
    value = request.query_params.get(name, default)
    return value if value in set(options) else default


def chosen_branch(request: Request) -> BranchCode | None:
    """Return the branch that was chosen in the address, if it may be one."""
    try:
        return BranchCode.parse(request.query_params.get("branch", ""))
    except InvalidValue:
        return None


def branch_options(branches: Iterable[BranchName]) -> tuple[tuple[str, str], ...]:
    """Return the branches as options of a choice."""
    return tuple((each.code, branch_word(each.code, each.name, each.province)) for each in branches)


def clearance_link(number: str) -> Code:
    """Return a clearance's number that leads to its history."""
    return Code(text=number, href=f"/panel/clearances/{number}")


def row_link(key: object) -> Code:
    """Return a contract row's key that leads to it."""
    return Code(text=str(key), href=f"/panel/rows/{key}")
