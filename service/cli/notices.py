"""``mohr notices``: what could not be delivered, and the secret of the webhook."""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated
from uuid import UUID

import typer

from service.cli.console import err, out
from service.settings import home_folder, load_settings

if TYPE_CHECKING:
    from clearance.notices import Notice
    from register.inboxes import Notices

app = typer.Typer(no_args_is_help=True, help="Notices to work assigners' accounts.")

_AT_ONCE = 500
_ACTOR = "operator"


@app.command("dead")
def show(
    *, waiting: Annotated[bool, typer.Option(help="Those that are still tried instead.")] = False
) -> None:
    """List the notices that were not delivered and are no longer tried.

    Example: mohr notices dead
    """
    with _notices() as notices:
        for notice in _undelivered(notices, dead=not waiting):
            # One a line, never cut to the width of a terminal: the ids are for `resend`.
            out.print(
                f"{notice.id}  {notice.number}  {notice.event:<8}  {notice.attempts:>3} attempts  "
                f"{notice.last_error or ''}",
                soft_wrap=True,
                highlight=False,
            )


@app.command()
def resend(
    notice_id: Annotated[list[UUID] | None, typer.Argument(metavar="[ID]...")] = None,
    *,
    dead: Annotated[bool, typer.Option("--all", help="All that are dead.")] = False,
) -> None:
    """Have undelivered notices tried again from now on, for the whole time.

    Example: mohr notices resend --all
    """
    if dead == bool(notice_id):
        raise typer.BadParameter("name notices, or use --all")
    with _notices() as notices:
        chosen = notice_id or [notice.id for notice in _undelivered(notices, dead=True)]
        for each in chosen:
            notices.resend(each, actor=_ACTOR)
    out.print(f"notices to be sent again: {len(chosen)}")


@app.command("new-secret")
def new_secret(
    *,
    drop_former: Annotated[
        bool, typer.Option(help="Make none; drop the former one, which the receiver left.")
    ] = False,
) -> None:
    """Make a webhook secret and show it, for the receiver; the former one goes on signing too.

    Once the receiver knows the new one, drop the former with --drop-former.

    Example: mohr notices new-secret
    """
    from keys.files import write_durably
    from service.channels.webhook import new_secret, parse_secrets, secret_file

    file = secret_file(load_settings(home_folder()))
    known = parse_secrets(file.read_text()) if file.exists() else ()
    if drop_former:
        kept = known[:1]
        if not kept:
            raise typer.BadParameter("there is no secret yet")
    else:
        kept = (new_secret(secrets.token_bytes), *known[:1])
    write_durably(file, "".join(f"{each}\n" for each in kept).encode(), mode=0o600)
    if drop_former:
        out.print("one secret signs now")
        return
    err.print("give this secret to the receiver; it is in use from now on")
    print(kept[0])  # noqa: T201 - plain, for a pipe into a secret store


def _undelivered(notices: "Notices", *, dead: bool) -> Iterator["Notice"]:
    after = None
    while page := notices.undelivered(dead=dead, after=after, limit=_AT_ONCE):
        yield from page
        after = page[-1].id


@contextmanager
def _notices() -> Iterator["Notices"]:
    from clearance.clock import system_clock
    from register.inboxes import Notices
    from service.wiring.memory import open_memory

    with open_memory(load_settings(home_folder())) as memory:
        yield Notices(memory.engine, clock=system_clock)
