"""``mohr token``: the QR token, checked without database or network."""

import json
from pathlib import Path
from typing import Annotated

import typer
from rich.text import Text

from api.messages import reason_text
from service.cli.console import err, out
from verifier.report import token_verdict_object
from verifier.token import load_trust, verify_token

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
) -> None:
    """Check a token against trusted keys, with no database and no network.

    It proves who stated the facts, not that they still hold: a withdrawal is known to the register
    alone. Exit status: 0 the signature holds, 1 it does not.

    Example: mohr token verify 2KZU...Q --trust token-keys.cose
    """
    verdict = verify_token(token.rsplit("/", 1)[-1], load_trust(trust.read_bytes()))
    out.print_json(json.dumps(token_verdict_object(verdict), ensure_ascii=False))
    if not verdict.valid:
        err.print(Text(reason_text(verdict.reason).en))
        raise typer.Exit(1)
