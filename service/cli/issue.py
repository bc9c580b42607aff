"""``mohr issue``: one request file becomes one sealed clearance."""

import os
from hashlib import sha256
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from clearance.canonical import canonical_bytes
from clearance.clock import system_clock
from clearance.errors import InvalidValue, Unavailable
from clearance.request import parse_request, read_json
from register.records import PendingClearance
from service.cli.console import err, out
from service.settings import home_folder, load_settings

CLIENT = "command-line"


def issue(
    request_file: Annotated[
        Path, typer.Argument(metavar="REQUEST.json", exists=True, dir_okay=False)
    ],
    output: Annotated[Path, typer.Option("--output", "-o", help="Where to write the PDF.")],
    idempotency_key: Annotated[
        str | None,
        typer.Option(
            help="Names this issuance. Without it the request's own content does, so that the "
            "same file never issues two clearances."
        ),
    ] = None,
) -> None:
    """Issue a clearance from a request file and write the sealed PDF.

    Example: mohr issue examples/ordinary-company.json -o clearance.pdf
    """
    from service.wiring.issuing import open_issuing_command

    if not os.access(output.parent, os.W_OK) or output.is_dir():
        raise InvalidValue("output.not_writable", parameters={"file": str(output)})
    body = read_json(request_file.read_bytes())
    request = parse_request(body, now=system_clock())
    request_hash = sha256(canonical_bytes(body)).digest()
    with (
        err.status("issuing"),
        open_issuing_command(load_settings(home_folder())) as issuing,
    ):
        result = issuing.issue(
            request,
            idempotency_key=idempotency_key or f"request-{request_hash.hex()}",
            request_hash=request_hash,
            client_id=CLIENT,
        )
        if isinstance(result, PendingClearance):
            raise Unavailable(
                "issuance.waiting",
                parameters={"number": result.number, "cause": result.last_error or ""},
            )
        issued = result.clearance
        document = issuing.documents.get(issued.document.sha256)
    output.write_bytes(document)
    table = Table(show_header=False, box=None)
    table.add_row("number", issued.number)
    table.add_row("verification code", issued.certificate.verification_code)
    table.add_row("document", str(output))
    out.print(table)
