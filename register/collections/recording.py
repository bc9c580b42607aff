"""Recording collections of premium, each of which starts a clock (R11)."""

import logging
from dataclasses import replace
from datetime import UTC

from sqlalchemy import Connection, Engine, bindparam, insert, select, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.types import Text

from clearance.certificate import PaymentReceipt
from clearance.clock import Clock, format_moment
from clearance.deadline import Collection, DeadlineRule, due_at, warn_at
from clearance.errors import Conflict, NotFound
from clearance.identifiers import ClearanceNumber
from clearance.jalali import jalali_year_of, tehran_day
from clearance.roles import Reach
from clearance.working_days import WorkingCalendar
from register import events
from register.collections.reading import CollectionRecord, ordered, record_where, same_row
from register.database import transaction
from register.events import EventName
from register.reach import within
from register.tables.collections import collection as table
from register.tables.collections import collection_receipt
from register.tables.directory import contract_row

_log = logging.getLogger(__name__)

_EVERYWHERE = Reach()

_TAKE_TURNS = text(
    """
    SELECT pg_advisory_xact_lock(hashtextextended(name, 0))
    FROM (SELECT unnest(:names) AS name ORDER BY 1) AS sorted
    """
).bindparams(bindparam("names", type_=ARRAY(Text)))
"""Taken in one order, so that no two transactions wait for each other."""


class Collections:
    """The collections of one database; new ones are recorded under one rule and calendar.

    A collection never changes: due time and rule are fixed when it is recorded, and its clearance
    is entered once, by ``settle``. Every method raises ``Unavailable("register.unavailable")`` if
    the database does not answer and bears repeating. Safe to use from several threads, processes
    and machines at once.
    """

    def __init__(
        self, engine: Engine, *, clock: Clock, rule: DeadlineRule, calendar: WorkingCalendar
    ) -> None:
        self._engine = engine
        self._clock = clock
        self._rule = rule
        self._calendar = calendar

    def record(self, collection: Collection, *, actor: str) -> tuple[CollectionRecord, bool]:
        """Record a collection and start its clock; answer it, and whether it is new.

        The same collection under the same id is answered as it stands on record by now. Raises
        ``Conflict`` with ``collection.conflict`` if the id stands for another collection,
        ``collection.receipt_taken`` if a receipt belongs to another one, or
        ``collection.row_unknown`` if the directory does not know the contract row.
        """
        collection = replace(collection, receipts=ordered(collection.receipts))
        with transaction(self._engine) as connection:
            # Of two reports at once that share an id or a receipt, the second sees the first.
            receipts = [f"receipt {receipt.id}" for receipt in collection.receipts]
            names = [f"collection {collection.id}", *receipts]
            connection.execute(_TAKE_TURNS, {"names": names})
            known = record_where(connection, table.c.id == collection.id)
            if known is not None:
                if replace(known.collection, number=None) != collection:
                    raise Conflict("collection.conflict", parameters={"id": collection.id})
                return known, False
            _demand_row(connection, collection)
            _demand_free(connection, collection.receipts)
            return self._insert(connection, collection, actor), True

    def find(self, collection_id: str, *, reach: Reach = _EVERYWHERE) -> CollectionRecord:
        """Return a collection by its id.

        Raises ``NotFound("collection.not_found")``, also for one outside of ``reach``.
        """
        with transaction(self._engine) as connection:
            found = record_where(
                connection, (table.c.id == collection_id) & within(reach, table.c.branch_code)
            )
        if found is None:
            raise NotFound("collection.not_found")
        return found

    def settled_by(self, number: ClearanceNumber) -> CollectionRecord | None:
        """Return the collection whose clock a clearance stopped.

        ``None`` if it stopped none: a replacement has no deadline of its own.
        """
        with transaction(self._engine) as connection:
            return record_where(connection, table.c.number == number)

    def _insert(
        self, connection: Connection, collection: Collection, actor: str
    ) -> CollectionRecord:
        now = self._clock().astimezone(UTC)
        due = due_at(collection.collected_at, self._rule, self._calendar)
        day = tehran_day(due)
        if self._rule is DeadlineRule.NEXT_WORKING_DAY and not self._calendar.covers(day):
            _log.warning("the holidays of %s are not known", jalali_year_of(day))
        connection.execute(
            insert(table).values(
                id=collection.id,
                branch_code=collection.key.branch_code,
                contract_row=collection.key.row,
                contract_sequence=collection.key.sequence,
                sum_of_debits=collection.sum_of_debits,
                amount=collection.amount,
                assessed_at=collection.assessed_at,
                collected_at=collection.collected_at,
                deadline_rule=self._rule.value,
                warn_at=warn_at(collection.collected_at, due),
                due_at=due,
                recorded_at=now,
                recorded_by=actor,
            )
        )
        _insert_receipts(connection, collection)
        events.record(
            connection,
            EventName.COLLECTION_RECORDED,
            at=now,
            actor=actor,
            subject=collection.id,
            details={"row": str(collection.key), "due_at": format_moment(due)},
        )
        return CollectionRecord(
            collection=collection,
            rule=self._rule,
            due_at=due,
            recorded_at=now,
            settled_at=None,
            breached=False,
        )


def _demand_row(connection: Connection, collection: Collection) -> None:
    # Nothing on record is ever taken back, so a mistyped row must not get onto it.
    row = connection.execute(
        select(contract_row.c.version).where(same_row(contract_row, collection.key))
    ).one_or_none()
    if row is None:
        raise Conflict("collection.row_unknown", parameters={"row": str(collection.key)})


def _demand_free(connection: Connection, receipts: tuple[PaymentReceipt, ...]) -> None:
    taken = connection.execute(
        select(collection_receipt.c.id, collection_receipt.c.collection_id)
        .where(collection_receipt.c.id.in_([receipt.id for receipt in receipts]))
        .order_by(collection_receipt.c.id)
    ).first()
    if taken is not None:
        raise Conflict(
            "collection.receipt_taken",
            field="/receipts",
            parameters={"receipt": taken.id, "collection": taken.collection_id},
        )


def _insert_receipts(connection: Connection, collection: Collection) -> None:
    if collection.receipts:
        connection.execute(
            insert(collection_receipt),
            [
                {
                    "id": receipt.id,
                    "collection_id": collection.id,
                    "amount": receipt.amount,
                    "collected_at": receipt.collected_at,
                }
                for receipt in collection.receipts
            ],
        )
