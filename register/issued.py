"""Entering a clearance: all that becomes true in the transaction from which on it is issued."""

from datetime import datetime

from sqlalchemy import Connection, insert

from clearance.canonical import certificate_bytes
from clearance.certificate import ClearanceCertificate
from clearance.errors import Conflict, InternalFault
from clearance.notices import NoticeEvent
from register import collections, intents, lookups, revocation_recording, sealed_documents
from register.attempts import record
from register.events import EventName
from register.notices import open_notice
from register.records import IssuedClearance, SealedDocument, Ticket
from register.supervision import entering as supervision
from register.tables.core import clearance


def enter(
    connection: Connection,
    ticket: Ticket,
    *,
    certificate: ClearanceCertificate,
    content_hash: bytes,
    token_text: str,
    document: SealedDocument,
    now: datetime,
) -> IssuedClearance:
    """Do what ``Register.complete`` promises, and raise what it names."""
    closed = intents.close(connection, ticket.number, ticket.attempt_id, error=None, resume_at=None)
    if closed is None:
        raise Conflict("ticket.spent")
    same = certificate == ticket.certificate() and content_hash == closed.content_hash
    if not same or document.number != ticket.number:
        raise InternalFault("register.content_differs")
    connection.execute(
        insert(clearance).values(
            number=ticket.number,
            attempt_id=ticket.attempt_id,
            certificate=certificate_bytes(certificate).decode(),
            content_hash=content_hash,
            token_text=token_text,
            issued_at=ticket.issued_at,
            recorded_at=now,
        )
    )
    sealed_documents.enter(connection, document, at=now)
    supervision.enter(connection, [certificate])
    collections.settle(connection, ticket.number, ticket.request, actor=ticket.client_id, now=now)
    record(
        connection,
        EventName.ISSUED,
        ticket,
        now,
        content_hash=content_hash.hex(),
        document_sha256=document.sha256,
        layout=document.layout,
    )
    open_notice(
        connection,
        ticket.number,
        NoticeEvent.ISSUED,
        occurred_at=ticket.issued_at,
        now=now,
        actor=ticket.client_id,
    )
    if ticket.request.replaces is not None:
        revocation_recording.record_replacement(
            connection,
            ticket.request.replaces,
            by=ticket.number,
            at=now,
            actor=ticket.client_id,
        )
    return lookups.issued_where(connection, clearance.c.number == ticket.number)[ticket.number]
