"""``mohr demo``: the whole service on loopback, shown by issuing and verifying one clearance."""

import json
import logging
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from hashlib import sha256
from importlib.resources import files
from pathlib import Path
from typing import Annotated

import httpx
import typer
from rich.logging import RichHandler
from rich.panel import Panel
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from clearance.errors import Refused
from clearance.verdict import Outcome
from service.cli.console import EXIT_REFUSED, EXIT_UNAVAILABLE, err, out
from service.cli.stopping import wait_for_stop
from service.cli.verify import EXIT_CODES
from service.cli.verify_showing import STYLES
from service.settings import Settings, home_folder

TOUR = ("ordinary-company.json", "natural-person-contractor.json", "interim.json")
"""What the directory bears out; the first one is issued."""
STEPS = 9
REQUEST_SECONDS = 60

_AWAY = (httpx.codes.ACCEPTED, httpx.codes.SERVICE_UNAVAILABLE)

Say = Callable[[str], None]


@dataclass(frozen=True, kw_only=True)
class Demonstration:
    """What the demo made."""

    number: str
    verification_code: str
    document: str
    """Path of the sealed PDF."""
    verify_url: str
    """Address in the QR code."""
    token: str
    """The QR token."""
    outcome: Outcome
    """The verifier's outcome for the document."""


def demo(
    *,
    once: Annotated[
        bool, typer.Option("--once", help="Stop after issuing and verifying; do not serve on.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
    request_file: Annotated[
        Path | None, typer.Option("--request", exists=True, dir_okay=False, help="What to issue.")
    ] = None,
    province: Annotated[
        bool,
        typer.Option(
            "--province/--no-province",
            help="Load an invented province, so that the panel has something to show.",
        ),
    ] = True,
) -> None:
    """Start everything on loopback, issue a clearance, verify it, and keep serving.

    All state lies in MOHR_HOME (default ./var). The seals come from a development authority and
    prove nothing to the outside. The first start also loads an invented province of 12 branches and
    300 clearances, which takes a minute or two and goes on at the next start if it is broken off.

    Example: mohr demo

    Example: MOHR_HOME=/tmp/another mohr demo --once --json --no-province
    """
    from api.app import create_app
    from demonstration.filling import seed_directory
    from demonstration.province_load import accounts_file, load_demonstration
    from service.home import demo_api_key, prepare_development_home
    from service.web import WebServer
    from service.wiring.jobs import make_worker
    from service.wiring.memory import open_memory
    from service.wiring.web import open_parts

    request = request_file.read_bytes() if request_file else _example(TOUR[0])
    with ExitStack() as running:
        with _progress() as progress:
            logging.basicConfig(
                level=logging.WARNING,
                format="%(message)s",
                handlers=[RichHandler(console=progress.console, show_time=False, show_path=False)],
            )
            task = progress.add_task("", total=STEPS)

            def say(step: str) -> None:
                progress.update(task, description=step, advance=1)

            settings = prepare_development_home(home_folder(), say)
            say("database, authority, token and sandbox")
            memory = running.enter_context(open_memory(settings, migrating=True))
            say("directory")
            seed_directory((request, *map(_example, TOUR)), settings, memory)
            parts = running.enter_context(open_parts(settings, memory))
            if parts.issuing is None:
                raise Refused("settings.demo_needs_keys")
            running.enter_context(WebServer(create_app(parts.services), settings.web))
            made = _demonstrate(settings, demo_api_key(settings, memory.clients), request, say)
        _show(made, settings.web.public_url, as_json=as_json)
        # Started again, it finds the clearance of the first start, which may be revoked by now.
        if made.outcome not in (Outcome.AUTHENTIC, Outcome.WITHDRAWN):
            raise typer.Exit(EXIT_CODES[made.outcome])
        if province:
            with _progress() as progress:
                load_demonstration(
                    settings,
                    memory,
                    parts.issuing,
                    lambda planned: progress.track(planned, description="clearances of a province"),
                )
            err.print(f"panel: {settings.web.public_url}/panel")
            err.print(f"accounts with their one-time passwords: {accounts_file(settings)}")
        running.enter_context(make_worker(settings, memory, parts.issuing))
        if not once:
            err.print(f"serving on {settings.web.public_url}/ until interrupted (Ctrl-C)")
            wait_for_stop()


def _demonstrate(settings: Settings, api_key: str, request: bytes, say: Say) -> Demonstration:
    """Issue and verify over HTTP, as any caller would."""
    address = _loopback(settings.web.host, settings.web.port)
    with httpx.Client(base_url=address, timeout=REQUEST_SECONDS, trust_env=False) as http:
        say("issuing a clearance")
        authorization = {"Authorization": f"Bearer {api_key}"}
        issued = _checked(
            http.post(
                "/v1/clearances",
                content=request,
                headers=authorization
                | {
                    "Content-Type": "application/json",
                    # A row has one final clearance: the same request answers the same one.
                    "Idempotency-Key": f"demo-{sha256(request).hexdigest()}",
                },
            )
        ).json()
        number = issued["number"]
        pdf = _checked(http.get(f"/v1/clearances/{number}/document", headers=authorization)).content
        document = settings.home / "demo" / f"{number}.pdf"
        document.parent.mkdir(mode=0o700, exist_ok=True)
        document.write_bytes(pdf)
        say("verifying it")
        verdict = _checked(
            http.post("/v1/verifications", content=pdf, headers={"Content-Type": "application/pdf"})
        ).json()
    return Demonstration(
        number=number,
        verification_code=issued["verification_code"],
        document=str(document),
        verify_url=issued["links"]["verify"],
        token=issued["token"],
        outcome=Outcome(verdict["outcome"]),
    )


def _checked(response: httpx.Response) -> httpx.Response:
    """Return ``response`` if it is what was asked for; otherwise say why not, and end."""
    if response.status_code in (httpx.codes.OK, httpx.codes.CREATED):
        return response
    problem = response.json()
    problem = problem.get("last_error") or problem
    err.print(Text(problem["code"], style="bold red"))
    err.print(Text(f"  {problem['message']['fa']}\n  {problem['message']['en']}"))
    raise typer.Exit(EXIT_UNAVAILABLE if response.status_code in _AWAY else EXIT_REFUSED)


def _show(made: Demonstration, public_url: str, *, as_json: bool) -> None:
    if as_json:
        print(json.dumps(asdict(made)))  # noqa: T201 - one JSON object, unstyled
        return
    table = Table.grid(padding=(0, 2))
    table.add_column()
    table.add_column(overflow="fold")
    table.add_row("number", made.number)
    table.add_row("verification code", made.verification_code)
    table.add_row("document", made.document)
    table.add_row("outcome", Text(made.outcome, style=STYLES.get(made.outcome, "bold red")))
    table.add_row("verify a file", f"{public_url}/")
    table.add_row("QR address", made.verify_url)
    table.add_row("OpenAPI", f"{public_url}/openapi.json")
    out.print(Panel(table, title="Mohr", title_align="left", expand=False))


def _progress() -> Progress:
    return Progress(
        SpinnerColumn(),
        BarColumn(bar_width=24),
        TextColumn("{task.completed}/{task.total}"),
        TimeElapsedColumn(),
        TextColumn("{task.description}"),
        console=err,
        transient=True,
    )


def _loopback(host: str, port: int) -> str:
    """Return the address under which the server listening on ``host`` is reached from here."""
    reachable = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(host, host)  # noqa: S104 - a comparison
    return f"http://{reachable}:{port}"


def _example(name: str) -> bytes:
    return files("examples").joinpath(name).read_bytes()
