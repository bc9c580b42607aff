"""``mohr clients``: who may call the API."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from clearance.errors import InvalidValue
from register.records import Scope
from service.cli.console import err, out
from service.settings import home_folder, load_settings

if TYPE_CHECKING:
    from register.clients import Clients

app = typer.Typer(no_args_is_help=True, help="API keys of those who may issue or read.")


@app.command()
def add(
    name: Annotated[
        str | None, typer.Argument(help="Which program gets the key, such as branch-backend.")
    ] = None,
    scope: Annotated[
        list[Scope] | None, typer.Option(help="What it may do; can be given several times.")
    ] = None,
    staff: Annotated[
        str | None,
        typer.Option(
            metavar="USERNAME",
            help="Make a key of this person's own instead: it may do what the person may do.",
        ),
    ] = None,
) -> None:
    """Make an API key. It is shown once; only a keyed hash of it is stored.

    Example: mohr clients add branch-backend --scope issue

    Example: mohr clients add --staff a.karimi
    """
    if (staff is None) == (name is None) or (staff is not None and scope):
        raise InvalidValue("client.name_or_staff")
    with _clients() as clients:
        if staff is not None:
            client, key = clients.add_personal(staff)
        else:
            client, key = clients.add(name or "", frozenset(scope or ()))
    err.print(f"client {client.id}: keep this key now, it is not shown again")
    print(key)  # noqa: T201 - plain, for a pipe into a secret store


@app.command("list")
def show() -> None:
    """List clients, their scopes and whether they are revoked.

    Example: mohr clients list
    """
    table = Table("id", "name", "scopes", "added", "revoked")
    with _clients() as clients:
        for client in clients.list():
            table.add_row(
                client.id,
                client.name,
                " ".join(sorted(client.scopes)),
                client.added_at.isoformat(timespec="seconds"),
                client.revoked_at.isoformat(timespec="seconds") if client.revoked_at else "",
            )
    out.print(table)


@app.command()
def revoke(client_id: Annotated[str, typer.Argument(metavar="ID")]) -> None:
    """Revoke a key at once.

    Example: mohr clients revoke 4f8c2a
    """
    with _clients() as clients:
        clients.revoke(client_id)
    out.print(f"client {client_id} revoked")


@contextmanager
def _clients() -> Iterator["Clients"]:
    from service.wiring.memory import open_memory

    with open_memory(load_settings(home_folder())) as memory:
        yield memory.clients
