"""All that there is about staff, over one database."""

from dataclasses import dataclass

from sqlalchemy import Engine

from clearance.clock import Clock
from register.records import RandomBytes
from register.staff.accounts import Accounts
from register.staff.logins import Logins
from register.staff.second_factor import SecondFactors
from register.staff.secrets import StaffSecrets
from register.staff.sessions import SessionRules, Sessions
from templates.catalogues import name_text

ISSUER = name_text("product")
"""Name of the service in an authenticator."""


@dataclass(frozen=True, kw_only=True)
class Staff:
    """Accounts, logins, second factors and sessions of one database."""

    accounts: Accounts
    logins: Logins
    second_factors: SecondFactors
    sessions: Sessions
    secrets: StaffSecrets


def open_staff(
    engine: Engine,
    *,
    clock: Clock,
    random_bytes: RandomBytes,
    key: bytes,
    rules: SessionRules | None = None,
    provider_proves_both: bool = False,
) -> Staff:
    """Put the parts together; ``key`` (32 bytes or more) encrypts what the database may not read.

    ``provider_proves_both``: the identity provider asks for a second factor itself. Raises
    ``Refused("staff.key_too_short")``.
    """
    secrets = StaffSecrets(key, random_bytes)
    sessions = Sessions(
        engine, clock=clock, random_bytes=random_bytes, rules=rules or SessionRules()
    )
    second_factors = SecondFactors(
        engine, clock=clock, random_bytes=random_bytes, secrets=secrets, issuer=ISSUER
    )
    return Staff(
        accounts=Accounts(engine, clock=clock, random_bytes=random_bytes),
        logins=Logins(
            engine,
            clock=clock,
            sessions=sessions,
            second_factors=second_factors,
            provider_proves_both=provider_proves_both,
        ),
        second_factors=second_factors,
        sessions=sessions,
        secrets=secrets,
    )
