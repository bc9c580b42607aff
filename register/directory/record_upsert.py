"""Taking in what the issuance backend feeds, one record or a thousand in one statement.

The feeder's version decides what is newer: a record is taken if its version is higher than the
one on file, is left alone if it says the same under the same version, and is refused otherwise.
So each feed bears repeating, and records that overtake each other do no harm. Undertakings have
no version: they are filed once and never change.

Functions over one connection; the caller owns the transaction.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, select, text

from clearance.directory import InspectionUndertaking
from clearance.directory_shapes import Fed, Kind, subject_of
from clearance.errors import Conflict, InvalidValue, MohrError
from register.directory.facts import lock_contractors
from register.directory.rows import STORAGES, Storage, as_json, columns_of, undertaking_record
from register.tables.directory import branch, inspection_undertaking

_LOCK_CLASS = 0x6D646972
"""First key of the advisory locks that let feeds of one kind take turns (the letters "mdir")."""


class Put(StrEnum):
    """What became of a record."""

    CREATED = "created"
    CHANGED = "changed"
    UNCHANGED = "unchanged"


def put_all(
    connection: Connection, kind: Kind, records: Sequence[Fed], *, actor: str, now: datetime
) -> list[Put | MohrError]:
    """Take records of one kind in their order; answer for each what became of it.

    An answer that is an error says why its record was refused: ``directory.stale`` or
    ``undertaking.differs`` (``Conflict``), ``undertaking.already_taken`` (``Conflict``) with the
    ``first``, ``directory.branch_unknown`` (``InvalidValue``).
    """
    lock_kind(connection, kind)
    branches = _known_branches(connection) if STORAGES[kind].demands_branch else None
    answers: list[Put | MohrError] = []
    for wave in _without_repeats(records):
        if kind is Kind.UNDERTAKINGS:
            filed = [each for each in wave if isinstance(each, InspectionUndertaking)]
            answers += _file(connection, filed, branches or frozenset(), actor, now)
        else:
            answers += _put(connection, STORAGES[kind], wave, branches, now)
    return answers


def lock_kind(connection: Connection, kind: Kind) -> None:
    """Have other feeds of a kind wait until this transaction ends."""
    connection.execute(
        text("SELECT pg_advisory_xact_lock(:class, :kind)"),
        {"class": _LOCK_CLASS, "kind": list(Kind).index(kind)},
    )


def _without_repeats(records: Sequence[Fed]) -> Iterator[Sequence[Fed]]:
    """Cut the records where one comes again: no statement can change the same row twice."""
    start, seen = 0, set[str]()
    for place, record in enumerate(records):
        subject = subject_of(record)
        if subject in seen:
            yield records[start:place]
            start, seen = place, set()
        seen.add(subject)
    if records:
        yield records[start:]


def _known_branches(connection: Connection) -> frozenset[str]:
    return frozenset(connection.execute(select(branch.c.code)).scalars())


def _unknown_branch(code: str) -> InvalidValue:
    return InvalidValue(
        "directory.branch_unknown", field="/branch_code", parameters={"branch": str(code)}
    )


def _put(
    connection: Connection,
    storage: Storage,
    records: Sequence[Fed],
    branches: frozenset[str] | None,
    now: datetime,
) -> list[Put | MohrError]:
    given = [columns_of(record) for record in records]
    on_file = _on_file(connection, storage, given)
    answers = [_judge(storage, each, on_file, branches) for each in given]
    taken = [
        {**columns, "updated_at": now}
        for columns, answer in zip(given, answers, strict=True)
        if answer in {Put.CREATED, Put.CHANGED}
    ]
    if taken:
        _write(connection, storage, taken)
    return answers


def _judge(
    storage: Storage,
    given: dict[str, Any],
    on_file: dict[tuple[str, ...], dict[str, Any]],
    branches: frozenset[str] | None,
) -> Put | MohrError:
    if branches is not None and given["branch_code"] not in branches:
        return _unknown_branch(given["branch_code"])
    stored = on_file.get(_key(storage, given))
    if stored is None:
        return Put.CREATED
    if given["version"] > stored["version"]:
        return Put.CHANGED
    if all(stored[name] == value for name, value in given.items()):
        return Put.UNCHANGED
    return Conflict(
        "directory.stale", field="/version", parameters={"version": str(stored["version"])}
    )


def _key(storage: Storage, columns: dict[str, Any]) -> tuple[str, ...]:
    return tuple(str(columns[name]) for name in storage.key)


def _on_file(
    connection: Connection, storage: Storage, given: list[dict[str, Any]]
) -> dict[tuple[str, ...], dict[str, Any]]:
    name, key = storage.table.name, ", ".join(storage.key)
    keys = [{column: each[column] for column in storage.key} for each in given]
    found = connection.execute(
        text(
            f"SELECT * FROM {name} JOIN ("  # noqa: S608 - names of our own
            f"SELECT {key} FROM jsonb_populate_recordset(NULL::{name}, CAST(:keys AS jsonb))"
            f") AS given USING ({key}) FOR NO KEY UPDATE OF {name}"
        ),
        {"keys": as_json(keys)},
    )
    return {_key(storage, row): row for row in (dict(each) for each in found.mappings())}


def _write(connection: Connection, storage: Storage, rows: list[dict[str, Any]]) -> None:
    name, columns = storage.table.name, list(rows[0])
    changed = ", ".join(
        f"{column} = excluded.{column}" for column in columns if column not in storage.key
    )
    connection.execute(
        text(
            f"INSERT INTO {name} ({', '.join(columns)}) "  # noqa: S608 - names of our own
            f"SELECT {', '.join(columns)} "
            f"FROM jsonb_populate_recordset(NULL::{name}, CAST(:rows AS jsonb)) "
            f"ON CONFLICT ({', '.join(storage.key)}) DO UPDATE SET {changed}"
        ),
        {"rows": as_json(rows)},
    )


def _file(
    connection: Connection,
    undertakings: Sequence[InspectionUndertaking],
    branches: frozenset[str],
    actor: str,
    now: datetime,
) -> list[Put | MohrError]:
    """File undertakings: one for a fiscal period of a contractor (R8), whatever the branch."""
    contractors = {each.contractor_identifier for each in undertakings}
    lock_contractors(connection, contractors)
    on_file = _undertakings(connection, undertakings, contractors)
    answers: list[Put | MohrError] = []
    new: list[dict[str, Any]] = []
    for undertaking in undertakings:
        answer = _judge_undertaking(undertaking, on_file, branches)
        if answer is Put.CREATED:
            on_file.append(undertaking)
            new.append({**columns_of(undertaking), "recorded_by": actor, "recorded_at": now})
        answers.append(answer)
    if new:
        connection.execute(inspection_undertaking.insert(), new)
    return answers


def _undertakings(
    connection: Connection,
    undertakings: Sequence[InspectionUndertaking],
    contractors: Iterable[str],
) -> list[InspectionUndertaking]:
    found = connection.execute(
        select(inspection_undertaking)
        .where(
            inspection_undertaking.c.contractor_identifier.in_(contractors)
            | inspection_undertaking.c.id.in_([each.id for each in undertakings])
        )
        .order_by(inspection_undertaking.c.recorded_at, inspection_undertaking.c.id)
    )
    return list(map(undertaking_record, found))


def _judge_undertaking(
    given: InspectionUndertaking, on_file: list[InspectionUndertaking], branches: frozenset[str]
) -> Put | MohrError:
    if given.branch_code not in branches:
        return _unknown_branch(given.branch_code)
    for stored in on_file:
        if stored.id == given.id:
            return Put.UNCHANGED if stored == given else Conflict("undertaking.differs")
    for stored in on_file:
        if (
            stored.contractor_identifier == given.contractor_identifier
            and stored.period_start <= given.period_end
            and stored.period_end >= given.period_start
        ):
            return Conflict(
                "undertaking.already_taken",
                field="/period_start",
                parameters={"first": stored.id, "branch": str(stored.branch_code)},
            )
    return Put.CREATED
