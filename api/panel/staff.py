"""Accounts of staff, for administrators."""

from collections.abc import Callable
from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from api.panel.config import Panel
from api.panel.forms import Form, SentForm, Wrong, wrong_of
from api.panel.listings import Listing
from api.panel.shell import done, panel_page
from api.panel.tables import Badge, Code
from api.panel.visits import ThePanel, officer_of_session
from api.panel.words import ROLES, branch_word, office_of, said, words
from clearance.certificate import Branch
from clearance.errors import Conflict, InvalidValue
from clearance.identifiers import BranchCode
from clearance.roles import Officer, Permission, Reach, Role
from register.staff.records import StaffMember

router = APIRouter(include_in_schema=False)

Administrator = Annotated[Officer, Depends(officer_of_session(Permission.MANAGE_STAFF))]


def _state(member: StaffMember) -> Badge:
    if member.locked_at is not None:
        return Badge(**words("account_states")["locked"])
    if member.one_time_until is not None:
        return Badge(**words("account_states")["first_login"])
    return Badge(**words("account_states")["open"])


_ACCOUNTS = Listing[StaffMember](
    name="staff",
    columns={
        "username": lambda member: Code(text=member.username, href=_address(member)),
        "name": lambda member: member.full_name,
        "role": lambda member: ROLES[member.role],
        "reach": lambda member: office_of(member.reach),
        "second_factor": lambda member: words("second_factor")[
            "yes" if member.has_second_factor else "no"
        ],
        "last_login_at": lambda member: member.last_login_at,
        "state": _state,
    },
)


@router.get("/panel/staff")
def show_staff(request: Request, _: Administrator, panel: ThePanel) -> Response:
    """List the accounts."""
    return panel_page(request, "staff.html", data=_ACCOUNTS.table(panel.staff.accounts.list()))


@router.get("/panel/staff/new")
def show_new(request: Request, _: Administrator, panel: ThePanel) -> Response:
    """Ask for a new account."""
    return _new_page(request, panel, Form(fields=()))


@router.post("/panel/staff/new")
def add(request: Request, officer: Administrator, form: SentForm, panel: ThePanel) -> Response:
    """Add the account and show its one-time password once."""
    try:
        role, reach = _role_and_reach(form, panel.staff.accounts.branches())
        member, password = panel.staff.accounts.add(
            form.text("username"), form.text("full_name"), role=role, reach=reach, actor=officer.id
        )
    except (InvalidValue, Conflict) as error:
        return _new_page(request, panel, form, wrong=wrong_of(error, "full_name"))
    return panel_page(request, "one-time-password.html", member=member, password=password)


@router.get("/panel/staff/accounts/{username}")
def show_member(
    request: Request, username: str, officer: Administrator, panel: ThePanel
) -> Response:
    """Show one account and what can be done with it."""
    return _member_page(request, panel, officer, panel.staff.accounts.find(username))


@router.post("/panel/staff/accounts/{username}/role")
def change_role(
    request: Request, username: str, officer: Administrator, form: SentForm, panel: ThePanel
) -> Response:
    """Give another role and reach."""
    accounts = panel.staff.accounts
    try:
        role, reach = _role_and_reach(form, accounts.branches())
        member = accounts.change_role(username, role=role, reach=reach, actor=officer.id)
    except InvalidValue as error:
        member = accounts.find(username)
        return _member_page(request, panel, officer, member, form=form, wrong=wrong_of(error))
    return done(
        request,
        _address(member),
        said("role_changed", name=member.full_name, role=ROLES[role], office=office_of(reach)),
    )


@router.post("/panel/staff/accounts/{username}/lock")
def lock(
    request: Request, username: str, officer: Administrator, _: SentForm, panel: ThePanel
) -> Response:
    """Lock the account out."""
    return _acted(request, officer, username, panel.staff.accounts.lock, "locked")


@router.post("/panel/staff/accounts/{username}/unlock")
def unlock(
    request: Request, username: str, officer: Administrator, _: SentForm, panel: ThePanel
) -> Response:
    """Let the account in again."""
    return _acted(request, officer, username, panel.staff.accounts.unlock, "unlocked")


@router.post("/panel/staff/accounts/{username}/second-factor")
def reset_second_factor(
    request: Request, username: str, officer: Administrator, _: SentForm, panel: ThePanel
) -> Response:
    """Have a new second factor set up at the next login."""
    return _acted(
        request,
        officer,
        username,
        panel.staff.accounts.reset_second_factor,
        "second_factor_reset",
    )


@router.post("/panel/staff/accounts/{username}/password")
def reset_password(
    request: Request, username: str, officer: Administrator, _: SentForm, panel: ThePanel
) -> Response:
    """Make a one-time password and show it once."""
    member, password = panel.staff.accounts.reset_password(username, actor=officer.id)
    return panel_page(request, "one-time-password.html", member=member, password=password)


def _address(member: StaffMember) -> str:
    return f"/panel/staff/accounts/{member.username}"


def _acted(
    request: Request,
    officer: Officer,
    username: str,
    act: Callable[..., StaffMember],
    notice: str,
) -> Response:
    member = act(username, actor=officer.id)
    return done(request, _address(member), said(notice, name=member.full_name))


def _role_and_reach(form: Form, branches: tuple[Branch, ...]) -> tuple[Role, Reach]:
    try:
        role = Role(form.text("role"))
    except ValueError as error:
        raise InvalidValue("staff.role_missing", field="/role") from error
    code, province = form.text("branch"), form.text("province")
    if code and code not in {branch.code for branch in branches}:
        raise InvalidValue("staff.branch_unknown", field="/branch")
    if province and province not in {branch.province for branch in branches}:
        raise InvalidValue("staff.branch_unknown", field="/province")
    return role, Reach(province=province or None, branch=BranchCode.parse(code) if code else None)


def _new_page(
    request: Request, panel: Panel, form: Form, *, wrong: Wrong | None = None
) -> Response:
    return panel_page(
        request,
        "staff-new.html",
        status=HTTPStatus.UNPROCESSABLE_ENTITY if wrong else HTTPStatus.OK,
        username=form.text("username"),
        full_name=form.text("full_name"),
        wrong=wrong or {},
        **_choices(panel, form),
    )


def _member_page(
    request: Request,
    panel: Panel,
    officer: Officer,
    member: StaffMember,
    *,
    form: Form | None = None,
    wrong: Wrong | None = None,
) -> Response:
    stands = (
        ("role", member.role.value),
        ("branch", member.reach.branch or ""),
        ("province", member.reach.province or ""),
    )
    return panel_page(
        request,
        "staff-member.html",
        status=HTTPStatus.UNPROCESSABLE_ENTITY if wrong else HTTPStatus.OK,
        member=member,
        member_role=ROLES[member.role],
        member_office=office_of(member.reach),
        sessions=panel.staff.sessions.of(member.id),
        is_own=member.id == officer.id,
        wrong=wrong or {},
        **_choices(panel, form or Form(fields=stands)),
    )


def _choices(panel: Panel, form: Form) -> dict[str, object]:
    branches = panel.staff.accounts.branches()
    return {
        "roles": tuple((role.value, word) for role, word in ROLES.items()),
        "branches": tuple(
            (each.code, branch_word(each.code, each.name, each.province)) for each in branches
        ),
        "provinces": tuple(
            (name, name) for name in dict.fromkeys(each.province for each in branches)
        ),
        "chosen_role": form.text("role"),
        "chosen_branch": form.text("branch"),
        "chosen_province": form.text("province"),
    }
