"""``mohr clients`` for keys that verify: made with limits, listed with them, limited anew."""

import secrets
from contextlib import nullcontext
from types import SimpleNamespace

import pytest
from typer.testing import CliRunner

from clearance.errors import InvalidValue, MohrError, NotFound
from register.clients import Clients
from register.records import FileLimits, Scope
from service.cli.main import app

pytestmark = pytest.mark.integration


@pytest.fixture(scope="module")
def database_url(new_database):
    with new_database() as url:
        yield url


@pytest.fixture
def clients(engine, clock):
    return Clients(engine, clock=clock, random_bytes=secrets.token_bytes, pepper=bytes(32))


@pytest.fixture
def mohr(clients, tmp_path, monkeypatch):
    """Run a command on ``clients``."""
    tmp_path.joinpath("mohr.toml").write_text('environment = "development"\n')
    monkeypatch.setenv("MOHR_HOME", str(tmp_path))
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.setattr(
        "service.wiring.memory.open_memory", lambda _: nullcontext(SimpleNamespace(clients=clients))
    )

    def run(*arguments):
        result = CliRunner().invoke(app, arguments)
        if isinstance(result.exception, MohrError):
            raise result.exception
        assert result.exit_code == 0, result.output
        return result.stdout

    return run


def test_a_key_gets_the_usual_limits_or_its_own(mohr, clients):
    for options, limits in (
        ((), FileLimits(per_minute=600, per_day=20_000)),
        (("--per-day", "50000"), FileLimits(per_minute=600, per_day=50_000)),
        (("--per-minute", "5", "--per-day", "7"), FileLimits(per_minute=5, per_day=7)),
    ):
        key = mohr("clients", "add", "شهرداری", "--scope", "verify", *options).strip()
        client = clients.authenticate(key)
        assert (client.scopes, client.limits) == ({Scope.VERIFY}, limits)


def test_limits_are_changed_and_listed(mohr, clients):
    key = mohr("clients", "add", "bank", "--scope", "verify", "--scope", "read").strip()
    client = clients.authenticate(key)

    assert mohr("clients", "limit", client.id, "--per-minute", "1200") == (
        f"client {client.id}: 1,200 files a minute, 20,000 a day\n"
    )
    mohr("clients", "limit", client.id, "--per-day", "90000")

    (line,) = (each for each in mohr("clients", "list").splitlines() if client.id in each)
    cells = [cell.strip() for cell in line.split("│")]
    assert cells[2:5] == ["bank", "read verify", "1,200 files a minute, 90,000 a day"]
    mohr("clients", "add", "backend", "--scope", "issue")
    (line,) = (each for each in mohr("clients", "list").splitlines() if "backend" in each)
    assert [cell.strip() for cell in line.split("│")][3:5] == ["issue", ""]


@pytest.mark.parametrize(
    ("arguments", "kind", "code"),
    [
        (("add", "x", "--scope", "verify", "--per-day", "0"), InvalidValue, "limit_out_of_range"),
        (
            ("add", "x", "--scope", "verify", "--per-minute", "-5"),
            InvalidValue,
            "limit_out_of_range",
        ),
        (("add", "x", "--scope", "issue", "--per-day", "5"), InvalidValue, "limits_without_verify"),
        (("add", "--staff", "a.karimi", "--per-day", "5"), InvalidValue, "name_or_staff"),
        (("limit", "nobody"), InvalidValue, "limits_missing"),
        (("limit", "nobody", "--per-day", "5"), NotFound, "not_found"),
    ],
)
def test_what_makes_no_sense_is_refused_and_changes_nothing(mohr, sql, arguments, kind, code):
    before = sql("SELECT count(*) FROM api_client")
    with pytest.raises(kind) as refused:
        mohr("clients", *arguments)
    assert refused.value.code == f"client.{code}"
    assert sql("SELECT count(*) FROM api_client") == before
