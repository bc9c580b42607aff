"""The register of receipts: what each says, and the digest of its sealed PDF.

Every method is one short transaction, raises ``Unavailable("register.unavailable")`` if the
database does not answer, and may be called from several threads and machines at once.
"""

import hmac
import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Engine, Row, func, insert, select, text

from clearance.clock import Clock
from clearance.identifiers import VerificationCode
from clearance.jalali import jalali_year
from clearance.receipt import (
    Judgement,
    ReceiptNumber,
    VerificationReceipt,
    receipt_bytes,
    receipt_from_object,
)
from register import database, events
from register.events import EventName
from register.records import RandomBytes
from register.tables.receipts import receipt, receipt_document

_ACTOR = "verification"
_NUMBERING_LOCK = 0x72656365
"""Key of the advisory lock that lets one transaction at a time take a number ("rece")."""


@dataclass(frozen=True, kw_only=True)
class SealedReceipt:
    """A receipt whose sealed PDF is registered; times in UTC."""

    receipt: VerificationReceipt
    document_sha256: str
    """Lowercase hexadecimal."""
    document_size: int
    layout: str
    sealed_at: datetime


class Receipts:
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

    def enter_document(
        self, made: VerificationReceipt, *, sha256: str, size: int, layout: str
    ) -> SealedReceipt:
        """Enter the sealed PDF of a receipt that was opened before; once for each."""
        sealed_at = self._clock()
        with database.transaction(self._engine) as connection:
            connection.execute(
                insert(receipt_document).values(
                    sha256=sha256,
                    number=made.number,
                    size=size,
                    layout=layout,
                    sealed_at=sealed_at,
                )
            )
            events.record(
                connection,
                EventName.RECEIPT_SEALED,
                at=sealed_at,
                actor=_ACTOR,
                subject=made.number,
                details={"sha256": sha256, "judged": made.judgement.file.sha256},
            )
        return SealedReceipt(
            receipt=made,
            document_sha256=sha256,
            document_size=size,
            layout=layout,
            sealed_at=sealed_at,
        )

    def find(self, number: ReceiptNumber, code: VerificationCode) -> SealedReceipt | None:
        """Return the sealed receipt with this number, for whoever has its code too."""
        found = self._sealed(receipt.c.number == number)
        if found is None:
            return None
        same = hmac.compare_digest(found.receipt.verification_code.encode(), code.encode())
        return found if same else None

    def find_by_digest(self, sha256: str) -> SealedReceipt | None:
        """Return the receipt whose sealed PDF has this SHA-256 (lowercase hexadecimal)."""
        return self._sealed(receipt_document.c.sha256 == sha256)

    def _sealed(self, condition: ColumnElement[bool]) -> SealedReceipt | None:
        with database.transaction(self._engine) as connection:
            row = connection.execute(
                select(receipt.c.content, receipt_document)
                .join(receipt_document, receipt_document.c.number == receipt.c.number)
                .where(condition)
            ).one_or_none()
        return None if row is None else _record(row)


def _record(row: Row[*tuple[Any, ...]]) -> SealedReceipt:
    return SealedReceipt(
        receipt=receipt_from_object(json.loads(row.content)),
        document_sha256=row.sha256,
        document_size=row.size,
        layout=row.layout,
        sealed_at=row.sealed_at,
    )
