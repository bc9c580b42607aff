"""Accounts of the invented province's staff, for looking at its panel."""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass

from clearance.directory import BranchRecord
from clearance.errors import NotFound
from clearance.roles import Officer, Reach, Role
from demonstration.invented import WORDS
from register.staff.accounts import Accounts

ACTOR = "demonstration"


@dataclass(frozen=True, kw_only=True)
class Account:
    """An account, with its one-time password if it was made just now."""

    username: str
    officer: Officer
    password: str | None


def provide_headquarters(accounts: Accounts, province: str) -> Iterator[Account]:
    """Yield the province's supervisor, the auditor and the administrator, in this order."""
    for username, full_name, role, reach in (
        ("supervisor", WORDS["supervisor"], Role.PROVINCIAL_SUPERVISOR, Reach(province=province)),
        ("auditor", WORDS["auditor"], Role.HEADQUARTERS_AUDITOR, Reach()),
        ("administrator", WORDS["administrator"], Role.ADMINISTRATOR, Reach()),
    ):
        yield _provide(accounts, username, full_name, role, reach)


def provide_officer(accounts: Accounts, branch: BranchRecord) -> Account:
    """Return the officer of a branch."""
    reach = Reach(branch=branch.code)
    username, full_name = (
        f"officer-{branch.code}",
        WORDS["branch_officer"].format(branch=branch.name),
    )
    return _provide(accounts, username, full_name, Role.BRANCH_OFFICER, reach)


def _provide(
    accounts: Accounts, username: str, full_name: str, role: Role, reach: Reach
) -> Account:
    with suppress(NotFound):
        officer = accounts.find(username).officer()
        return Account(username=username, officer=officer, password=None)
    member, password = accounts.add(username, full_name, role=role, reach=reach, actor=ACTOR)
    return Account(username=username, officer=member.officer(), password=password)
