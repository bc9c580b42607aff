"""The program ``mohr``."""

import sys
from importlib.metadata import version
from typing import Annotated

import typer

from clearance.errors import MohrError
from service.cli import batch, clients, directory, notices, staff, token
from service.cli.console import report
from service.cli.demo import demo
from service.cli.issue import issue
from service.cli.keys import keys_app
from service.cli.renew import renew
from service.cli.serve import serve
from service.cli.verify import verify
from service.cli.worker import worker

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
    help="Mohr: sealed clearances that anyone can check. State lies in MOHR_HOME (./var).",
)
app.command()(demo)
app.command()(serve)
app.command()(worker)
app.command()(issue)
app.command()(verify)
app.command()(renew)
app.add_typer(token.app, name="token")
app.add_typer(keys_app(), name="keys")
app.add_typer(clients.app, name="clients")
app.add_typer(batch.app, name="batch")
app.add_typer(directory.app, name="directory")
app.add_typer(staff.app, name="staff")
app.add_typer(notices.app, name="notices")


def _show_version(value: bool) -> None:  # noqa: FBT001 - typer's callback
    if value:
        print(version("mohr"))  # noqa: T201
        raise typer.Exit


@app.callback()
def _mohr(
    *,
    _version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Version.")
    ] = False,
) -> None:
    """Mohr: sealed clearances that anyone can check."""


def main() -> None:
    """Run the program; errors end as text with a code, never as a traceback."""
    try:
        app()
    except MohrError as error:
        sys.exit(report(error))
