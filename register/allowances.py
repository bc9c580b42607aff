"""How many files a key may have verified, and how many it has.

The counts lie in the register, so that all processes and machines count together, and every
charge is one statement: calls at the same moment wait for each other and none is lost. Fixed
windows: a caller may use up one minute's files at its end and the next one's at its beginning.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from math import ceil
from typing import Any, Final

from sqlalchemy import Connection, Engine, Row, case, func, literal, or_, select
from sqlalchemy.dialects.postgresql import insert

from clearance.clock import Clock
from clearance.errors import InvalidValue, MohrError
from clearance.jalali import day_begins, tehran_day
from register.database import transaction
from register.tables.core import api_client, client_usage

_DAY: Final = timedelta(days=1)


@dataclass(frozen=True, kw_only=True)
class Window:
    """One of a key's limits, as it stands."""

    limit: int
    """Files."""
    remaining: int
    """Files, never negative."""
    resets_at: datetime
    """When more remains than now (UTC)."""


@dataclass(frozen=True, kw_only=True)
class Allowance:
    """What a key may still have verified."""

    minute: Window
    day: Window
    at: datetime
    """When that was so (UTC)."""


class AllowanceExhausted(MohrError):
    """A key has not enough files left for a call; nothing was charged for it."""

    def __init__(self, allowance: Allowance, *, files: int, again_at: datetime) -> None:
        self.allowance = allowance
        self.seconds = max(1, ceil((again_at - allowance.at).total_seconds()))
        """How long until the same call can pass, if nothing else is charged before."""
        super().__init__(
            "allowance.exhausted",
            parameters={
                "files": f"{files:,}",
                "per_minute": f"{allowance.minute.limit:,}",
                "in_minute": f"{allowance.minute.remaining:,}",
                "per_day": f"{allowance.day.limit:,}",
                "in_day": f"{allowance.day.remaining:,}",
                "seconds": f"{self.seconds:,}",
            },
        )


class Allowances:
    """The counts of all keys; safe to use from several threads, processes and machines.

    A count survives restarts. It belongs to the key: other limits count what was used before.
    """

    def __init__(self, engine: Engine, *, clock: Clock) -> None:
        self._engine = engine
        self._clock = clock

    def charge(self, client_id: str, files: int) -> Allowance:
        """Count files of a key that are about to be verified, and answer what is left after them.

        The minute's limit may be overdrawn by one call, where nothing is owed from before it: a
        batch has more files than a minute allows. The minutes after it pay for it. The day's
        limit never is. With 0 files it only returns what is left.

        Raises ``AllowanceExhausted``, ``InvalidValue`` with ``allowance.more_than_a_day`` for a
        call that no waiting helps and with ``client.limits_without_verify`` for a key without
        limits; all of them charge nothing. ``Unavailable("register.unavailable")`` leaves open
        whether the files were charged.
        """
        now = self._clock().astimezone(UTC)
        with transaction(self._engine) as connection:
            row = _charged(connection, client_id, files, now)
            counted = row is not None
            if row is None:
                row = _charged(connection, client_id, 0, now)
        if row is None:
            raise InvalidValue("client.limits_without_verify")
        if not counted:
            raise _refusal(row, files, now)
        return _allowance(row, now)


def _charged(
    connection: Connection, client_id: str, files: int, now: datetime
) -> Row[*tuple[Any, ...]] | None:
    """Charge in one statement, which holds the key's row; answer nothing if it may not be."""
    minute, day = int(now.timestamp()) // 60, tehran_day(now)
    key, used = api_client.c, client_usage.c
    per_minute, per_day = (
        select(limit).where(key.id == client_id).scalar_subquery()
        for limit in (key.files_per_minute, key.files_per_day)
    )
    # The next window is another process's whose clock is ahead: both count there. One that lies
    # further ahead came from a clock that was wrong, and is forgotten.
    this_minute = used.minute.in_((minute, minute + 1))
    this_day = used.day.in_((day, day + _DAY))
    passed = func.greatest(minute - used.minute, 0)
    in_minute = case(
        (used.minute > minute + 1, 0),
        else_=func.greatest(used.files_in_minute - per_minute * passed, 0),
    )
    in_day = case((this_day, used.files_in_day), else_=0)
    first = select(key.id, literal(minute), literal(files), literal(day), literal(files)).where(
        key.id == client_id, key.files_per_day >= files
    )
    return connection.execute(
        insert(client_usage)
        .from_select(["client_id", "minute", "files_in_minute", "day", "files_in_day"], first)
        .on_conflict_do_update(
            index_elements=[used.client_id],
            set_={
                "minute": case((this_minute, used.minute), else_=minute),
                "files_in_minute": in_minute + files,
                "day": case((this_day, used.day), else_=day),
                "files_in_day": in_day + files,
            },
            where=or_(
                literal(files) == 0,
                or_(in_minute == 0, in_minute + files <= per_minute) & (in_day + files <= per_day),
            ),
        )
        .returning(
            used.minute,
            used.files_in_minute,
            used.day,
            used.files_in_day,
            per_minute.label("per_minute"),
            per_day.label("per_day"),
        )
    ).one_or_none()


def _allowance(row: Row[*tuple[Any, ...]], now: datetime) -> Allowance:
    return Allowance(
        minute=Window(
            limit=row.per_minute,
            remaining=max(row.per_minute - row.files_in_minute, 0),
            resets_at=_minute_with_room(row, 1),
        ),
        day=Window(
            limit=row.per_day,
            remaining=max(row.per_day - row.files_in_day, 0),
            resets_at=_next_day(row.day),
        ),
        at=now,
    )


def _refusal(row: Row[*tuple[Any, ...]], files: int, now: datetime) -> MohrError:
    if files > row.per_day:
        return InvalidValue(
            "allowance.more_than_a_day",
            parameters={"files": f"{files:,}", "per_day": f"{row.per_day:,}"},
        )
    again_at = _minute_with_room(row, files)
    if row.files_in_day + files > row.per_day:
        again_at = max(again_at, _next_day(row.day))
    return AllowanceExhausted(_allowance(row, now), files=files, again_at=again_at)


def _minute_with_room(row: Row[*tuple[Any, ...]], files: int) -> datetime:
    """Return when the next minute begins in which so many files can be charged."""
    wanted = row.files_in_minute + min(files, row.per_minute)
    minutes = max(ceil(wanted / row.per_minute) - 1, 1)
    return datetime.fromtimestamp((row.minute + minutes) * 60, UTC)


def _next_day(day: date) -> datetime:
    return day_begins(day + _DAY)
