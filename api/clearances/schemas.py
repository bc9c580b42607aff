"""The JSON that the service answers, as types; OpenAPI is made of them."""

from datetime import datetime
from typing import Any

from pydantic import Field

from api.toolkit.answers import JsonAnswer, LastError, Text, last_error, text_answer
from clearance.canonical import certificate_object
from clearance.clock import format_moment
from clearance.identifiers import ClearanceNumber
from register.records import IssuedClearance, PendingClearance, Standing
from templates.catalogues import page_text


class Document(JsonAnswer):
    """The sealed PDF."""

    sha256: str = Field(description="SHA-256 of the file, lowercase hexadecimal.")
    size: int = Field(description="Bytes.")
    media_type: str = "application/pdf"
    layout: str = Field(description="How the signature and its evidence lie in the file.")


class Links(JsonAnswer):
    """Where to go from here; paths are relative to this service."""

    self: str
    document: str
    verify: str = Field(description="The page that the QR code opens (an absolute address).")


class ClearanceIssued(JsonAnswer):
    """A clearance just issued; the same for each repetition of the request."""

    number: str
    verification_code: str
    kind: str
    issued_at: str = Field(description="RFC 3339, UTC.")
    content_hash: str = Field(
        description="SHA-256 of the certificate's canonical JSON (RFC 8785), hexadecimal."
    )
    document: Document
    token: str = Field(description="The QR token: base32 of a COSE_Sign1 CWT.")
    links: Links


class WaitingLinks(JsonAnswer):
    """Where to ask again; a path relative to this service."""

    self: str


class ClearanceWaiting(JsonAnswer):
    """A request that is accepted, with its number, and not issued yet."""

    number: str
    state: str = Field(
        description="`waiting`: it is issued as soon as all parts answer, without another call. "
        "`stopped`: a fault needs a person first; then repeat the request with the same "
        "Idempotency-Key."
    )
    since: str = Field(description="When it was accepted (RFC 3339, UTC).")
    attempts: int
    last_error: LastError | None
    links: WaitingLinks


class StandingAnswer(JsonAnswer):
    """Whether the clearance still counts."""

    state: str = Field(description="`in_force`, `revoked` or `replaced`.")
    at: str | None = Field(description="Since when it is withdrawn (RFC 3339, UTC).")
    reason: str | None = Field(description="One of a closed list of reasons.")
    message: Text | None = Field(description="The reason in words.")
    replacement: str | None = Field(description="Number of the clearance that replaced it.")


class ClearanceAnswer(ClearanceIssued):
    """A clearance as the register knows it."""

    standing: StandingAnswer
    replaces: str | None = Field(description="Number of the revoked clearance that it replaces.")
    certificate: dict[str, Any] = Field(
        description="The certificate's fields: the very object that is hashed and attached."
    )


def clearance_issued(clearance: IssuedClearance, public_url: str) -> ClearanceIssued:
    """Return what never changes of an issued clearance."""
    return ClearanceIssued(**_unchanging(clearance, public_url))


def clearance_waiting(pending: PendingClearance) -> ClearanceWaiting:
    """Return how a request stands that is not issued yet."""
    return ClearanceWaiting(
        number=pending.number,
        state="waiting" if pending.resume_at else "stopped",
        since=format_moment(pending.prepared_at),
        attempts=pending.attempts,
        last_error=last_error(pending.last_error) if pending.last_error else None,
        links=WaitingLinks(self=_path(pending.number)),
    )


def clearance_answer(clearance: IssuedClearance, public_url: str) -> ClearanceAnswer:
    """Return an issued clearance with its standing and all its fields."""
    return ClearanceAnswer(
        **_unchanging(clearance, public_url),
        standing=standing_answer(clearance.standing),
        replaces=clearance.certificate.request.replaces,
        certificate=certificate_object(clearance.certificate),
    )


def _unchanging(clearance: IssuedClearance, public_url: str) -> dict[str, Any]:
    path = _path(clearance.number)
    return {
        "number": clearance.number,
        "verification_code": clearance.certificate.verification_code,
        "kind": clearance.certificate.request.kind,
        "issued_at": format_moment(clearance.issued_at),
        "content_hash": clearance.content_hash.hex(),
        "document": Document(
            sha256=clearance.document.sha256,
            size=clearance.document.size,
            layout=clearance.document.layout,
        ),
        "token": clearance.token_text,
        "links": Links(
            self=path,
            document=f"{path}/document",
            verify=f"{public_url}/q/{clearance.token_text}",
        ),
    }


def _path(number: ClearanceNumber) -> str:
    return f"/v1/clearances/{number}"


def standing_answer(standing: Standing) -> StandingAnswer:
    """Return whether a clearance still counts."""
    return StandingAnswer(
        state=standing.state,
        at=_moment(standing.at),
        reason=standing.reason,
        message=text_answer(page_text("revocation_reasons", standing.reason))
        if standing.reason
        else None,
        replacement=standing.replacement,
    )


def _moment(moment: datetime | None) -> str | None:
    return format_moment(moment) if moment else None
