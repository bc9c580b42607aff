"""Logging in, step by step; a session gets a new secret at each step that raises its rights.

What a stranger learns is the same for an unknown user name, a wrong password, a locked account and
an outworn one-time password, and takes the same time.
"""

from datetime import UTC, datetime

from sqlalchemy import Connection, Engine, select, update

from clearance.clock import Clock
from clearance.errors import InvalidValue, Refused
from clearance.text import ascii_digits
from register import events
from register.database import transaction
from register.events import EventName
from register.staff.accounts import locked_row
from register.staff.passwords import check_new_password, hash_password, password_matches
from register.staff.records import Method, Stage
from register.staff.second_factor import SecondFactors
from register.staff.sessions import (
    Session,
    Sessions,
    Visitor,
    end_sessions,
)
from register.staff.throttle import Guesser, Throttle, forgive, give_back
from register.tables.staff import staff, staff_session

STRANGER = "stranger"
"""Actor of what nobody has proved to have done, and subject where no account has the name."""


class Logins:
    """The steps of logging in and out; safe to use from several threads and processes.

    Those that take a password or a code raise ``TooManyAttempts`` while the
    account or the network is barred.
    """

    def __init__(
        self,
        engine: Engine,
        *,
        clock: Clock,
        sessions: Sessions,
        second_factors: SecondFactors,
        provider_proves_both: bool = False,
    ) -> None:
        self._engine = engine
        self._clock = clock
        self._sessions = sessions
        self._second_factors = second_factors
        self._throttle = Throttle(engine, clock=clock)
        self._provider_proves_both = provider_proves_both

    def with_password(self, username: str, password: str, visitor: Visitor) -> str:
        """Take user name and password; answer the secret of a session whose ``step`` comes next.

        Raises ``Refused("staff.login_failed")``.
        """
        name = _folded(username)
        guesser = Guesser(username=name, network=visitor.network)
        self._throttle.take(guesser)
        now = self._now()
        with transaction(self._engine) as connection:
            row = connection.execute(select(staff).where(staff.c.username == name)).one_or_none()
        right = password_matches(row.password_hash if row else None, password)
        if row is not None:
            outworn = row.one_time_until is not None and row.one_time_until < now
            right = right and row.locked_at is None and not outworn
        with transaction(self._engine) as connection:
            if row is not None and right:
                give_back(connection, guesser)
                return self._sessions.open(
                    connection,
                    row.id,
                    stage=Stage.PASSWORD,
                    method=Method.PASSWORD,
                    visitor=visitor,
                )
            self._tell_failure(connection, row.id if row else STRANGER, "password")
        raise Refused("staff.login_failed")

    def with_code(self, session: Session, code: str, visitor: Visitor) -> str:
        """Take a code of the authenticator or a recovery code; answer the new session's secret.

        Raises ``InvalidValue("staff.code_wrong")``, also for a code that was used before.
        """
        guesser = Guesser(username=session.member.username, network=visitor.network)
        self._throttle.take(guesser)
        with transaction(self._engine) as connection:
            factor = self._second_factors.take(connection, session.member.id, code)
            if factor is not None:
                give_back(connection, guesser)
                return self._let_in(connection, session, visitor, factor)
            self._tell_failure(connection, session.member.id, "code")
        raise InvalidValue("staff.code_wrong", field="/code")

    def with_enrolment(
        self, session: Session, code: str, visitor: Visitor
    ) -> tuple[str, tuple[str, ...]]:
        """Take the first code of an offered secret.

        Returns the new session's secret and the recovery codes, which nobody can show again.
        Raises ``InvalidValue("staff.code_wrong")``, ``Conflict("staff.second_factor_exists")``.
        """
        guesser = Guesser(username=session.member.username, network=visitor.network)
        self._throttle.take(guesser)
        with transaction(self._engine) as connection:
            codes = self._second_factors.confirm(connection, session.member.id, code)
            if codes is not None:
                give_back(connection, guesser)
                return self._let_in(connection, session, visitor, "totp"), codes
        raise InvalidValue("staff.code_wrong", field="/code")

    def with_provider(self, username: str, visitor: Visitor) -> str:
        """Take the word of the identity provider; answer the secret of a session.

        Raises ``Refused("staff.login_failed")`` if no open account has this user name.
        """
        with transaction(self._engine) as connection:
            row = connection.execute(
                select(staff).where(staff.c.username == _folded(username))
            ).one_or_none()
            if row is not None and row.locked_at is None:
                stage = Stage.FULL if self._provider_proves_both else Stage.PASSWORD
                if stage is Stage.FULL:
                    self._note_login(connection, row.id, "provider")
                return self._sessions.open(
                    connection, row.id, stage=stage, method=Method.OIDC, visitor=visitor
                )
            self._tell_failure(connection, row.id if row else STRANGER, "provider")
        raise Refused("staff.login_failed")

    def change_password(
        self, session: Session, current: str | None, new: str, visitor: Visitor
    ) -> str:
        """Set a new password, end all sessions, answer the secret of the one that goes on.

        ``current`` may be left out only where a one-time password has just been typed. Raises
        ``InvalidValue`` with ``staff.password_wrong``, ``staff.password_same``, or as
        ``check_new_password`` does.
        """
        member = session.member
        if current is None and member.one_time_until is None:
            raise InvalidValue("staff.password_wrong", field="/current")
        guesser = Guesser(username=member.username, network=visitor.network)
        self._throttle.take(guesser)
        with transaction(self._engine) as connection:
            row = locked_row(connection, member.id)
            known = current is None or password_matches(row.password_hash, current)
            if known:
                give_back(connection, guesser)
            else:
                self._tell_failure(connection, member.id, "password")
        if not known:
            raise InvalidValue("staff.password_wrong", field="/current")
        check_new_password(new, username=member.username, full_name=member.full_name)
        if password_matches(row.password_hash, new):
            raise InvalidValue("staff.password_same", field="/new")
        hashed = hash_password(new)
        now = self._now()
        with transaction(self._engine) as connection:
            connection.execute(
                update(staff)
                .where(staff.c.id == member.id)
                .values(password_hash=hashed, password_changed_at=now, one_time_until=None)
            )
            end_sessions(connection, member.id, at=now, because="password_changed")
            self._record(connection, EventName.STAFF_PASSWORD_CHANGED, member.id)
            return self._sessions.open(
                connection, member.id, stage=session.stage, method=session.method, visitor=visitor
            )

    def renew_recovery_codes(
        self, session: Session, code: str, visitor: Visitor
    ) -> tuple[str, ...]:
        """Put fresh recovery codes in the place of the old ones, for a code of the authenticator.

        Raises ``InvalidValue("staff.code_wrong")``.
        """
        guesser = Guesser(username=session.member.username, network=visitor.network)
        self._throttle.take(guesser)
        with transaction(self._engine) as connection:
            if self._second_factors.take(connection, session.member.id, code) is not None:
                give_back(connection, guesser)
                return self._second_factors.renew_recovery_codes(connection, session.member.id)
            self._tell_failure(connection, session.member.id, "code")
        raise InvalidValue("staff.code_wrong", field="/code")

    def log_out(self, session: Session) -> None:
        """End the session."""
        self.end_session(session, session.id_hash, because="logged_out")

    def end_session(self, session: Session, id_hash: bytes, *, because: str = "by_owner") -> None:
        """End one of the person's own sessions; one of others, or none, changes nothing."""
        with transaction(self._engine) as connection:
            ended = end_sessions(
                connection,
                session.member.id,
                staff_session.c.id_hash == id_hash,
                at=self._now(),
                because=because,
            )
            if ended:
                self._record(connection, EventName.STAFF_LOGGED_OUT, session.member.id)

    def end_other_sessions(self, session: Session) -> int:
        """End all of the person's sessions but this one; answer how many."""
        with transaction(self._engine) as connection:
            ended = end_sessions(
                connection,
                session.member.id,
                staff_session.c.id_hash != session.id_hash,
                at=self._now(),
                because="by_owner",
            )
            self._record(connection, EventName.STAFF_SESSIONS_ENDED, session.member.id, count=ended)
        return ended

    def _let_in(
        self, connection: Connection, session: Session, visitor: Visitor, factor: str
    ) -> str:
        rotated = end_sessions(
            connection,
            session.member.id,
            staff_session.c.id_hash == session.id_hash,
            at=self._now(),
            because="rotated",
        )
        if not rotated:  # ended meanwhile, by an administrator or by another step
            raise Refused("staff.login_failed")
        forgive(connection, session.member.username)
        self._note_login(connection, session.member.id, f"{session.method}+{factor}")
        return self._sessions.open(
            connection,
            session.member.id,
            stage=Stage.FULL,
            method=session.method,
            visitor=visitor,
        )

    def _note_login(self, connection: Connection, staff_id: str, method: str) -> None:
        connection.execute(
            update(staff).where(staff.c.id == staff_id).values(last_login_at=self._now())
        )
        self._record(connection, EventName.STAFF_LOGGED_IN, staff_id, method=method)

    def _tell_failure(self, connection: Connection, staff_id: str, factor: str) -> None:
        events.record(
            connection,
            EventName.STAFF_LOGIN_FAILED,
            at=self._now(),
            actor=STRANGER,
            subject=staff_id,
            details={"factor": factor},
        )

    def _record(
        self, connection: Connection, name: EventName, staff_id: str, **details: str | int
    ) -> None:
        events.record(
            connection, name, at=self._now(), actor=staff_id, subject=staff_id, details=details
        )

    def _now(self) -> datetime:
        return self._clock().astimezone(UTC)


def _folded(username: str) -> str:
    return ascii_digits(username.strip()).lower()
