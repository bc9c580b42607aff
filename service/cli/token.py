"""``mohr token``: the QR token, checked without database or network."""

import json
from pathlib import Path
from typing import Annotated

import typer
from rich.text import Text

from api.messages import page_text, reason_text
from clearance.clock import system_clock
from clearance.errors import InvalidValue
from clearance.token import TokenClaims
from service.cli.console import err, out, report
from verifier.report import token_verdict_object
from verifier.status_list import read_status_list
from verifier.token import TokenKeys, load_trust, verify_token

app = typer.Typer(no_args_is_help=True, help="Check QR tokens offline.")


@app.callback()
def _group() -> None:
    """Check QR tokens offline."""


@app.command("verify")
def verify(
    token: Annotated[
        str, typer.Argument(metavar="TOKEN", help="The token, or the whole address in the QR code.")
    ],
    trust: Annotated[
        Path,
        typer.Option(
            exists=True,
            dir_okay=False,
            help="Token keys: COSE key set, JWKS, or PEM certificates.",
        ),
    ],
    status_list: Annotated[
        Path | None,
        typer.Option(
            exists=True,
            dir_okay=False,
            help="The status list that the token names, as it was fetched.",
        ),
    ] = None,
) -> None:
    """Check a token against trusted keys, with no database and no network.

    It proves who stated the facts. Whether they still hold is told by the status list that the
    token names, if one is given that has not expired, or else by the register alone.
    Exit status: 0 the signature holds (and the clearance was in force when the list was made), 1 it
    does not, 2 the list says nothing, 3 the clearance is withdrawn.

    Example: mohr token verify 2KZU...Q --trust token-keys.cose --status-list 0.cwt
    """
    keys = load_trust(trust.read_bytes())
    verdict = verify_token(token.rsplit("/", 1)[-1], keys)
    out.print_json(json.dumps(token_verdict_object(verdict), ensure_ascii=False))
    if verdict.claims is None:
        err.print(Text(reason_text(verdict.reason).en))
        raise typer.Exit(1)
    if status_list is not None:
        _demand_in_force(verdict.claims, status_list.read_bytes(), keys)


def _demand_in_force(claims: TokenClaims, status_list: bytes, keys: TokenKeys) -> None:
    """End with 3 if the list says that the clearance is withdrawn, with 2 if it says nothing."""
    try:
        said = read_status_list(status_list, keys, uri=claims.status_list_uri, now=system_clock())
        withdrawn = said.is_withdrawn(claims.status_list_index)
    except InvalidValue as error:
        report(error)
        raise typer.Exit(2) from error
    if withdrawn:
        text = page_text("outcomes", "withdrawn", "register", "heading")
        err.print(Text(f"{text.fa}\n{text.en}", style="bold yellow"))
        raise typer.Exit(3)
