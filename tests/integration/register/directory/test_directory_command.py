"""``mohr directory import``: what a person sees, and a process killed in the middle."""

import csv
import os
import signal
import subprocess
import sys
import time
from contextlib import nullcontext
from pathlib import Path

import pytest
from typer.testing import CliRunner

from clearance.csv_text import csv_row
from clearance.directory_shapes import RECORDS, Kind
from service.cli import directory as command
from service.cli.main import app

CHILD = """
import sys
from contextlib import nullcontext
from clearance.clock import system_clock
from register.database import open_database
from register.directory import Directory
from service.cli import directory as command
from service.cli.main import main

engine = open_database(sys.argv.pop(1))
command._open_directory = lambda: nullcontext(Directory(engine, clock=system_clock))
main()
"""
ENVIRONMENT = {**os.environ, "NO_COLOR": "1", "COLUMNS": "300"}


@pytest.fixture
def run(directory, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(command, "_open_directory", lambda: nullcontext(directory))
    return lambda *arguments: CliRunner(env=ENVIRONMENT).invoke(
        app, ["directory", "import", *map(str, arguments)]
    )


@pytest.fixture
def write(tmp_path: Path):
    """Write a CSV file of so many workshops; the lines given by number get another postal code."""

    def make(count: int, *, bad: tuple[int, ...] = ()) -> Path:
        columns = [name for name in RECORDS[Kind.WORKSHOPS].members if name != "account_id"]
        rows = [
            (
                f"{place:010}",
                "نام",
                "1234",
                "تهران",
                "1" if place + 1 in bad else "1345678901",
                "10380284790",
                "",
                1,
            )
            for place in range(1, count + 1)
        ]
        file = tmp_path / "workshops.csv"
        file.write_text("".join(map(csv_row, [columns, *rows])), encoding="utf-8-sig")
        return file

    return make


def test_a_file_is_taken_in_and_refused_lines_are_listed(run, write, sql) -> None:
    file = write(30, bad=(3, 7))
    rehearsal = run(file, "--kind", "workshops", "--dry-run")
    assert rehearsal.exit_code == command.EXIT_SOME_REFUSED
    assert "nothing was changed" in rehearsal.output
    assert sql("SELECT count(*) FROM workshop") == [(0,)]
    done = run(file, "--kind", "workshops")
    assert done.exit_code == command.EXIT_SOME_REFUSED
    assert "2 × postal_code.invalid, first in line 3" in done.output
    assert "کد پستی" in done.output
    assert sql("SELECT count(*) FROM workshop") == [(28,)]
    listed = file.with_name("workshops.csv.refused.csv")
    with listed.open(encoding="utf-8-sig", newline="") as content:
        rows = list(csv.DictReader(content))
    assert [(row["line"], row["subject"], row["field"]) for row in rows] == [
        ("3", "0000000002", "/postal_code"),
        ("7", "0000000006", "/postal_code"),
    ]


def test_imports_keep_the_pace(run, write, sql) -> None:
    """At least so many lines a second that 100,000 take two minutes (bench/ measures more)."""
    file = write(4000)
    started = time.monotonic()
    assert run(file, "--kind", "workshops").exit_code == 0
    assert 4000 / (time.monotonic() - started) > 100_000 / 120
    assert sql("SELECT count(*) FROM workshop") == [(4000,)]


def test_a_good_file_leaves_no_list(run, write) -> None:
    file = write(3)
    done = run(file, "--kind", "workshops")
    assert done.exit_code == 0, done.output
    assert [each.name for each in file.parent.iterdir()] == ["workshops.csv"]


def test_a_file_that_cannot_be_read_is_told(run, write, tmp_path: Path) -> None:
    cases = {
        "import.unknown_format": (write(1).rename(tmp_path / "file.txt"), "workshops"),
        "request.invalid": (write(1), "branches"),
        "output.not_writable": (write(1), "workshops", "--refused", tmp_path),
    }
    for code, (file, *options) in cases.items():
        refused = run(file, "--kind", *options)
        assert getattr(refused.exception, "code", "") == code


def test_a_killed_import_goes_on_with_the_same_command(
    run, write, directory, sql, database_url
) -> None:
    file = write(8000)
    child = subprocess.Popen(
        [
            sys.executable,
            "-c",
            CHILD,
            database_url,
            "directory",
            "import",
            file,
            "--kind",
            "workshops",
        ],
        env=ENVIRONMENT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    until = time.monotonic() + 30
    while not sql("SELECT FROM directory_import WHERE lines_done > 0"):
        assert time.monotonic() < until
        assert child.poll() is None
        time.sleep(0.01)
    child.send_signal(signal.SIGKILL)
    child.wait()
    [(lines_done, finished)] = sql("SELECT lines_done, finished_at FROM directory_import")
    assert 0 < lines_done < 8001
    assert finished is None
    done = run(file, "--kind", "workshops")
    assert done.exit_code == 0, done.output
    assert f"going on after line {lines_done}" in done.output
    assert sql("SELECT count(*) FROM workshop") == [(8000,)]
    assert sql("SELECT count(*), max(lines_done), max(created) FROM directory_import") == [
        (1, 8001, 8000)
    ]
