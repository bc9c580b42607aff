"""The register of receipts: what each says, and its sealed PDF.

Every method is one short transaction, raises ``Unavailable("register.unavailable")`` if the
database does not answer, and may be called from several threads and machines at once.
"""

import hmac
import json
from dataclasses import dataclass
from datetime import UTC

from sqlalchemy import Engine, func, insert, select, text

from clearance.clock import Clock
from clearance.identifiers import VerificationCode
from clearance.jalali import jalali_year
from clearance.verification_receipt import (
    Judgement,
    ReceiptNumber,
    VerificationReceipt,
    receipt_bytes,
    receipt_from_object,
)
from register import database, events, sealed_documents
from register.events import EventName
from register.records import RandomBytes, SealedDocument
from register.sealed_documents import DOCUMENT_COLUMNS, document_of
from register.tables.sealed import sealed_document
from register.tables.verification_receipts import receipt

_ACTOR = "verification"
_NUMBERING_LOCK = 0x72656365
"""Key of the advisory lock that lets one transaction at a time take a number ("rece")."""


@dataclass(frozen=True, kw_only=True)
class SealedReceipt:
    """A receipt whose sealed PDF is registered."""

    receipt: VerificationReceipt
    document: SealedDocument


class VerificationReceipts:
    """Receipts over one database."""

    def __init__(self, engine: Engine, *, clock: Clock, random_bytes: RandomBytes) -> None:
        self._engine = engine
        self._clock = clock
        self._random_bytes = random_bytes

    def open(self, judgement: Judgement) -> VerificationReceipt:
        """Give a judgement its number and code, and record what is about to be sealed."""
        now = self._clock()
        year = jalali_year(now)
        with database.transaction(self._engine) as connection:
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _NUMBERING_LOCK})
            serial = connection.execute(
                select(func.coalesce(func.max(receipt.c.serial), 0) + 1).where(
                    receipt.c.jalali_year == year
                )
            ).scalar_one()
            made = VerificationReceipt(
                number=ReceiptNumber.make(year, serial),
                verification_code=VerificationCode.from_bytes(self._random_bytes(10)),
                judgement=judgement,
            )
            written = receipt_bytes(made)
            connection.execute(
                insert(receipt).values(
                    number=made.number,
                    jalali_year=year,
                    serial=serial,
                    content=written.decode(),
                    content_hash=func.sha256(written),
                    made_at=now,
                )
            )
        return made

    def enter_document(self, made: VerificationReceipt, document: SealedDocument) -> SealedReceipt:
        """Enter the sealed PDF of a receipt that was opened before; once for each."""
        now = self._clock().astimezone(UTC)
        with database.transaction(self._engine) as connection:
            sealed_documents.enter(connection, document, at=now)
            events.record(
                connection,
                EventName.RECEIPT_SEALED,
                at=now,
                actor=_ACTOR,
                subject=made.number,
                details={"sha256": document.sha256, "judged": made.judgement.file.sha256},
            )
        return SealedReceipt(receipt=made, document=document)

    def find(self, number: ReceiptNumber, code: VerificationCode) -> SealedReceipt | None:
        """Return the sealed receipt with this number, for whoever has its code too."""
        with database.transaction(self._engine) as connection:
            row = connection.execute(_SEALED.where(receipt.c.number == number)).one_or_none()
        if row is None:
            return None
        content = receipt_from_object(json.loads(row.content))
        found = SealedReceipt(receipt=content, document=document_of(row))
        same = hmac.compare_digest(found.receipt.verification_code.encode(), code.encode())
        return found if same else None


_SEALED = select(receipt.c.content, *DOCUMENT_COLUMNS).join(
    sealed_document,
    (sealed_document.c.number == receipt.c.number) & (sealed_document.c.revision == 0),
)
