"""``mohr keys``: the catalogue of keys, ceremonies, requests out, certificates in."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Annotated

import typer
from cryptography import x509
from rich import box
from rich.table import Table
from rich.text import Text

from clearance.clock import format_moment, system_clock
from clearance.errors import InvalidValue
from hsm.module import Token
from keys.catalogue import Catalogue, State
from keys.ceremony import carry_out, check_plan, write_request
from keys.certificates import import_certificate
from keys.plan import Plan, read_plan
from service.cli.console import err, out
from service.settings import home_folder, load_settings

OpenCatalogue = Callable[[], Catalogue]
OpenToken = Callable[[], AbstractContextManager[Token]]

_STATE_STYLES = {"active": "green", "planned": "cyan", "retired": "dim", "compromised": "red"}
_Label = Annotated[str, typer.Argument(help="Label of the key, as `mohr keys list` shows it.")]


def _open_catalogue() -> Catalogue:
    from service.wiring.trust import keys_folder

    return Catalogue.load(keys_folder(load_settings(home_folder())))


def _open_token() -> AbstractContextManager[Token]:
    from service.wiring.issuing import open_hsm

    return open_hsm(load_settings(home_folder()))


def keys_app(
    open_catalogue: OpenCatalogue = _open_catalogue, open_token: OpenToken = _open_token
) -> typer.Typer:
    """Make the commands over a way to open catalogue and token; neither is opened for help."""
    app = typer.Typer(no_args_is_help=True, help="Keys: what they are for, how they are made.")
    _add_list(app, open_catalogue)
    _add_ceremony(app, open_catalogue, open_token)
    _add_request(app, open_catalogue, open_token)
    _add_import(app, open_catalogue, open_token)
    _add_end(app, open_catalogue)
    return app


def _add_list(app: typer.Typer, open_catalogue: OpenCatalogue) -> None:
    @app.command("list")
    def show() -> None:
        """List the keys of the catalogue. No token is needed.

        Example: mohr keys list
        """
        catalogue = open_catalogue()
        table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
        for name in ("label", "purpose", "algorithm, mechanism", "state", "from, until (UTC)"):
            table.add_column(name, no_wrap=name == "label", overflow="fold")
        for key in catalogue.all():
            table.add_row(
                key.label,
                key.purpose.value,
                f"{key.algorithm}\n{key.mechanism}",
                f"[{_STATE_STYLES[key.state]}]{key.state}[/]",
                f"{key.not_before:%Y-%m-%d}\n{key.not_after:%Y-%m-%d}",
            )
        if not catalogue.all():
            err.print("no keys yet: make some with [bold]mohr keys ceremony PLAN.yaml[/]")
        out.print(table)


def _add_ceremony(app: typer.Typer, open_catalogue: OpenCatalogue, open_token: OpenToken) -> None:
    @app.command()
    def ceremony(
        plan_file: Annotated[
            Path, typer.Argument(metavar="PLAN.yaml", exists=True, dir_okay=False)
        ],
        *,
        confirm: Annotated[
            bool, typer.Option("--confirm", help="Carry the plan out; without it, only show it.")
        ] = False,
    ) -> None:
        """Make keys inside the token by a reviewed plan, with their certificate requests.

        Without --confirm the plan is checked and shown, and nothing is made.

        Example: mohr keys ceremony examples/ceremony.yaml

        Example: mohr keys ceremony examples/ceremony.yaml --confirm
        """
        reviewed = read_plan(plan_file.read_bytes())
        catalogue = open_catalogue()
        _print_plan(reviewed.plan, reviewed.sha256)
        with open_token() as token:
            check_plan(reviewed.plan, catalogue, token)
            if not confirm:
                err.print("nothing was made; carry it out with [bold]--confirm[/]")
                return
            outcome = carry_out(reviewed, catalogue, token, clock=system_clock)
        for made in outcome.keys:
            out.print(Text(made.label, style="bold"))
            out.print(f"  SHA-256 of the public key (SPKI): {made.spki_sha256}")
            out.print(Text(f"  certificate request: {made.request}"))
        out.print(Text(f"transcript: {outcome.transcript}"))


def _add_request(app: typer.Typer, open_catalogue: OpenCatalogue, open_token: OpenToken) -> None:
    @app.command("csr")
    def request(
        label: _Label,
        subject: Annotated[
            str, typer.Option(help="Distinguished name (RFC 4514), most specific part first.")
        ],
    ) -> None:
        """Write a certificate request for a key that is in the token already.

        Example: mohr keys csr seal-1 --subject "CN=Seal,O=Organization,C=IR"
        """
        try:
            name = x509.Name.from_rfc4514_string(subject)
        except ValueError as error:
            raise InvalidValue("keys.bad_subject") from error
        catalogue = open_catalogue()
        key = catalogue.get(label)
        with open_token() as token:
            out.print(Text(str(write_request(catalogue, token, key, name))))


def _add_import(app: typer.Typer, open_catalogue: OpenCatalogue, open_token: OpenToken) -> None:
    @app.command("import")
    def import_(
        label: _Label,
        certificate_file: Annotated[
            Path,
            typer.Argument(
                metavar="CERTIFICATE.pem",
                exists=True,
                dir_okay=False,
                help="The certificate, then its issuers upward, as PEM.",
            ),
        ],
    ) -> None:
        """Take in a key's certificate, which makes the key active within its window.

        Example: mohr keys import seal-1 seal-1.pem
        """
        catalogue = open_catalogue()
        pem = certificate_file.read_bytes()
        with open_token() as token:
            changed = import_certificate(catalogue, token, label, pem, at=system_clock())
        key = changed.get(label)
        out.print(
            f"{label} is {key.state.value} from {format_moment(key.not_before)} "
            f"until {format_moment(key.not_after)}"
        )


def _add_end(app: typer.Typer, open_catalogue: OpenCatalogue) -> None:
    @app.command()
    def end(
        label: _Label,
        *,
        compromised: Annotated[
            bool,
            typer.Option(
                "--compromised",
                help="Someone else may have signed with it: a token key is then no longer "
                "published, so that offline checks stop trusting it.",
            ),
        ] = False,
    ) -> None:
        """End a key for good: it signs no more. Running services see it at once.

        Example: mohr keys end token-1

        Example: mohr keys end token-1 --compromised
        """
        state = State.COMPROMISED if compromised else State.RETIRED
        open_catalogue().with_ended(label, state).save()
        out.print(f"{label} is {state.value}")


def _print_plan(plan: Plan, sha256: str) -> None:
    out.print(Text(plan.title, style="bold"))
    out.print(f"SHA-256 of the plan: {sha256}")
    for participant in plan.participants:
        out.print(Text(f"participant: {participant.name}, {participant.role}"))
    for key in plan.keys:
        out.print(Text(key.label, style="bold"))
        out.print(f"  {key.purpose}, {key.algorithm}, {key.mechanism}")
        out.print(f"  {format_moment(key.not_before)} until {format_moment(key.not_after)}")
        out.print(Text(f"  {key.subject.name().rfc4514_string()}"))
