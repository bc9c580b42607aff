"""Staff accounts, their sessions and their attempts to log in."""

from datetime import datetime

from sqlalchemy import (
    BigInteger,
    Column,
    DateTime,
    ForeignKey,
    Index,
    LargeBinary,
    Named,
    Table,
    Text,
    TypedColumns,
)
from sqlalchemy.dialects.postgresql import ARRAY

from clearance.roles import Role
from register.staff.records import BRANCH_ROLES, Method, Stage
from register.tables.checks import at_least, digest, filled, holds, one_of, values
from register.tables.metadata import metadata


class _Staff(TypedColumns):
    id: Named[str] = Column(Text, primary_key=True)
    username: Named[str] = Column(Text, unique=True)
    full_name: Named[str] = Column(Text)
    role: Named[str] = Column(Text)
    province: Named[str | None] = Column(Text)
    branch_code: Named[str | None] = Column(Text)
    password_hash: Named[str | None] = Column(Text)
    """Argon2id; null where only the identity provider vouches."""
    password_changed_at: Named[datetime | None] = Column(DateTime(timezone=True))
    one_time_until: Named[datetime | None] = Column(DateTime(timezone=True))
    """Set while the password is one that an administrator handed out: it has to be changed at the
    first login, and serves no longer than this."""
    totp_secret: Named[bytes | None] = Column(LargeBinary)
    """Encrypted (``register.staff.secrets``)."""
    totp_confirmed_at: Named[datetime | None] = Column(DateTime(timezone=True))
    """Null while the secret has been shown and no code of it has been typed yet."""
    totp_last_step: Named[int | None] = Column(BigInteger)
    """The newest time step whose code was taken: no code counts twice."""
    recovery_codes: Named[list[bytes]] = Column(ARRAY(LargeBinary), server_default="{}")
    """Keyed hashes of those not used yet."""
    locked_at: Named[datetime | None] = Column(DateTime(timezone=True))
    added_at: Named[datetime] = Column(DateTime(timezone=True))
    last_login_at: Named[datetime | None] = Column(DateTime(timezone=True))


class _StaffSession(TypedColumns):
    id_hash: Named[bytes] = Column(LargeBinary, primary_key=True)
    staff_id: Named[str] = Column(Text, ForeignKey("staff.id"))
    stage: Named[str] = Column(Text)
    method: Named[str] = Column(Text)
    address: Named[str] = Column(Text)
    network: Named[str] = Column(Text)
    """The address, or the network that one subscriber sends from."""
    agent: Named[str] = Column(Text)
    opened_at: Named[datetime] = Column(DateTime(timezone=True))
    seen_at: Named[datetime] = Column(DateTime(timezone=True))
    ends_at: Named[datetime] = Column(DateTime(timezone=True))
    ended_at: Named[datetime | None] = Column(DateTime(timezone=True))
    ended_because: Named[str | None] = Column(Text)


class _StaffAttempts(TypedColumns):
    kind: Named[str] = Column(Text, primary_key=True)
    key_hash: Named[bytes] = Column(LargeBinary, primary_key=True)
    """SHA-256 of user name or network, or a half of each: what was typed may be a password."""
    failures: Named[int]
    last_at: Named[datetime] = Column(DateTime(timezone=True))
    barred_until: Named[datetime | None] = Column(DateTime(timezone=True))


_BRANCH_ROLES = [role for role in Role if role in BRANCH_ROLES]

staff = Table(
    "staff",
    metadata,
    _Staff,
    holds("id ~ '^staff-[a-z2-7]{8}$'"),
    holds("username ~ '^[a-z][a-z0-9._-]{2,39}$'"),
    *filled("full_name", "province"),
    one_of("role", Role),
    holds("branch_code ~ '^[0-9]{4}$'"),
    holds("password_hash LIKE '$argon2id$%'"),
    holds(
        f"CASE WHEN role IN ({values(*_BRANCH_ROLES)})"
        " THEN branch_code IS NOT NULL AND province IS NULL"
        f" WHEN role = {values(Role.PROVINCIAL_SUPERVISOR)}"
        " THEN province IS NOT NULL AND branch_code IS NULL"
        " ELSE province IS NULL AND branch_code IS NULL END",
        name="reach_fits_the_role",
    ),
    holds(
        "totp_secret IS NOT NULL"
        " OR (totp_confirmed_at IS NULL AND totp_last_step IS NULL AND recovery_codes = '{}')"
    ),
)
staff_session = Table(
    "staff_session",
    metadata,
    _StaffSession,
    *digest("id_hash"),
    one_of("stage", Stage),
    one_of("method", Method),
    *filled("ended_because"),
    holds("(ended_at IS NULL) = (ended_because IS NULL)"),
)
Index(
    "staff_session_open",
    staff_session.c.staff_id,
    postgresql_where=staff_session.c.ended_at.is_(None),
)
Index("staff_session_ends_at", staff_session.c.ends_at)
staff_attempts = Table(
    "staff_attempts",
    metadata,
    _StaffAttempts,
    *filled("kind"),
    *digest("key_hash"),
    *at_least(0, "failures"),
)
