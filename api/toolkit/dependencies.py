"""What the web interface needs from the rest, as ports that the wiring fills in.

Everything here may be called from several threads at once. A port raises ``Unavailable`` if the
part behind it does not answer; no port knows of HTTP.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from typing import Annotated, Protocol, TypeVar

from cryptography import x509
from fastapi import Depends, Request

from api.toolkit.body_budget import BodyBudget
from api.toolkit.limits import GuessLimiter, Limits, Places
from api.toolkit.metrics import Metrics
from api.toolkit.probing import Probing
from api.toolkit.problems import HttpError
from clearance.clock import Clock
from clearance.identifiers import ClearanceNumber, VerificationCode
from clearance.paper_forms import FormSerial
from clearance.roles import Officer
from clearance.verdict import Verdict
from clearance.verification_receipt import Judgement, ReceiptNumber
from register.allowances import Allowance
from register.archive_records import ArchivalRevision
from register.batches.client_batches import Batches
from register.collections import Collections, Deadlines
from register.directory import Directory
from register.inboxes import Notices
from register.paper_forms.ledger import PaperFormLedger
from register.paper_forms.records import FormAnswer
from register.records import IssuedClearance, PendingClearance
from register.revocations import Revocations
from register.status_lists import Publication
from register.supervision.service import Supervision
from register.verification_receipts import SealedReceipt
from signer.issuing import Issue

_Part = TypeVar("_Part")


class Client(Protocol):
    """A caller that has shown a valid API key."""

    @property
    def id(self) -> str:
        """Stable identifier, for the audit trail."""

    @property
    def scopes(self) -> frozenset[str]:
        """What the key allows: ``issue``, ``read``, ``directory``, ``notices``, ``verify``."""

    @property
    def officer(self) -> Officer | None:
        """Whose own key it is; empty for a program's."""


SealReceipt = Callable[[Judgement], SealedReceipt]
"""Seals and registers the receipt of a verification; raises ``Unavailable`` as issuing does."""


@dataclass(frozen=True, kw_only=True)
class Office:
    """What only the organization's own machines serve: nothing of it is there for the public."""

    panel: object
    """What the pages of staff need (``api.panel.config.Panel``); no other group looks into it."""
    revocations: Revocations
    batches: Batches
    directory: Directory
    paper: PaperFormLedger
    notices: Notices
    collections: Collections
    deadlines: Deadlines
    supervision: Supervision
    """What supervisors read in the panel and through the API."""


@dataclass(frozen=True, kw_only=True)
class ClearancePort:
    """What is known of clearances."""

    find: Callable[[ClearanceNumber], IssuedClearance | None]
    """The register's answer to a number."""
    find_pending: Callable[[ClearanceNumber], PendingClearance | None]
    """The same while the number is given and not issued."""
    find_archival: Callable[[ClearanceNumber], ArchivalRevision | None]
    """The newest archival revision of a clearance, if there is one yet."""
    read_document: Callable[[str], bytes]
    """The sealed PDF by its SHA-256 (lowercase hexadecimal)."""


@dataclass(frozen=True, kw_only=True)
class VerificationPort:
    """What verifies."""

    verify_file: Callable[[bytes], Verdict]
    """The verdict on a file; never raises for a bad file."""
    verify_in_bulk: Callable[[bytes], Verdict] | None = None
    """The same for files that come many at once, which stand back behind single ones; without it
    ``verify_file`` judges those too."""
    verify_token: Callable[[str], Verdict]
    """The verdict on a QR token, signature and register together."""
    find_by_digest: Callable[[str], IssuedClearance | None]
    """The clearance that a file with a SHA-256 (lowercase hexadecimal) is a document of."""
    charge: Callable[[str, int], Allowance]
    """Counts files that a key, by its client's id, is about to have verified; raises
    ``AllowanceExhausted``."""


@dataclass(frozen=True, kw_only=True)
class ReceiptPort:
    """Sealed receipts of verifications."""

    seal: SealReceipt | None
    """Empty on a public machine without keys, which then offers no receipts."""
    find: Callable[[ReceiptNumber, VerificationCode], SealedReceipt | None]
    """The receipt that a number and its code belong to."""


@dataclass(frozen=True, kw_only=True)
class TrustPort:
    """The certificates that others trust by."""

    anchors: Callable[[], tuple[x509.Certificate, ...]]
    """The certificates that seals are trusted by."""
    retired_anchors: Callable[[], tuple[tuple[x509.Certificate, datetime], ...]]
    """Those that they were trusted by once, each with the moment (UTC) when that ended or ends."""
    seal_certificates: Callable[[], tuple[x509.Certificate, ...]]
    """The certificates of the organization's seal; the newest names who validates in reports."""
    token_certificates: Callable[[], tuple[x509.Certificate, ...]]
    """The certificates that QR tokens are or were signed under, with P-256 keys."""


@dataclass(frozen=True, kw_only=True)
class Services:
    """The parts behind the web interface: a port for each group, and what all of them need."""

    issue: Issue | None
    """Empty on a public machine without keys, which then has no issuing endpoint."""
    office: Office | None
    """Empty on a public machine, which then has none of the office's endpoints."""
    clearances: ClearancePort
    verification: VerificationPort
    receipts: ReceiptPort
    trust: TrustPort
    find_status_list: Callable[[int], Publication | None]
    """What is published of a status list by its number."""
    find_paper_form: Callable[[FormSerial], FormAnswer]
    """What a paper Form 22 with a serial means today."""
    authenticate: Callable[[str], Client]
    """The owner of an API key; raises ``MohrError`` other than ``Unavailable`` for a bad key."""
    probes: Mapping[str, Callable[[], None]]
    """Readiness by part; a probe raises if its part does not answer."""
    public_url: str
    """Scheme and host that the public reaches, without a slash at the end."""
    demo: bool
    """Whether everything issued here is a sample without legal force."""
    clock: Clock


@dataclass(frozen=True, kw_only=True)
class Context:
    """What one application holds: the parts behind it, and its own limits and counters."""

    services: Services
    limits: Limits
    guesses: GuessLimiter
    receipts: GuessLimiter
    metrics: Metrics
    probing: Probing
    bodies: BodyBudget
    """The bytes of bodies that are still coming in."""
    file_places: Places
    """API keys whose many files are being verified."""
    page_places: Places
    """Addresses whose several files the page is verifying."""


def context_of(request: Request) -> Context:
    """Return the context of the application that the request came to."""
    context: Context = request.app.state.context
    return context


TheContext = Annotated[Context, Depends(context_of)]
"""Endpoint parameter: the application's context."""


def office_of(request: Request) -> Office:
    """Return the office, whose endpoints are there only where it is."""
    office = context_of(request).services.office
    if office is None:
        raise HttpError(HTTPStatus.NOT_FOUND, "request.no_such_path")
    return office


TheOffice = Annotated[Office, Depends(office_of)]
"""Endpoint parameter: all of the office, for the panel's pages."""


def office_part(part: Callable[[Office], _Part]) -> Callable[[Request], _Part]:
    """Make the dependency that hands the endpoints of a group their part of the office."""

    def taken(request: Request) -> _Part:
        return part(office_of(request))

    return taken
