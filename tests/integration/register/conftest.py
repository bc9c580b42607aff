"""One embedded PostgreSQL for the session, a fresh migrated database for each test."""

import hashlib
import secrets
import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import Engine, create_engine, text
from sqlalchemy.engine import make_url

from clearance.canonical import canonical_bytes, content_hash
from clearance.certificate import ClearanceRequest
from clearance.identifiers import ClearanceNumber
from clearance.request import parse_request
from clearance.roles import Officer, Reach, Role
from register.database import migrate, open_database
from register.embedded import EmbeddedPostgres
from register.records import IssuedClearance, RevocationReason, SealedDocument, Ticket
from register.repository import Register
from register.revocations import Decision, Revocation, Revocations
from register.sealed_documents import SealedDocuments

NOW = datetime(2025, 5, 4, 8, 30, tzinfo=UTC)
"""14 Ordibehesht 1404 in Tehran."""


class MovableClock:
    """A clock that stands still until it is told to go."""

    def __init__(self, now: datetime) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def advance(self, **by: float) -> None:
        self.now += timedelta(**by)


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """Address of a real server that need not survive a power cut.

    Not under pytest's own temporary folder: each pytest session closes that to other users, and
    for root the server runs as another user.
    """
    with tempfile.TemporaryDirectory(prefix="mohr-tests-") as folder:
        server = EmbeddedPostgres(Path(folder, "data"))
        url = server.start()
        _administer(url, "ALTER SYSTEM SET fsync = off", "SELECT pg_reload_conf()")
        yield url
        server.stop()


@pytest.fixture(scope="session")
def template_database(postgres_url: str) -> str:
    """Name of a database with the newest schema and nothing in it."""
    name = "mohr_template"
    _administer(postgres_url, f"CREATE DATABASE {name}")
    engine = open_database(_address(postgres_url, name))
    migrate(engine)
    engine.dispose()
    return name


@pytest.fixture(scope="session")
def new_database(
    postgres_url: str, template_database: str
) -> Callable[[], AbstractContextManager[str]]:
    """Make a migrated database and answer its address."""

    @contextmanager
    def make() -> Iterator[str]:
        name = f"test_{uuid4().hex}"
        _administer(postgres_url, f"CREATE DATABASE {name} TEMPLATE {template_database}")
        yield _address(postgres_url, name)
        _administer(postgres_url, f"DROP DATABASE {name} WITH (FORCE)")

    return make


@pytest.fixture
def database_url(new_database: Callable[[], AbstractContextManager[str]]) -> Iterator[str]:
    """Address of a migrated database of this test's own."""
    with new_database() as url:
        yield url


