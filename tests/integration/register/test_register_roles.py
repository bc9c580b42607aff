"""The database users that docs/register.md describes: enough for their work and no more."""

import re
import secrets
import time
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import make_url, text
from sqlalchemy.exc import ProgrammingError

from clearance.clock import system_clock
from clearance.deadline import Collection, DeadlineRule
from clearance.errors import InternalFault, Unavailable
from clearance.identifiers import BranchCode
from clearance.long_life import Strength, TrustHistory
from clearance.minutes import Attendee, MinutesKind
from clearance.notices import DeliveryWay, Patience
from clearance.paper_form_request import Allotment, Closing, MinutesDraft
from clearance.paper_forms import FormEntry, FormMeaning, FormSerial, SerialRange, SerialState
from clearance.roles import Officer, Reach, Role
from clearance.rules import key_of
from clearance.working_days import WorkingCalendar
from register.allowances import Allowances
from register.archive import Archive, ArchiveReader, RenewalRule
from register.batches.client_batches import Batches
from register.batches.records import LineState, NewLine
from register.batches.work import BatchLines
from register.clients import Clients
from register.collections import Collections, Deadlines
from register.database import connection_parameters, migrate, open_database
from register.deliveries import Channel, Deliveries, Outcome
from register.health import check_sample, clock_ahead, require_writable
from register.inboxes import Notices
from register.paper_forms.ledger import PaperFormLedger
from register.paper_forms.lookup import PaperFormLookup
from register.queue import RESUME
from register.records import Scope
from register.revocations import Revocations
from register.sealed_documents import SealedDocuments
from register.staff.sessions import remove_old_sessions
from register.status_lists import StatusLists
from service.wiring.jobs import resuming
from service.worker import Worker

pytestmark = pytest.mark.integration

MANUAL = Path(__file__).parents[3] / "docs" / "register.md"


@pytest.fixture
def engine_of(sql, database_url):
    """Open the database as one of the manual's users; roles belong to the whole server."""
    statements = re.findall(r"```sql\n(.+?)```", MANUAL.read_text(), re.DOTALL)[0].split(";")
    for statement in filter(str.strip, statements):
        sql(statement)
    engines = []

    def connect(role):
        address = make_url(database_url).set(username=role)
        engines.append(open_database(address.render_as_string()))
        return engines[-1]

    yield connect
    for engine in engines:
        engine.dispose()
    for role in ("mohr_service", "mohr_public"):
        sql(f"DROP OWNED BY {role}")
        sql(f"DROP ROLE {role}")


def test_the_service_can_do_its_work_as_a_user_that_owns_nothing(
    engine_of, prepare_on, finish_on, clock, sql, register_on, revoke
):
    engine = engine_of("mohr_service")
    migrate(engine)
    register = register_on(engine)

    waiting = prepare_on(register)
    register.release(waiting, "tsa.unavailable", passes=True)
    register.set_lost_jobs()
    with Worker(
        connection=connection_parameters(engine),
        tasks={RESUME: resuming(register, lambda ticket: finish_on(register, ticket))},
        rounds=(register.set_lost_jobs,),
    ):
        deadline = time.monotonic() + 60
        while register.find(waiting.number) is None and time.monotonic() < deadline:
            time.sleep(0.05)
    assert register.find(waiting.number) is not None
    assert sql("SELECT status FROM procrastinate_jobs WHERE task_name = 'resume'") == []
    assert sql("SELECT FROM procrastinate_workers") == []

    old = finish_on(register, prepare_on(register))
    revoke(old.number, by=Revocations(engine, clock=clock))
    new = finish_on(register, prepare_on(register, replaces=old.number))
    clients = Clients(engine, clock=clock, random_bytes=secrets.token_bytes, pepper=bytes(32))
    client, key = clients.add("backend", frozenset(Scope))
    assert clients.authenticate(key).id == client.id
    clients.revoke(client.id)

    assert register.find(old.number).standing.replacement == new.number


def test_the_service_keeps_collections_as_a_user_that_owns_nothing(
    engine_of, prepare_on, finish_on, clock, sql, register_on
):
    sql("INSERT INTO branch VALUES ('1234', 'شعبه', 'تهران', 1, now())")
    sql(
        "INSERT INTO contract_row (branch_code, contract_row, contract_sequence, state, version, "
        "updated_at) VALUES ('1234', '123', '01', 'active', 1, now())"
    )
    engine = engine_of("mohr_service")
    ticket = prepare_on(register_on(engine))
    collections = Collections(
        engine, clock=clock, rule=DeadlineRule.NEXT_CALENDAR_DAY, calendar=WorkingCalendar()
    )
    reported = Collection(
        id="C-1",
        key=key_of(ticket.request),
        sum_of_debits=ticket.request.premium.sum_of_debits,
        receipts=ticket.request.premium.receipts,
        assessed_at=None,
    )
    collections.record(reported, actor="backend")
    clock.advance(days=3)
    Deadlines(engine, clock=clock).watch()

    finish_on(register_on(engine), ticket)

    assert collections.settled_by(ticket.number).breached


