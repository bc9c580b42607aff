"""The ledger of paper forms: one short transaction for each act, with its audit event.

Every method raises ``Unavailable("register.unavailable")`` if the database does not answer, and
may be called from several threads, processes and machines at once. What lies outside an officer's
reach is answered as if it did not exist.
"""

from datetime import UTC, date, datetime, timedelta

from sqlalchemy import ColumnElement, Connection, Engine

from clearance.clock import Clock
from clearance.errors import Conflict, InvalidValue, NotFound
from clearance.identifiers import BranchCode
from clearance.jalali import jalali_year, tehran_day
from clearance.minutes import Minutes, MinutesKind, MinutesNumber
from clearance.paper_form_request import Allotment, Closing, MinutesDraft
from clearance.paper_forms import FormEntry, FormSerial
from clearance.roles import Officer, Permission, Reach
from register import database, events, queue, sealed_documents
from register.events import EventName
from register.paper_forms import contents, lateness, minutes, reading, serials
from register.paper_forms.records import (
    AllottedRange,
    BranchBalance,
    LateStep,
    MinutesRecord,
    PaperForm,
)
from register.reach import within
from register.records import SealedDocument
from register.tables.directory import branch
from register.tables.paper_forms import paper_minutes, paper_range

SEAL_MINUTES = "seal_minutes"
"""Task that seals closed minutes; its one argument is ``number``."""
SEAL_PRIORITY = 10
RETRY_AFTER = timedelta(minutes=1)
"""How long closed minutes wait for the next attempt to seal them."""


