"""Times of importing files into the directory.

    python -m bench.imports [--lines N]

Real PostgreSQL, on this machine, with its writes synced to the disk; the file is read as the API
and the command line read it.
"""

import argparse
import csv
import io
import json
import time
from collections.abc import Callable

from rich.console import Console
from rich.table import Table

from bench import ground
from clearance.clock import system_clock
from clearance.directory_files import FileFormat
from clearance.directory_shapes import RECORDS, Kind
from register.database import migrate, open_database
from register.directory import Directory
from register.directory.import_records import ImportReport
from register.embedded import EmbeddedPostgres

PIECE = 1 << 20
BRANCHES = 12
Row = dict[str, object]


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.imports", description="Import times.")
    parser.add_argument("--lines", type=int, default=100_000, help="Records in each file.")
    lines: int = parser.parse_args().lines
    table = Table("file", "MB", "first time", "lines/s", "again")
    with ground.folder() as folder:
        server = EmbeddedPostgres(folder / "postgres")
        engine = open_database(server.start())
        migrate(engine)
        directory = Directory(engine, clock=system_clock)
        _take(directory, Kind.BRANCHES, FileFormat.CSV, _csv(Kind.BRANCHES, _branch, BRANCHES))
        for kind, record in ((Kind.WORKSHOPS, _workshop), (Kind.CONTRACT_ROWS, _contract_row)):
            for file_format, write in ((FileFormat.CSV, _csv), (FileFormat.JSON_LINES, _json)):
                content = write(kind, record, lines)
                first = _timed(directory, kind, file_format, content)
                again = _timed(directory, kind, file_format, content)
                table.add_row(
                    f"{lines:,} {kind} {file_format}",
                    f"{len(content) / 1e6:.0f}",
                    f"{first:.1f} s",
                    f"{lines / first:,.0f}",
                    f"{again:.1f} s",
                )
        engine.dispose()
        server.stop()
    Console().print(table)


def _timed(directory: Directory, kind: Kind, file_format: FileFormat, content: bytes) -> float:
    started = time.perf_counter()
    report = _take(directory, kind, file_format, content)
    seconds = time.perf_counter() - started
    if report.refused:
        raise SystemExit(f"{report.refused} lines of the bench's own file were refused")
    return seconds


def _take(
    directory: Directory, kind: Kind, file_format: FileFormat, content: bytes
) -> ImportReport:
    run = directory.imports.begin(kind, file_format, actor="bench", key=kind, replay=False)
    for start in range(0, len(content), PIECE):
        run.feed(content[start : start + PIECE])
    return run.finish()


def _csv(kind: Kind, record: Callable[[int], Row], lines: int) -> bytes:
    written = io.StringIO()
    writer = csv.DictWriter(written, list(RECORDS[kind].members))
    writer.writeheader()
    writer.writerows(map(record, range(lines)))
    return written.getvalue().encode()


def _json(_: Kind, record: Callable[[int], Row], lines: int) -> bytes:
    # A version of its own: otherwise the second format would only repeat the first.
    records = ({**record(place), "version": 2} for place in range(lines))
    return b"".join(json.dumps(each, ensure_ascii=False).encode() + b"\n" for each in records)


def _branch(place: int) -> Row:
    return {"code": _code(place), "name": f"شعبهٔ {place}", "province": "تهران", "version": 1}


def _workshop(place: int) -> Row:
    return {
        "number": f"{place:010}",
        "name": f"شرکت مهندسی و ساختمانی آبادگران شمارهٔ {place}",
        "branch_code": _code(place),
        "address": f"تهران، خیابان آزادی، نرسیده به میدان انقلاب اسلامی، شمارهٔ {place}، طبقهٔ سوم",
        "postal_code": "1345678901",
        "owner_identifier": "10380284790",
        "account_id": f"es-{place}",
        "undertaking_accepted_at": "2025-05-04T11:30:00+03:30",
        "version": 1,
    }


def _contract_row(place: int) -> Row:
    return {
        "branch_code": _code(place),
        "row": f"{place:08}",
        "sequence": "01",
        "contract_number": f"۱۴۰۲/{place}",
        "contract_date": "1402/01/15",
        "subject": "احداث ساختمان اداری و محوطه‌سازی، تأمین و نصب تأسیسات مکانیکی و برقی",
        "start": "1402/01/20",
        "end": "1403/12/30",
        "initial_amount": 90_000_000_000,
        "work_assigner_workshop": f"{place:010}",
        "contractor_workshop": f"{place + 1:010}",
        "contract_address": "تهران، خیابان آزادی، نرسیده به میدان انقلاب اسلامی، شمارهٔ ۳۴۵",
        "state": "active",
        "version": 1,
    }


def _code(place: int) -> str:
    return f"{place % BRANCHES + 1:04}"


if __name__ == "__main__":
    main()