@pytest.fixture
def empty_database_url(postgres_url: str) -> Iterator[str]:
    """Address of a database of this test's own, not migrated yet."""
    name = f"test_{uuid4().hex}"
    _administer(postgres_url, f"CREATE DATABASE {name}")
    yield _address(postgres_url, name)
    _administer(postgres_url, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    engine = open_database(database_url)
    yield engine
    engine.dispose()


@pytest.fixture
def clock() -> MovableClock:
    return MovableClock(NOW)


@pytest.fixture
def register_on(clock: MovableClock) -> Callable[[Engine], Register]:
    """Open a register that allows whatever is asked for: most tests are not about the rules."""
    return lambda engine: Register(
        engine, clock=clock, random_bytes=secrets.token_bytes, evaluate=lambda *_: ()
    )


@pytest.fixture
def register(register_on: Callable[[Engine], Register], engine: Engine) -> Register:
    return register_on(engine)


@pytest.fixture
def documents(engine: Engine, clock: MovableClock) -> SealedDocuments:
    return SealedDocuments(engine, clock=clock)


@pytest.fixture
def sealed_minutes(clock: MovableClock) -> Callable[..., SealedDocument]:
    """A sealed PDF of minutes, as it is entered."""

    def make(number: str, sha256: str = "a" * 64) -> SealedDocument:
        return SealedDocument(
            kind="minutes",
            number=number,
            sha256=sha256,
            size=9,
            layout="closed",
            template_version=1,
            sealed_at=clock.now,
        )

    return make


@pytest.fixture
def sql(engine: Engine) -> Callable[..., list[tuple]]:
    """Run one statement in a transaction of its own."""

    def run(statement: str, **parameters: object) -> list[tuple]:
        with engine.begin() as connection:
            result = connection.execute(text(statement), parameters)
            return [tuple(row) for row in result] if result.returns_rows else []

    return run


@pytest.fixture
def make_request() -> Callable[..., ClearanceRequest]:
    return lambda **changes: parse_request(_object(**changes), now=NOW)


@pytest.fixture
def prepare_on() -> Callable[..., Ticket | IssuedClearance]:
    """Prepare on a given register, with a key of one's own unless one is given."""
    return _prepare


@pytest.fixture
def prepare(register: Register) -> Callable[..., Ticket | IssuedClearance]:
    """Prepare, with a key of one's own unless one is given."""
    return lambda key=None, **changes: _prepare(register, key, **changes)


@pytest.fixture
def finish_on() -> Callable[[Register, Ticket], IssuedClearance]:
    """Carry a ticket of a given register to its end."""
    return _finish


@pytest.fixture
def finish(register: Register) -> Callable[[Ticket], IssuedClearance]:
    """Carry a ticket to its end with a stand-in for the sealed file."""
    return lambda ticket: _finish(register, ticket)


@pytest.fixture
def issue(prepare, finish) -> Callable[..., IssuedClearance]:
    return lambda key=None, **changes: finish(prepare(key, **changes))


@pytest.fixture
def officers() -> tuple[Officer, Officer]:
    """One who asks and another who decides, both with the whole country in reach."""
    asking, deciding = (
        Officer(id=f"officer-{each}", name="", role=Role.PROVINCIAL_SUPERVISOR, reach=Reach())
        for each in (1, 2)
    )
    return asking, deciding


@pytest.fixture
def revocations(engine: Engine, clock: MovableClock) -> Revocations:
    return Revocations(engine, clock=clock)


@pytest.fixture
def revoke(
    revocations: Revocations, officers: tuple[Officer, Officer]
) -> Callable[..., Revocation]:
    """Revoke a clearance: one officer asks and another confirms."""

    def act(
        number: ClearanceNumber,
        *,
        reason: RevocationReason = RevocationReason.DATA_CORRECTED,
        by: Revocations = revocations,
    ) -> Revocation:
        asking, deciding = officers
        asked = by.open(number, reason=reason, remark=None, officer=asking)
        return by.decide(number, asked.id, Decision.CONFIRM, officer=deciding)

    return act


def _prepare(
    register: Register, key: str | None = None, **changes: str
) -> Ticket | IssuedClearance:
    obj = _object(**changes)
    return register.prepare(
        parse_request(obj, now=NOW),
        idempotency_key=key or uuid4().hex,
        request_hash=hashlib.sha256(canonical_bytes(obj)).digest(),
        client_id="client",
    )


def _finish(register: Register, ticket: Ticket) -> IssuedClearance:
    certificate = ticket.certificate()
    content = content_hash(certificate)
    register.record_intent(ticket, content_hash=content, token_sha256=hashlib.sha256(b"").digest())
    return register.complete(
        ticket,
        certificate=certificate,
        content_hash=content,
        token_text=f"TOKEN{ticket.attempt_id.hex.upper()}",
        document=SealedDocument(
            kind="clearance",
            number=ticket.number,
            sha256=hashlib.sha256(ticket.attempt_id.bytes).hexdigest(),
            size=1234,
            layout="closed",
            template_version=1,
            sealed_at=ticket.issued_at + timedelta(seconds=1),
        ),
    )


def _object(
    *,
    branch: str = "1234",
    subject: str = "احداث ساختمان اداری",
    replaces: str | None = None,
) -> dict[str, object]:
    party = {
        "workshop_number": "0123456789",
        "address": "تهران، خیابان آزادی",
        "postal_code": "1345678901",
    }
    approval = {"role": "مسئول", "approved_at": "2025-05-04T10:00:00+03:30"}
    return {
        **({"replaces": replaces} if replaces else {}),
        "schema": 1,
        "kind": "final",
        "branch": {"code": branch, "name": "شعبه ۵ تهران", "province": "تهران"},
        "contract": {
            "row": "123",
            "sequence": "01",
            "number": "۱۴۰۲/۷۷",
            "date": "1402-01-15",
            "subject": subject,
            "start": "1402-01-20",
            "end": "1403-12-30",
            "initial_amount": 90_000_000_000,
        },
        "performed_work": {
            "gross_amount": 95_000_000_000,
            "start": "1402-01-20",
            "end": "1403-12-30",
        },
        "work_assigner": {"name": "شهرداری نمونه", "identifier": "10380284790", **party},
        "contractor": {"name": "شرکت سازنده", "identifier": "10380284790", **party},
        "premium": {
            "premium_due": 5_000_000_000,
            "unemployment_premium": 600_000_000,
            "sum_of_debits": 5_600_000_000,
            "amount_collected": 5_600_000_000,
            "receipts": [
                {
                    "id": "R-1",
                    "amount": 5_600_000_000,
                    "collected_at": "2025-05-04T09:00:00+03:30",
                }
            ],
        },
        "basis": {"type": "inspected", "report_number": "44", "report_date": "1404-01-30"},
        "approvals": {
            "head_of_premium_collection": {"name": "مریم رضایی", **approval},
            "head_of_branch": {"name": "علی کریمی", **approval},
        },
    }


def _administer(url: str, *statements: str) -> None:
    engine = create_engine(url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        for statement in statements:
            connection.execute(text(statement))
    engine.dispose()


def _address(url: str, database: str) -> str:
    return make_url(url).set(database=database).render_as_string(hide_password=False)