class PaperFormLedger:
    """The ledger over one database. ``deadline`` is the last day of R13, in Tehran."""

    def __init__(self, engine: Engine, *, clock: Clock, deadline: date) -> None:
        self._engine = engine
        self._clock = clock
        self._deadline = deadline

    @property
    def deadline(self) -> date:
        """The last day for branch minutes, consolidated minutes, despatch and report."""
        return self._deadline

    def allot(self, allotment: Allotment, officer: Officer) -> AllottedRange:
        """Give serials to a branch (of the officer's province).

        Raises ``NotPermitted``, ``NotFound("paper.branch_unknown")`` or
        ``Conflict("paper.overlap")``.
        """
        officer.demand(Permission.KEEP_PROVINCE_FORMS)
        code, now = allotment.branch_code, self._now()
        with database.transaction(self._engine) as connection:
            serials.lock(connection)
            if not reading.knows_branch(connection, code, officer.reach):
                raise NotFound("paper.branch_unknown", field="/branch_code")
            serials.allot(connection, allotment.serials, code, actor=officer.id, now=now)
            events.record(
                connection,
                EventName.PAPER_ALLOTTED,
                at=now,
                actor=officer.id,
                subject=code,
                details={
                    "first": str(allotment.serials.first),
                    "last": str(allotment.serials.last),
                },
            )
            condition = paper_range.c.serials == serials.span(allotment.serials)
            return reading.ranges(connection, condition)[0]

    def ranges(
        self, reach: Reach, *, province: str | None = None, code: BranchCode | None = None
    ) -> tuple[AllottedRange, ...]:
        """Return the ranges within reach, of one province or branch if that is asked for."""
        with database.transaction(self._engine) as connection:
            return reading.ranges(connection, _chosen(reach, province, code))

    def record(self, entries: tuple[FormEntry, ...], officer: Officer) -> None:
        """Record the states of serials of the officer's branch: all of the entries, or none.

        Raises as ``serials.record``, ``field`` naming the entry, and
        ``NotPermitted``.
        """
        officer.demand(Permission.KEEP_BRANCH_FORMS)
        now = self._now()
        visible = within(officer.reach, paper_range.c.branch_code)
        with database.transaction(self._engine) as connection:
            serials.lock(connection)
            for place, entry in enumerate(entries):
                try:
                    code = serials.record(connection, entry, visible, actor=officer.id, now=now)
                except (Conflict, InvalidValue, NotFound) as error:
                    error.field = f"/entries/{place}{error.field}"
                    raise
                events.record(
                    connection,
                    EventName.PAPER_RECORDED,
                    at=now,
                    actor=officer.id,
                    subject=code,
                    details={
                        "first": str(entry.serials.first),
                        "last": str(entry.serials.last),
                        "state": entry.state.value,
                        "clearance": entry.clearance,
                    },
                )

    def form(self, serial: FormSerial, reach: Reach) -> PaperForm | None:
        """Return what is known of a serial; ``None`` if it is in no range within reach."""
        with database.transaction(self._engine) as connection:
            return reading.form(connection, serial, within(reach, paper_range.c.branch_code))

    def balances(
        self, reach: Reach, *, province: str | None = None, code: BranchCode | None = None
    ) -> tuple[BranchBalance, ...]:
        """Return the line of each branch within reach that was given serials."""
        with database.transaction(self._engine) as connection:
            return reading.balances(connection, _chosen(reach, province, code))

    def late(self, reach: Reach, *, province: str | None = None) -> tuple[LateStep, ...]:
        """Return who is late within reach; to a branch's officer, their own branch alone."""
        with database.transaction(self._engine) as connection:
            lines = reading.balances(connection, _chosen(reach, province, None))
            provinces = {each.province for each in lines}
            records = minutes.records(connection, paper_minutes.c.province.in_(provinces))
        steps = lateness.late_steps(
            lines, records, due=self._deadline, today=tehran_day(self._now())
        )
        if reach.branch is None:
            return steps
        return tuple(each for each in steps if each.branch_code is not None)

    def draw_up(self, draft: MinutesDraft, officer: Officer) -> MinutesRecord:
        """Draw up minutes; raises as ``minutes.draw_up``, and ``Refused``."""
        officer.demand(_keeps(draft.kind))
        now = self._now()
        with database.transaction(self._engine) as connection:
            serials.lock(connection)
            number = minutes.draw_up(
                connection,
                draft,
                officer.reach,
                year=jalali_year(now),
                actor=officer.id,
                now=now,
            )
            self._record(
                connection, EventName.MINUTES_DRAWN_UP, number, officer.id, draft.kind, now
            )
            return _found(connection, number, officer.reach)

    def close(self, number: MinutesNumber, closing: Closing, officer: Officer) -> MinutesRecord:
        """Close minutes: what they say is final from here on, and a job seals them.

        Raises ``NotFound("paper.minutes_not_found")``, ``Conflict("paper.already_closed")``,
        ``NotPermitted``, and as ``contents.content_of``.
        """
        now = self._now().replace(microsecond=0)
        with database.transaction(self._engine) as connection:
            serials.lock(connection)
            record = _found(connection, number, officer.reach)
            officer.demand(_keeps(record.kind))
            if record.content is not None:
                raise Conflict("paper.already_closed", parameters={"number": number})
            content = contents.content_of(connection, record, closing, now=now)
            minutes.close(connection, content, actor=officer.id, now=now)
            self._record(connection, EventName.MINUTES_CLOSED, number, officer.id, record.kind, now)
            queue.defer(
                connection, SEAL_MINUTES, {"number": number}, lock=number, priority=SEAL_PRIORITY
            )
            return _found(connection, number, officer.reach)

    def minutes(self, number: MinutesNumber, reach: Reach) -> MinutesRecord:
        """Return minutes; raises ``NotFound("paper.minutes_not_found")``."""
        with database.transaction(self._engine) as connection:
            return _found(connection, number, reach)

    def all_minutes(self, reach: Reach) -> tuple[MinutesRecord, ...]:
        """Return all minutes within reach, by number."""
        with database.transaction(self._engine) as connection:
            return minutes.records(connection, minutes.visible(reach))

    def to_seal(self, number: MinutesNumber) -> Minutes | None:
        """Return what closed minutes say; ``None`` if they are sealed already or not closed."""
        with database.transaction(self._engine) as connection:
            record = minutes.find(connection, number, Reach())
        if record is None or record.document_sha256 is not None:
            return None
        return record.content

    def enter_document(self, document: SealedDocument) -> None:
        """Enter the sealed PDF of closed minutes; does nothing if they have one."""
        number, now = MinutesNumber(document.number), self._now()
        with database.transaction(self._engine) as connection:
            serials.lock(connection)
            record = _found(connection, number, Reach())
            if record.document_sha256 is not None:
                return
            sealed_documents.enter(connection, document, at=now)
            self._record(
                connection, EventName.MINUTES_SEALED, number, SEAL_MINUTES, record.kind, now
            )

    def set_lost_jobs(self) -> None:
        """Have a worker seal what is closed and was not sealed, a minute after the last try."""
        with database.transaction(self._engine) as connection:
            for number in minutes.unsealed(connection):
                queue.defer(
                    connection,
                    SEAL_MINUTES,
                    {"number": number},
                    at=self._now() + RETRY_AFTER,
                    lock=number,
                    priority=SEAL_PRIORITY,
                )

    def _record(
        self,
        connection: Connection,
        name: EventName,
        number: MinutesNumber,
        actor: str,
        kind: MinutesKind,
        now: datetime,
    ) -> None:
        events.record(
            connection, name, at=now, actor=actor, subject=number, details={"kind": kind.value}
        )

    def _now(self) -> datetime:
        return self._clock().astimezone(UTC)


def _keeps(kind: MinutesKind) -> Permission:
    """Return what drawing up and closing minutes of a kind asks for."""
    if kind is MinutesKind.BRANCH:
        return Permission.KEEP_BRANCH_FORMS
    return Permission.KEEP_PROVINCE_FORMS


def _chosen(reach: Reach, province: str | None, code: BranchCode | None) -> ColumnElement[bool]:
    chosen = within(reach, branch.c.code)
    if province is not None:
        chosen &= branch.c.province == province
    if code is not None:
        chosen &= branch.c.code == code
    return chosen


def _found(connection: Connection, number: MinutesNumber, reach: Reach) -> MinutesRecord:
    record = minutes.find(connection, number, reach)
    if record is None:
        raise NotFound("paper.minutes_not_found", parameters={"number": number})
    return record
