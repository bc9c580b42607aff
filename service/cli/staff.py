"""``mohr staff``: the accounts of the panel, from the machine's own terminal."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from clearance.errors import InvalidValue
from clearance.identifiers import BranchCode
from clearance.roles import Reach, Role
from service.cli.console import err, out
from service.settings import home_folder, load_settings

if TYPE_CHECKING:
    from register.staff.records import StaffMember
    from register.staff.service import Staff

app = typer.Typer(no_args_is_help=True, help="Accounts of those who use the panel.")

ACTOR = "operator"

Username = Annotated[str, typer.Argument(metavar="USERNAME")]


@app.command()
def add(
    username: Username,
    full_name: Annotated[str, typer.Option(help="Name of the person, as the panel shows it.")],
    role: Annotated[Role, typer.Option(help="Office that the person holds.")],
    branch: Annotated[
        str | None, typer.Option(help="Code of the branch, for a role of a branch.")
    ] = None,
    province: Annotated[
        str | None, typer.Option(help="Name of the province, for its supervisor.")
    ] = None,
) -> None:
    """Add an account, and show its one-time password, which the first login changes.

    Example: mohr staff add admin --full-name "Maryam Rezaei" --role administrator
    """
    reach = Reach(
        province=province, branch=BranchCode.parse(branch) if branch is not None else None
    )
    with _staff() as staff:
        member, password = staff.accounts.add(
            username, full_name, role=role, reach=reach, actor=ACTOR
        )
    _hand_out(member, password)


@app.command("list")
def show() -> None:
    """List accounts, their roles and reach, and which are locked.

    Example: mohr staff list
    """
    table = Table("user name", "name", "role", "reach", "second factor", "last login", "locked")
    with _staff() as staff:
        for member in staff.accounts.list():
            table.add_row(
                member.username,
                member.full_name,
                member.role.value,
                member.reach.branch or member.reach.province or "-",
                "yes" if member.has_second_factor else "no",
                f"{member.last_login_at:%Y-%m-%d %H:%M} UTC" if member.last_login_at else "never",
                f"{member.locked_at:%Y-%m-%d %H:%M} UTC" if member.locked_at else "",
            )
    out.print(table)


@app.command()
def lock(username: Username) -> None:
    """Lock an account out at once: its sessions and its API keys end.

    Example: mohr staff lock a.karimi
    """
    with _staff() as staff:
        staff.accounts.lock(username, actor=ACTOR)
    out.print(f"{username} is locked out")


@app.command()
def unlock(username: Username) -> None:
    """Let an account in again, and forget its failed attempts.

    Example: mohr staff unlock a.karimi
    """
    with _staff() as staff:
        staff.accounts.unlock(username, actor=ACTOR)
    out.print(f"{username} may log in again")


@app.command()
def reset(
    username: Username,
    *,
    password: Annotated[bool, typer.Option("--password", help="Hand out a new password.")] = False,
    second_factor: Annotated[
        bool, typer.Option("--second-factor", help="Have a new second factor set up.")
    ] = False,
) -> None:
    """Reset how a person logs in, and end their sessions.

    Example: mohr staff reset a.karimi --password --second-factor
    """
    if not password and not second_factor:
        raise InvalidValue("staff.nothing_to_reset")
    with _staff() as staff:
        if second_factor:
            staff.accounts.reset_second_factor(username, actor=ACTOR)
            out.print(f"{username} sets up a new second factor at the next login")
        if password:
            _hand_out(*staff.accounts.reset_password(username, actor=ACTOR))


def _hand_out(member: "StaffMember", password: str) -> None:
    err.print(
        f"{member.username}: hand this one-time password over in person, it is not shown again "
        f"and serves until {member.one_time_until:%Y-%m-%d}"
    )
    print(password)  # noqa: T201 - plain, for a pipe


@contextmanager
def _staff() -> Iterator["Staff"]:
    from service.wiring.memory import open_memory
    from service.wiring.panel import open_staff_of

    settings = load_settings(home_folder())
    with open_memory(settings) as memory:
        yield open_staff_of(settings, memory.engine)
