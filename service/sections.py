"""The sections of the settings: what each may hold, its defaults, and what it is for."""

import re
from datetime import date
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, SecretStr

from clearance.deadline import DeadlineRule
from clearance.errors import InvalidValue
from clearance.jalali import parse_date
from clearance.working_days import WorkingCalendar, parse_days_off
from signer.layout import Layout
from templates.catalogues import name_text


def _web_address(value: str) -> str:
    if not value.startswith(("https://", "http://")) or value.endswith("/"):
        raise ValueError("an address such as https://tsa.example.ir, without a slash at its end")
    return value


def _public_address(value: str) -> str:
    """Allow what the QR code's alphanumeric mode can carry, and what pages hang below."""
    if re.fullmatch(r"https?://[A-Za-z0-9.-]+(:[0-9]{1,5})?", value) is None:
        raise ValueError("scheme, host and port only, such as https://verify.example.ir")
    return value.lower()


def _webhook_address(value: str) -> str:
    parts = urlsplit(value)
    if parts.scheme not in {"https", "http"} or not parts.hostname or "@" in parts.netloc:
        raise ValueError("an address such as https://eservices.example.ir/mohr, without a password")
    return value


def _provider_address(value: str) -> str:
    if re.fullmatch(r"https?://[^\s?#]+", value) is None:
        raise ValueError("an address such as https://login.example.ir/realms/staff")
    return value


WebAddress = Annotated[str, AfterValidator(_web_address)]
PublicAddress = Annotated[str, AfterValidator(_public_address)]
WebhookAddress = Annotated[str, AfterValidator(_webhook_address)]
ProviderAddress = Annotated[str, AfterValidator(_provider_address)]


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)


class WebSettings(_Section):
    """The web server."""

    host: str = "127.0.0.1"
    """Address to listen on."""
    port: int = Field(default=8400, ge=1, le=65535)
    """Port to listen on."""
    public_url: PublicAddress = "http://127.0.0.1:8400"
    """Address that citizens reach; printed in every QR code."""
    trusted_proxies: str = "127.0.0.1"
    """Addresses of reverse proxies whose ``X-Forwarded-For`` is believed, with commas."""
    connections: int = Field(default=1000, ge=10, le=100_000)
    """Connections that one process holds; the next one takes the place of one that has not yet
    finished its request's headers."""
    connections_per_network: int = Field(default=100, ge=1, le=100_000)
    """Of one address or IPv6 /64; trusted proxies have no such limit."""
    issuing_at_once: int = Field(default=8, ge=1, le=1000)
    """Callers of one process that wait for their document at the same time; a further request is
    accepted (``202``), and a worker issues it."""
    header_seconds: float = Field(default=10, gt=0, le=120)
    """How long a connection may take to finish the headers of its request."""


class DatabaseSettings(_Section):
    """PostgreSQL."""

    url: SecretStr | None = None
    """``postgresql://…``; without it the embedded server under ``MOHR_HOME/postgres`` runs."""


class DocumentSettings(_Section):
    """Where sealed documents are kept."""

    url: str | None = None
    """``s3://bucket/prefix``; without it the folder ``MOHR_HOME/documents``."""


class TokenSettings(_Section):
    """The PKCS#11 token."""

    module: Path | None = None
    """PKCS#11 module; without it p11-kit's proxy module of this machine."""
    label: str = "mohr"
    """Label of the token."""
    pin_file: Path | None = None
    """File with the user PIN; ``MOHR_TOKEN_PIN`` in the environment comes first.
    Without both, ``MOHR_HOME/secrets/token_user_pin``."""
    sessions: int = Field(default=8, ge=1, le=256)
    """Sessions that may be open at once."""
    wait_seconds: float = Field(default=10, gt=0, le=120)
    """How long a caller waits for a free session."""
    sign_seconds: float = Field(default=2, gt=0, le=120)
    """How long a signature may take before ``/health/ready`` calls the signer slow."""


class SealSettings(_Section):
    """The PAdES seal."""

    layout: Layout = Layout.CLOSED
    """PAdES layout: ``closed``, ``B-B``, ``B-T``, ``B-LT`` or ``B-LTA``."""
    timestamp_url: WebAddress | None = None
    """RFC 3161 timestamp authority; in development that of the development authority."""
    seconds: float = Field(default=10, gt=0, le=120)
    """Time limit of each request to TSA, OCSP responder or CRL distribution point."""


class VerifierSettings(_Section):
    """The sandbox in which foreign files are examined, and the limits on them."""

    workers: int = Field(default=2, ge=1, le=64)
    """Processes that examine strangers' files; one more is for registered ones, one for batches."""
    memory_mib: int = Field(default=1024, ge=256, le=16384)
    """Address space of each of them."""
    seconds: float = Field(default=2.5, gt=0, le=60)
    """Processor time for one file; everyone gets an answer, or *busy*, within five seconds."""
    require_non_repudiation: bool = False
    """Demand the key usage non-repudiation of a seal certificate; organizational seals may
    not carry it."""


