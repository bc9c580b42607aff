"""``mohr renew``: make the archival revisions that are due."""

from typing import TYPE_CHECKING, Annotated

import typer

from clearance.errors import Conflict, MohrError
from clearance.text import ascii_digits
from service.cli.console import EXIT_UNAVAILABLE, err, out, report
from service.settings import home_folder, load_settings

if TYPE_CHECKING:
    from collections.abc import Sequence

    from register.archive import Archive
    from register.archive_records import Due
    from signer.archiving import Archiving

_CAUSES = {
    "none_yet": "no archival revision yet",
    "certificate_ends": "a certificate of its timestamp ends",
    "algorithm_weak": "an algorithm of its timestamp grows weak",
    "anchor_retires": "the trust anchor of its timestamp retires",
}


def renew(
    numbers: Annotated[
        list[str] | None, typer.Argument(metavar="[NUMBER]...", help="Of these documents only.")
    ] = None,
    *,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="List what is due, do nothing.")] = (
        False
    ),
    limit: Annotated[int, typer.Option(min=1, max=100_000, help="At most so many.")] = 1000,
) -> None:
    """Make and renew the archival revisions that are due, as the workers do by themselves.

    Renewals come first, those that end soonest before the others. Needs timestamp authority and
    revocation services, but no token. Ends with 2 if any could not be made: they stay due.

    Example: mohr renew --dry-run
    """
    from service.wiring.archiving import open_archive_command, open_archiving_command

    settings = load_settings(home_folder())
    if dry_run:
        with open_archive_command(settings) as archive:
            _list(_due(archive, numbers, limit))
        return
    with open_archiving_command(settings) as archiving:
        made, failed = _make(archiving, _due(archiving.archive, numbers, limit))
    out.print(f"archival revisions made: {made}, failed: {failed}")
    if failed:
        raise typer.Exit(EXIT_UNAVAILABLE)


def _due(archive: "Archive", numbers: list[str] | None, limit: int) -> "Sequence[Due]":
    if not numbers:
        return archive.due(limit)
    found = {each: archive.due_of(ascii_digits(each).strip()) for each in numbers}
    for number, due in found.items():
        if due is None:
            err.print(f"{number}: nothing is due, or there is no such document")
    return [each for each in found.values() if each is not None]


def _list(due: "Sequence[Due]") -> None:
    for each in due:
        ends = f"{each.strength.certificate_ends_at:%Y-%m-%d}" if each.strength else "-"
        out.print(f"{each.number}  revision {each.revision}  {ends:<10}  {_CAUSES[each.cause]}")
    out.print(f"due: {len(due)}")


def _make(archiving: "Archiving", due: "Sequence[Due]") -> tuple[int, int]:
    from rich.progress import Progress

    made = failed = 0
    with Progress(console=err) as progress:
        for each in progress.track(due, description="archiving"):
            try:
                archiving.make(each)
            except Conflict:
                continue  # a worker was at it
            except MohrError as error:
                failed += 1
                err.print(each.number)
                report(error)
            else:
                made += 1
    return made, failed