def test_notices_are_opened_delivered_and_viewed_as_that_user(
    engine_of, prepare_on, finish_on, clock, sql, register_on
):
    sql("INSERT INTO branch VALUES ('1234', 'شعبه', 'تهران', 1, now())")
    sql(
        "INSERT INTO workshop VALUES ('0410000001', 'شهرداری', '1234', 'تهران', '1345678901', "
        "'10380284790', 'acc-1', now(), 1, now())"
    )
    sql(
        "INSERT INTO contract_row (branch_code, contract_row, contract_sequence, state, version, "
        "updated_at, work_assigner_workshop) "
        "VALUES ('1234', '123', '01', 'active', 1, now(), '0410000001')"
    )
    engine = engine_of("mohr_service")
    register, notices = register_on(engine), Notices(engine, clock=clock)
    deliveries = Deliveries(engine, clock=clock, fraction=lambda: 0.0, patience=Patience())

    (notice,) = notices.of_clearance(finish_on(register, prepare_on(register)).number)
    channel = Channel(
        name=DeliveryWay("webhook"), send=lambda *_: Outcome(), hold=timedelta(seconds=10)
    )
    attempt = deliveries.begin(notice.id, [channel])
    deliveries.finish(attempt, Outcome(error="webhook.gone", status=410, final=True))
    notices.resend(notice.id, actor="operator")
    deliveries.set_lost_jobs()
    deliveries.place(notice.id)

    assert notices.view(notice.id, viewer="user", client_id="eservices").state == "viewed"


def test_the_service_keeps_paper_forms_and_the_public_reads_their_meaning(
    engine_of, clock, sql, sealed_minutes
):
    sql("INSERT INTO branch VALUES ('1234', 'شعبه ۵ تهران', 'تهران', 1, now())")
    clerk, supervisor = (
        Officer(id=role.value, name="مریم رضایی", role=role, reach=reach)
        for role, reach in (
            (Role.BRANCH_OFFICER, Reach(branch=BranchCode("1234"))),
            (Role.PROVINCIAL_SUPERVISOR, Reach(province="تهران")),
        )
    )
    forms = SerialRange(first=FormSerial(1), last=FormSerial(9))
    entry = FormEntry(serials=forms, state=SerialState.UNUSED_RETURNED, hologram=FormSerial(1))
    draft = MinutesDraft(
        kind=MinutesKind.BRANCH, branch_code=BranchCode("1234"), province=None, consolidated=None
    )
    closing = Closing(attendees=(Attendee(name="علی", role="رئیس"),), despatch=None)

    ledger = PaperFormLedger(engine_of("mohr_service"), clock=clock, deadline=clock.now.date())
    ledger.allot(Allotment(branch_code=BranchCode("1234"), serials=forms), supervisor)
    ledger.record((entry,), clerk)
    number = ledger.close(ledger.draw_up(draft, clerk).number, closing, clerk).number
    ledger.enter_document(sealed_minutes(number))

    engine = engine_of("mohr_public")
    public = PaperFormLookup(engine, clock=clock, effective_date=None)
    assert public.form(FormSerial(3)).meaning is FormMeaning.VOID
    assert SealedDocuments(engine, clock=clock).find("a" * 64).document.number == number
    for table in ("paper_entry", "paper_minutes", "paper_minutes_closing", "paper_range"):
        with (
            pytest.raises(ProgrammingError, match="permission denied"),
            engine.begin() as connection,
        ):
            connection.execute(text(f"SELECT FROM {table}"))


def test_the_service_works_on_batches_as_a_user_that_owns_nothing(
    engine_of, clock, prepare_on, register_on, finish_on
):
    engine = engine_of("mohr_service")
    batches = Batches(engine, clock=clock, random_bytes=secrets.token_bytes)
    lines, known = BatchLines(engine, clock=clock), {"client_id": "client"}
    batch_id = batches.open(
        [NewLine(line=place, request="{}") for place in (1, 2)],
        idempotency_key="key",
        body_sha256=bytes(32),
        **known,
    ).batch.id
    lines.put_back(lines.take(batch_id, 0), "tsa.unavailable")
    batches.pause(batch_id, **known)
    batches.resume(batch_id, **known)
    lines.set_lost_jobs()
    issued = finish_on(register_on(engine), prepare_on(register_on(engine)))
    lines.end(lines.take(batch_id, 0), LineState.ISSUED, number=issued.number)
    assert batches.cancel(batch_id, **known).counts[LineState.CANCELLED] == 1


