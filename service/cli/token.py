"""``mohr token``: the QR token, checked without database or network."""

import json
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.text import Text

from clearance.clock import format_moment, system_clock
from clearance.errors import InvalidValue
from clearance.token import TokenClaims
from service.cli.console import err, out, report
from templates.catalogues import page_text, reason_text
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

    It proves who stated the facts, not that the paper says the same. Whether they still hold is
    told by the status list that the token names, if one is given that has not expired, or else by
    the register alone.

    Example of what is fetched before, and of the check without and with a status list:

    curl -O https://HOST/.well-known/token-keys.cose

    curl -o 0.cwt https://HOST/s/0

    mohr token verify 2KCE...HQ --trust token-keys.cose

    mohr token verify HTTPS://HOST/Q/2KCE...HQ --trust token-keys.cose --status-list 0.cwt

    Exit status: 0 the signature holds (and the clearance was not withdrawn when the list was made),
    1 the token or the trust file proves nothing, 2 the list says nothing of the clearance, or the
    command is written wrongly, 3 the clearance is withdrawn.
    """
    keys = load_trust(trust.read_bytes())
    verdict = verify_token(token.strip().rsplit("/", 1)[-1], keys)
    told = token_verdict_object(verdict)
    if verdict.claims is None:
        _print(told)
        text = reason_text(verdict.reason)
        err.print(Text(f"{text.fa}\n{text.en}"))
        raise typer.Exit(1)
    if status_list is None:
        _print(told)
        return
    try:
        status = _status(verdict.claims, status_list.read_bytes(), keys)
    except InvalidValue as error:
        _print(told | {"status": None})
        report(error)
        raise typer.Exit(2) from error
    _print(told | {"status": status})
    if status["withdrawn"]:
        text = page_text("outcomes", "withdrawn", "register", "heading")
        err.print(Text(f"{text.fa}\n{text.en}", style="bold yellow"))
        raise typer.Exit(3)


def _status(claims: TokenClaims, status_list: bytes, keys: TokenKeys) -> dict[str, Any]:
    """Return what the list says of the clearance, and of what time it says it."""
    said = read_status_list(status_list, keys, uri=claims.status_list_uri, now=system_clock())
    return {
        "withdrawn": said.is_revoked(claims.status_list_index),
        "as_of": format_moment(said.issued_at),
        "ttl_seconds": int(said.ttl.total_seconds()),
        "expires_at": format_moment(said.expires_at),
    }


def _print(told: dict[str, Any]) -> None:
    out.print_json(json.dumps(told, ensure_ascii=False))
