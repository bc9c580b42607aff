"""``mohr staff`` and the keys of persons, in the running service's own home."""

import re
from collections.abc import Callable
from contextlib import nullcontext
from typing import Any
from uuid import uuid4

import pytest
from click.testing import Result
from typer.testing import CliRunner

from clearance.errors import InvalidValue, MohrError, NotFound, Refused
from clearance.roles import Reach, Role
from register.staff.sessions import Visitor
from service.cli.main import app
from service.wiring.panel import open_staff_of

VISITOR = Visitor(address="192.0.2.7", network="192.0.2.7", agent="a browser")
ONE_TIME = re.compile(r"^[a-z2-9]{4}(-[a-z2-9]{4}){3}$", re.MULTILINE)


@pytest.fixture
def mohr(running_service: Any, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    """Run a command over the service's own connections."""
    monkeypatch.setenv("MOHR_HOME", str(running_service.settings.home))
    monkeypatch.setattr(
        "service.wiring.memory.open_memory", lambda _: nullcontext(running_service.memory)
    )

    def run(*arguments: str) -> Result:
        result = CliRunner().invoke(app, arguments)
        if isinstance(result.exception, MohrError):
            raise result.exception
        assert result.exit_code == 0, result.output
        return result

    return run


@pytest.fixture
def username() -> str:
    return f"u{uuid4().hex[:8]}"


def test_the_first_administrator_is_added_and_logs_in(
    mohr: Any, username: str, running_service: Any
) -> None:
    added = mohr("staff", "add", username, "--full-name", "مدیر", "--role", "administrator")
    password = ONE_TIME.search(added.stdout)
    assert password is not None
    assert added.stdout.count("\n") == 1, "nothing but the password, for a pipe"

    staff = open_staff_of(running_service.settings, running_service.memory.engine)
    assert staff.logins.with_password(username, password[0], VISITOR)
    assert username in mohr("staff", "list").stdout
    assert password[0] not in mohr("staff", "list").output


def test_an_account_is_locked_unlocked_and_reset(
    mohr: Any, username: str, running_service: Any
) -> None:
    add = ("staff", "add", username, "--full-name", "رئیس", "--role", "branch_head")
    mohr(*add, "--branch", "۰۰۴۱")
    accounts = open_staff_of(running_service.settings, running_service.memory.engine).accounts
    member = accounts.find(username)
    assert (member.role, member.reach) == (Role.BRANCH_HEAD, Reach(branch=member.reach.branch))
    assert member.reach.branch == "0041"

    mohr("staff", "lock", username)
    assert accounts.find(username).locked_at
    mohr("staff", "unlock", username)
    assert not accounts.find(username).locked_at
    first = member.one_time_until
    assert ONE_TIME.search(mohr("staff", "reset", username, "--password").stdout)
    assert accounts.find(username).one_time_until != first
    mohr("staff", "reset", username, "--second-factor")


def test_a_person_gets_a_key_of_their_own(mohr: Any, username: str, running_service: Any) -> None:
    mohr("staff", "add", username, "--full-name", "ممیز", "--role", "headquarters_auditor")

    key = mohr("clients", "add", "--staff", username).stdout.strip()

    officer = running_service.memory.clients.authenticate(key).officer
    assert officer.role is Role.HEADQUARTERS_AUDITOR


@pytest.mark.parametrize(
    ("arguments", "kind", "code"),
    [
        (("staff", "lock", "nobody-here"), NotFound, "staff.not_found"),
        (("staff", "reset", "nobody-here"), InvalidValue, "staff.nothing_to_reset"),
        (("clients", "add"), InvalidValue, "client.name_or_staff"),
        (("clients", "add", "name", "--staff", "someone"), InvalidValue, "client.name_or_staff"),
        (
            ("clients", "add", "--staff", "someone", "--scope", "issue"),
            InvalidValue,
            "client.name_or_staff",
        ),
        (("clients", "add", "name"), InvalidValue, "client.scope_missing"),
        (("clients", "add", "--staff", "nobody-here"), NotFound, "staff.not_found"),
        (
            ("staff", "add", "someone", "--full-name", "کسی", "--role", "branch_head"),
            InvalidValue,
            "staff.branch_required",
        ),
    ],
)
def test_what_makes_no_sense_is_refused(
    mohr: Any, arguments: tuple[str, ...], kind: type[MohrError], code: str
) -> None:
    with pytest.raises(kind) as refused:
        mohr(*arguments)
    assert refused.value.code == code


def test_without_the_key_of_staff_nothing_opens(
    running_service: Any, tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = running_service.settings.model_copy(update={"home": tmp_path})

    with pytest.raises(Refused, match=r"settings\.secret_missing"):
        open_staff_of(settings, running_service.memory.engine)
