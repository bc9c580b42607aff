"""What the register hands out and takes in: tickets, issued clearances, their standing."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final
from uuid import UUID

from clearance.certificate import ClearanceCertificate, ClearanceRequest
from clearance.errors import InvalidValue
from clearance.identifiers import ClearanceNumber, VerificationCode

RandomBytes = Callable[[int], bytes]
"""Answers that many bytes fit for secrets, as ``secrets.token_bytes`` does."""


class Scope(StrEnum):
    """What a key allows."""

    ISSUE = "issue"
    """Ask for clearances to be issued."""
    READ = "read"
    """Read issued clearances and their documents."""
    DIRECTORY = "directory"
    """Feed the directory, the collections of premium and the undertakings."""
    NOTICES = "notices"
    """Read the notices of workshops, as the e-services system does for their holders."""
    VERIFY = "verify"
    """Verify files by the thousand, within the key's own limits, as agencies do."""


MOST_FILES: Final = 1_000_000_000
"""The highest limit that a key can have."""


@dataclass(frozen=True, kw_only=True)
class FileLimits:
    """How many files a key may have verified.

    Raises ``InvalidValue("client.limit_out_of_range")`` for less than 1 or more than
    ``MOST_FILES``.
    """

    per_minute: int = 600
    """In a minute of UTC."""
    per_day: int = 20_000
    """In a day of Tehran."""

    def __post_init__(self) -> None:
        if not all(1 <= limit <= MOST_FILES for limit in (self.per_minute, self.per_day)):
            raise InvalidValue(
                "client.limit_out_of_range", parameters={"highest": f"{MOST_FILES:,}"}
            )


@dataclass(frozen=True, kw_only=True)
class Ticket:
    """The right to issue one clearance in one attempt; made by the ``Register`` only.

    It is spent by ``complete`` or ``release``, and void once another attempt has taken over.
    """

    attempt_id: UUID
    attempt: int
    """How many attempts there have been for this number, this one included."""
    number: ClearanceNumber
    verification_code: VerificationCode
    status_list_index: int
    """Place among all clearances, from 0 on; ``clearance.status_list.place_of`` finds its list."""
    issued_at: datetime
    """The issue time of this attempt, frozen so that its content is (UTC, whole seconds)."""
    client_id: str
    """Who asked; the actor of the audit events of this attempt."""
    request: ClearanceRequest

    def certificate(self) -> ClearanceCertificate:
        """Return the one certificate that this ticket allows."""
        return ClearanceCertificate(
            number=self.number,
            verification_code=self.verification_code,
            issued_at=self.issued_at,
            request=self.request,
        )


class StandingState(StrEnum):
    """Whether an issued clearance still counts."""

    IN_FORCE = "in_force"
    """Neither revoked nor replaced."""
    REVOKED = "revoked"
    """Withdrawn, and nothing stands in its place."""
    REPLACED = "replaced"
    """Withdrawn, and another clearance stands in its place."""


class RevocationReason(StrEnum):
    """The closed list of reasons for revoking a clearance."""

    ISSUED_IN_ERROR = "issued_in_error"
    """It should not have been issued."""
    DATA_CORRECTED = "data_corrected"
    """Something it states was wrong."""
    COLLECTION_REVERSED = "collection_reversed"
    """The premium that it rests on was not collected after all."""
    OBTAINED_BY_FRAUD = "obtained_by_fraud"
    """False documents or statements led to it."""
    LAWFUL_ORDER = "lawful_order"
    """A court or a competent authority ordered it."""
    SEAL_COMPROMISED = "seal_compromised"
    """The key that sealed it can no longer be trusted."""


class RevocationState(StrEnum):
    """How far a request has come."""

    OPEN = "open"
    """Nobody has decided yet."""
    CONFIRMED = "confirmed"
    """The clearance is revoked."""
    REJECTED = "rejected"
    """The clearance stays as it was."""


@dataclass(frozen=True, kw_only=True)
class Standing:
    """The standing of an issued clearance; the last three are empty while it is in force."""

    state: StandingState
    at: datetime | None = None
    """Since when it is revoked (UTC)."""
    reason: RevocationReason | None = None
    replacement: ClearanceNumber | None = None
    """Set exactly if ``state`` is ``replaced``."""


@dataclass(frozen=True, kw_only=True)
class SealedDocument:
    """A document of any kind as it was sealed; never changes."""

    kind: str
    """Name of its ``register.kinds.DocumentKind``."""
    number: str
    """Of the record that it shows."""
    sha256: str
    """Of the PDF, lowercase hexadecimal."""
    size: int
    """Bytes."""
    layout: str
    """Signature layout, as ``signer.layout`` names it."""
    template_version: int
    """Which version of the kind's template printed it."""
    sealed_at: datetime
    """UTC."""


@dataclass(frozen=True, kw_only=True)
class RegisteredDocument:
    """The document that a registered file belongs to, and whether it still counts."""

    document: SealedDocument
    revision: int
    """Which of its files: 0 the one as sealed, from 1 on an archival revision."""
    sealed_at: datetime
    """When this very file was made (UTC): the document's own moment, or the revision's."""
    standing: Standing


@dataclass(frozen=True, kw_only=True)
class IssuedClearance:
    """An issued clearance as the register knows it; all but ``standing`` never changes."""

    number: ClearanceNumber
    certificate: ClearanceCertificate
    content_hash: bytes
    """SHA-256 of the certificate's canonical JSON."""
    token_text: str
    """The QR token, base32."""
    document: SealedDocument
    """The PDF as issued."""
    issued_at: datetime
    """UTC, whole seconds."""
    status_list_index: int
    standing: Standing

    @property
    def verification_code(self) -> VerificationCode:
        """What opens it to whoever holds the paper."""
        return self.certificate.verification_code


@dataclass(frozen=True, kw_only=True)
class PendingClearance:
    """A number that is given but whose clearance is not issued (yet)."""

    number: ClearanceNumber
    verification_code: VerificationCode
    client_id: str
    prepared_at: datetime
    """When the number was given (UTC)."""
    attempts: int
    leased_until: datetime | None
    """Until when the current attempt holds the ticket (UTC); empty if none does."""
    last_error: str | None
    """Error code of the last attempt that said why it failed."""
    resume_at: datetime | None
    """From when on a worker goes on by itself (UTC); empty if only its caller can, by repeating
    the request."""