class AuthoritySettings(_Section):
    """The development authority; refused in production."""

    host: str = "127.0.0.1"
    """Address to listen on."""
    port: int = Field(default=8401, ge=1, le=65535)
    """Port to listen on; it stands in the development certificates."""


def _days_off(value: str) -> str:
    WorkingCalendar(days_off=parse_days_off(value))
    return value


class DeadlineSettings(_Section):
    """The one day within which a clearance is issued (R11)."""

    rule: DeadlineRule = DeadlineRule.NEXT_CALENDAR_DAY
    """What one day after collection means: until the end of the ``next_calendar_day`` or the
    ``next_working_day`` in Tehran, or ``twenty_four_hours``."""
    days_off: Annotated[str, AfterValidator(_days_off)] = "friday"
    """Weekdays without work, in English with commas; for ``next_working_day``."""
    holidays_file: Path | None = None
    """Holidays for ``next_working_day``, a date and a name on each line."""


class NotificationSettings(_Section):
    """Telling the e-services system of clearances (R4)."""

    url: WebhookAddress | None = None
    """Webhook of the e-services system; without it notices are delivered into the inbox alone."""
    seconds: float = Field(default=10, gt=0, le=60)
    """Time limit of each delivery, connecting included."""
    retry_days: float = Field(default=3, gt=0, le=30)
    """How long a delivery is tried; then the notice waits for a person."""


class ProviderSettings(_Section):
    """The organization's identity provider (OpenID Connect)."""

    issuer: ProviderAddress
    """The provider, exactly as it names itself."""
    client_id: str
    """This service at the provider."""
    client_secret_file: Path | None = None
    """File with the client's secret; without it ``MOHR_HOME/secrets/provider_client_secret``."""
    username_claim: str = "preferred_username"
    """Claim of the identity token that holds the user name of the account."""
    scope: str = "openid profile"
    """What is asked of the provider."""
    name: str = name_text("identity_provider")
    """What the button on the login page calls it."""
    second_factor: bool = False
    """Whether the provider itself asks for a second factor, so that the panel does not."""
    seconds: float = Field(default=10, gt=0, le=60)
    """Time limit of each request to it."""


class ArchiveSettings(_Section):
    """The archival revisions (docs/long-life.md)."""

    first_after_minutes: float = Field(default=60, ge=0, le=7 * 24 * 60)
    """How long after the issue the first one is made: the evidence is then newer than the seal."""
    renew_before_days: float = Field(default=180, ge=1, le=3650)
    """How long before its timestamp's certificate, algorithm or anchor ends the next is made."""
    timestamp_hash: Literal["sha256", "sha384", "sha512"] = "sha512"
    """Hash of the document timestamps."""


class PanelSettings(_Section):
    """The panel of staff."""

    passwords: bool = True
    """Whether passwords open the panel; without a provider they always do."""
    provider: ProviderSettings | None = None
    """The identity provider (docs/panel.md); without it staff log in with passwords."""

    url: PublicAddress | None = None
    """Address that staff reach; without it that of ``web.public_url``."""
    idle_minutes: int = Field(default=30, ge=5, le=480)
    """After how long without a click a session ends."""
    life_hours: int = Field(default=10, ge=1, le=24)
    """After how long a session ends in any case."""


def _day(value: object) -> object:
    # TOML has dates of its own, and would read 1399-09-30 as a day of the Middle Ages.
    if not isinstance(value, str | date):
        return value
    try:
        return parse_date(str(value))
    except InvalidValue as error:
        raise ValueError("a date such as 1399/09/30 or 2020-12-20") from error


Day = Annotated[date, BeforeValidator(_day)]


class PaperFormSettings(_Section):
    """The end of the paper channel (R10, R13); dates Jalali or Gregorian, as text."""

    effective_date: Day | None = None
    """First day on which only electronic clearances count; without it paper is not called void."""
    handover_deadline: Day = Field(default="1399/09/30", validate_default=True)
    """Last day for handing over unused Form 22, sending them on and reporting it."""


class IssuerSettings(_Section):
    """Who issues, as named in the QR token."""

    name: str = "sso.example"
    """Issuer claim (``iss``) of the token: a short host-like name."""


class StatusListSettings(_Section):
    """The published status lists; both times stand in each list."""

    ttl_seconds: int = Field(default=300, ge=10, le=24 * 3600)
    """For how long whoever fetched a list may use it before asking for a fresh one."""
    lifetime_hours: int = Field(default=24, ge=1, le=24 * 14)
    """When a list ends; the next one is published when half of that is over."""