def test_the_service_archives_as_a_user_that_owns_nothing_and_the_public_reads_it(
    engine_of, prepare_on, finish_on, clock, register_on
):
    engine = engine_of("mohr_service")
    issued = finish_on(register_on(engine), prepare_on(register_on(engine)))
    rule = RenewalRule(
        first_after=timedelta(hours=1), renew_before=timedelta(days=180), history=TrustHistory
    )
    archive = Archive(engine, clock=clock, rule=rule)
    clock.advance(hours=1)
    archive.set_jobs()
    (due,) = archive.due(10)
    archive.failed(due, "tsa.unavailable")
    strength = Strength(certificate_ends_at=clock.now, algorithms=("sha512",), anchor="a" * 64)
    entered = archive.record(due, sha256="b" * 64, size=1, strength=strength)

    assert ArchiveReader(engine_of("mohr_public")).newest(issued.number) == entered


def test_keys_are_counted_by_both_users_together(engine_of, clock):
    engine = engine_of("mohr_service")
    clients = Clients(engine, clock=clock, random_bytes=secrets.token_bytes, pepper=bytes(32))
    key = clients.add("شهرداری", frozenset({Scope.VERIFY}))[0].id
    clients.limit(key, per_minute=5)
    public = engine_of("mohr_public")
    for role in (public, engine, public):
        last = Allowances(role, clock=clock).charge(key, 1)

    assert last.minute.remaining == 2
    with (
        pytest.raises(ProgrammingError, match="permission denied"),
        public.begin() as connection,
    ):
        connection.execute(text("UPDATE api_client SET files_per_day = 1000000"))


def test_a_public_side_without_the_grant_counts_no_key_and_says_so(engine_of, clock, sql, caplog):
    engine = engine_of("mohr_service")
    clients = Clients(engine, clock=clock, random_bytes=secrets.token_bytes, pepper=bytes(32))
    _, key = clients.add("شهرداری", frozenset({Scope.VERIFY}))
    public = engine_of("mohr_public")
    sql("REVOKE INSERT, UPDATE ON client_usage FROM mohr_public")

    reader = Clients(public, clock=clock, random_bytes=secrets.token_bytes, pepper=bytes(32))
    with pytest.raises(InternalFault, match=r"register\.fault"):
        Allowances(public, clock=clock).charge(reader.authenticate(key).id, 1)
    assert "permission denied for table client_usage" in caplog.text


def test_the_service_cannot_take_the_guards_away(engine_of):
    engine = engine_of("mohr_service")
    for statement in (
        "ALTER TABLE clearance DISABLE TRIGGER ALL",
        "DROP TRIGGER refuse_change ON audit_event",
        "UPDATE clearance SET token_text = ''",
        "ALTER TABLE notice DISABLE TRIGGER ALL",
        "DELETE FROM notice",
        "UPDATE notice_attempt SET error = NULL",
        "UPDATE revocation SET reason = 'lawful_order'",
        "UPDATE collection SET due_at = now()",
        "DELETE FROM deadline_event",
        "DELETE FROM intent",
        "TRUNCATE audit_event",
    ):
        with (
            pytest.raises(ProgrammingError, match=r"must be owner|permission denied"),
            engine.begin() as connection,
        ):
            connection.execute(text(statement))


def test_the_public_side_reads_and_cannot_write(
    engine_of, issue, prepare_on, clock, caplog, register_on
):
    issued = issue()
    public = register_on(engine_of("mohr_public"))

    assert public.find_by_digest(issued.document.sha256) == issued
    with pytest.raises(InternalFault, match=r"register\.fault"):
        prepare_on(public)
    assert "permission denied" in caplog.text


def test_the_public_side_reads_no_remark(engine_of):
    engine = engine_of("mohr_public")
    assert StatusLists(engine).newest(0) is None
    with (
        pytest.raises(ProgrammingError, match="permission denied"),
        engine.begin() as connection,
    ):
        connection.execute(text("SELECT remark FROM revocation_request"))


def test_the_service_removes_old_sessions_as_a_user_that_owns_nothing(engine_of, clock, sql):
    engine = engine_of("mohr_service")
    sql(
        "INSERT INTO staff (id, username, full_name, role, added_at) "
        "VALUES ('staff-aaaaaaaa', 'a.karimi', 'علی کریمی', 'administrator', now())"
    )
    sql(
        "INSERT INTO staff_session VALUES "
        "(:id, 'staff-aaaaaaaa', 'full', 'password', '', '', '', :at, :at, :at)",
        id=bytes(32),
        at=clock.now - timedelta(days=91),
    )

    assert remove_old_sessions(engine, clock=clock) == 1


@pytest.mark.parametrize("role", ["mohr_service", "mohr_public"])
def test_each_user_can_ask_how_register_and_store_are(engine_of, issue, role):
    issued = issue()
    read = []

    def reading(sha256):
        read.append(sha256)
        raise Unavailable("documents.unavailable")

    engine = engine_of(role)
    assert abs(clock_ahead(engine, system_clock)) < timedelta(minutes=1)
    with pytest.raises(Unavailable):
        check_sample(engine, reading, random_bytes=secrets.token_bytes)
    assert read == [issued.document.sha256]
    require_writable(engine)
