"""``mohr clients``: who may call the API."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from clearance.errors import InvalidValue
from register.records import FileLimits, Scope
from service.cli.console import err, out
from service.settings import home_folder, load_settings

if TYPE_CHECKING:
    from register.clients import Clients

app = typer.Typer(no_args_is_help=True, help="API keys of those who may issue, read or verify.")

PerMinute = Annotated[
    int | None,
    typer.Option(
        metavar="FILES", help="How many files the key may verify in a minute; 600 at first."
    ),
]
Days = Annotated[
    int | None,
    typer.Option(
        min=1, max=3650, metavar="DAYS", help="After how many days the key ends; without it, never."
    ),
]
PerDay = Annotated[
    int | None,
    typer.Option(metavar="FILES", help="The same in a day of Tehran; 20,000 at first."),
]


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
    per_minute: PerMinute = None,
    per_day: PerDay = None,
    days: Days = None,
) -> None:
    """Make an API key. It is shown once; only a keyed hash of it is stored.

    Example: mohr clients add branch-backend --scope issue

    Example: mohr clients add tehran-municipality --scope verify --per-day 50000

    Example: mohr clients add --staff a.karimi --days 90
    """
    given = _given(per_minute, per_day)
    if (staff is None) == (name is None) or (staff is not None and (scope or given)):
        raise InvalidValue("client.name_or_staff")
    life = timedelta(days=days) if days else None
    with _clients() as clients:
        if staff is not None:
            client, key = clients.add_personal(staff, life=life)
        else:
            limits = FileLimits(**given) if given else None
            client, key = clients.add(name or "", frozenset(scope or ()), limits=limits, life=life)
    err.print(f"client {client.id}: keep this key now, it is not shown again")
    print(key)  # noqa: T201 - plain, for a pipe into a secret store


@app.command("list")
def show() -> None:
    """List clients, their scopes and limits, and whether they are revoked.

    Example: mohr clients list
    """
    table = Table("id", "name", "scopes", "files", "added", "expires", "revoked")
    with _clients() as clients:
        for client in clients.list():
            table.add_row(
                client.id,
                client.name,
                " ".join(sorted(client.scopes)),
                _limits(client.limits) if client.limits else "",
                f"{client.added_at:%Y-%m-%d}",
                f"{client.expires_at:%Y-%m-%d}" if client.expires_at else "",
                f"{client.revoked_at:%Y-%m-%d}" if client.revoked_at else "",
            )
    out.print(table)


@app.command()
def limit(
    client_id: Annotated[str, typer.Argument(metavar="ID")],
    per_minute: PerMinute = None,
    per_day: PerDay = None,
) -> None:
    """Change how many files a key may verify, from its next call on.

    What is not given stays as it is. What the key has used already counts.

    Example: mohr clients limit 4f8c2abc --per-day 100000
    """
    if not _given(per_minute, per_day):
        raise InvalidValue("client.limits_missing")
    with _clients() as clients:
        changed = clients.limit(client_id, per_minute=per_minute, per_day=per_day).limits
    if changed is not None:
        out.print(f"client {client_id}: {_limits(changed)}")


@app.command()
def revoke(client_id: Annotated[str, typer.Argument(metavar="ID")]) -> None:
    """Revoke a key at once.

    Example: mohr clients revoke 4f8c2abc
    """
    with _clients() as clients:
        clients.revoke(client_id)
    out.print(f"client {client_id} revoked")


def _given(per_minute: int | None, per_day: int | None) -> dict[str, int]:
    given = {"per_minute": per_minute, "per_day": per_day}
    return {name: limit for name, limit in given.items() if limit is not None}


def _limits(limits: FileLimits) -> str:
    return f"{limits.per_minute:,} files a minute, {limits.per_day:,} a day"


@contextmanager
def _clients() -> Iterator["Clients"]:
    from service.wiring.memory import open_memory

    with open_memory(load_settings(home_folder())) as memory:
        yield memory.clients
