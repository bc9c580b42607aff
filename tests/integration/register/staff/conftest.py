"""Accounts of staff over a database of the test's own, and the panel over them without sockets."""

import re
import secrets
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

import anyio
import httpx
import pyotp
import pytest
from argon2 import PasswordHasher
from sqlalchemy import Engine, create_engine, make_url, text

from api.app import create_app
from api.panel.config import Panel
from clearance.roles import Reach, Role
from register.database import open_database
from register.paper_forms.ledger import PaperFormLedger
from register.staff import passwords
from register.staff.records import StaffMember
from register.staff.service import Staff, open_staff
from register.staff.sessions import Visitor
from register.supervision.service import Supervision

KEY = bytes(range(32))
URL = "https://panel.test"
PASSWORD = "باغ و سیب پاییزی سه‌شنبه"
VISITOR = Visitor(address="192.0.2.7", network="192.0.2.7", agent="a browser")


@dataclass(frozen=True, kw_only=True)
class Person:
    """A member of staff with all that the login asks for."""

    member: StaffMember
    password: str
    totp: pyotp.TOTP
    recovery_codes: tuple[str, ...]


USED = ("api_client", "staff_session", "staff_attempts", "staff", "audit_event", "branch")


@pytest.fixture(scope="session")
def staff_database(postgres_url: str, template_database: str) -> Iterator[Engine]:
    """One database for all of these tests: making one takes longer than most of them."""
    server = create_engine(postgres_url, isolation_level="AUTOCOMMIT")
    with server.connect() as connection:
        connection.execute(text(f"CREATE DATABASE staff TEMPLATE {template_database}"))
    address = make_url(postgres_url).set(database="staff")
    engine = open_database(address.render_as_string(hide_password=False))
    yield engine
    engine.dispose()
    server.dispose()


@pytest.fixture
def engine(staff_database: Engine) -> Iterator[Engine]:
    """The database with nothing in it; the guards against deleting are left out for that alone."""
    yield staff_database
    with staff_database.begin() as connection:
        connection.execute(text("SET LOCAL session_replication_role = replica"))
        for table in USED:
            connection.execute(text(f"DELETE FROM {table}"))  # noqa: S608


@pytest.fixture(autouse=True)
def _quick_hashing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hash passwords cheaply; what production hashes with has its own test."""
    quick = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    monkeypatch.setattr(passwords, "_hasher", quick)
    monkeypatch.setattr(passwords, "_NOBODYS", quick.hash("nobody"))


@pytest.fixture
def open_staff_again(engine: Engine, clock) -> Callable[..., Staff]:
    """Open the accounts as another process, or after a restart, would."""

    def opened(**changes: Any) -> Staff:
        given = {"clock": clock, "random_bytes": secrets.token_bytes, "key": KEY, **changes}
        return open_staff(engine, **given)

    return opened


@pytest.fixture
def staff(open_staff_again) -> Staff:
    return open_staff_again()


@pytest.fixture
def person_of(staff: Staff, clock) -> Callable[..., Person]:
    """Add an account and take it through its first login."""

    def make(
        username: str = "a.karimi",
        role: Role = Role.HEADQUARTERS_AUDITOR,
        reach: Reach | None = None,
        full_name: str = "علی کریمی",
    ) -> Person:
        _, one_time = staff.accounts.add(
            username, full_name, role=role, reach=reach or Reach(), actor="operator"
        )
        logins, sessions = staff.logins, staff.sessions
        first = sessions.find(logins.with_password(username, one_time, VISITOR))
        second = sessions.find(logins.change_password(first, None, PASSWORD, VISITOR))
        totp = pyotp.TOTP(staff.second_factors.offer(second.member.id).secret)
        last, codes = logins.with_enrolment(second, totp.at(clock()), VISITOR)
        logins.log_out(sessions.find(last))
        clock.advance(seconds=30)  # the code of the enrolment does not count again
        member = staff.accounts.find(username)
        return Person(member=member, password=PASSWORD, totp=totp, recovery_codes=codes)

    return make


@pytest.fixture
def log_in(staff: Staff, clock) -> Callable[[Person], str]:
    """Log a person in with both factors; answer the session's secret."""

    def run(person: Person) -> str:
        logins = staff.logins
        half = logins.with_password(person.member.username, person.password, VISITOR)
        code = person.totp.at(clock())
        secret = logins.with_code(staff.sessions.find(half), code, VISITOR)
        clock.advance(seconds=30)
        return secret

    return run


@dataclass
class Browser:
    """A browser without sockets: it keeps cookies and sends forms with their token."""

    app: Any
    address: str = "192.0.2.7"
    base_url: str = URL
    cookies: httpx.Cookies = field(default_factory=httpx.Cookies)
    page: httpx.Response | None = None

    def get(self, url: str, *, follow: bool = True, **headers: str) -> httpx.Response:
        return self.request("GET", url, follow=follow, headers={"Accept": "text/html", **headers})

    def post(self, url: str, *, follow: bool = True, **form: str) -> httpx.Response:
        """Send a form of the page that is shown."""
        if "form_token" not in form:
            form["form_token"] = self.form_token
        headers = {"Accept": "text/html", "Origin": self.base_url}
        return self.request("POST", url, follow=follow, headers=headers, data=form)

    @property
    def form_token(self) -> str:
        return re.findall(r'name="form_token" value="([0-9a-f]{64})"', self.page.text)[0]

    def request(self, method: str, url: str, *, follow: bool, **options: Any) -> httpx.Response:
        async def send() -> httpx.Response:
            transport = httpx.ASGITransport(self.app, client=(self.address, 4711))
            async with httpx.AsyncClient(
                transport=transport, base_url=self.base_url, cookies=self.cookies
            ) as client:
                answer = await client.request(method, url, follow_redirects=follow, **options)
                self.cookies = client.cookies
                return answer

        self.page = anyio.run(send)
        return self.page

    def log_in(self, person: Person, clock: Any) -> httpx.Response:
        self.get("/panel/login")
        self.post("/panel/login", username=person.member.username, password=person.password)
        page = self.post("/panel/login/code", code=person.totp.at(clock()))
        clock.advance(seconds=30)
        return page


@pytest.fixture
def supervision(engine, clock) -> Supervision:
    return Supervision(engine, clock=clock)


@pytest.fixture
def ledger(engine, clock) -> PaperFormLedger:
    return PaperFormLedger(engine, clock=clock, deadline=date(2020, 12, 20))


@pytest.fixture
def open_panel(
    staff: Staff, supervision, ledger, services_with, office_with, clock
) -> Callable[..., Any]:
    """Make the application with a panel and what its first page reads, and nothing else behind.

    ``panel`` changes the panel, the rest the services.
    """

    def make(**changes: Any) -> Any:
        panel = Panel(staff=staff, url=URL, secure=True)
        used = {
            "office": office_with(
                panel=replace(panel, **changes.pop("panel", {})),
                supervision=supervision,
                paper=ledger,
            ),
            "public_url": URL,
            "clock": clock,
        }
        return create_app(services_with(**{**used, **changes}))

    return make


@pytest.fixture
def panel_app(open_panel) -> Any:
    return open_panel()


@pytest.fixture
def browser(panel_app) -> Browser:
    return Browser(panel_app)


@pytest.fixture
def another_browser(panel_app) -> Browser:
    return Browser(panel_app, address="198.51.100.3")
