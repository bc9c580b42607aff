"""The audit trail: who did what, when; rows are added and never touched again.

An event is written in the transaction of the fact that it tells, so one never stands without the
other. The database itself refuses to change, delete or truncate events.
"""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum

from sqlalchemy import Connection, insert

from register.tables.core import audit_event


class EventName(StrEnum):
    """What happened."""

    ISSUING = "clearance.issuing"
    """An attempt to issue began: number given or taken up again."""
    SEALING = "clearance.sealing"
    """What is about to be sealed was recorded."""
    ISSUED = "clearance.issued"
    DOCUMENT_SEALED = "document.sealed"
    """A document of a kind that has no event of its own was sealed and entered."""
    ATTEMPT_FAILED = "clearance.attempt_failed"
    """An attempt gave up; its number waits for the next attempt."""
    REFUSED = "clearance.refused"
    """A request breaks rules of the circular; nothing was issued for it."""
    ARCHIVED = "clearance.archived"
    """An archival revision of its document was entered."""
    WITHDRAWN = "clearance.withdrawn"
    DOCUMENT_ARCHIVED = "document.archived"
    """The same of a document of another kind, and so the next."""
    DOCUMENT_WITHDRAWN = "document.withdrawn"
    REPLACED = "clearance.replaced"
    """Another clearance took the place of a revoked one."""
    REVOCATION_REQUESTED = "revocation.requested"
    REVOCATION_CONFIRMED = "revocation.confirmed"
    REVOCATION_REJECTED = "revocation.rejected"
    BATCH_OPENED = "batch.opened"
    BATCH_PAUSED = "batch.paused"
    BATCH_RESUMED = "batch.resumed"
    BATCH_CANCELLED = "batch.cancelled"
    COLLECTION_RECORDED = "collection.recorded"
    DEADLINE_WARNING = "deadline.warning"
    DEADLINE_BREACHED = "deadline.breached"
    BREACH_ENDED = "deadline.breach_ended"
    """The clearance was issued after all; the breach stays on record."""
    BRANCH_RECORDED = "branch.recorded"
    """A branch was fed for the first time, or with a higher version; so the next two."""
    WORKSHOP_RECORDED = "workshop.recorded"
    CONTRACT_ROW_RECORDED = "contract_row.recorded"
    CONTRACT_ROW_REVIEWED = "contract_row.reviewed"
    UNDERTAKING_FILED = "inspection_undertaking.filed"
    IMPORT_STARTED = "directory.import_started"
    IMPORT_RESUMED = "directory.import_resumed"
    IMPORT_WENT_ON = "directory.import_went_on"
    """Some more lines of a file were taken in, with their counts."""
    IMPORT_FINISHED = "directory.import_finished"
    NOTICE_OPENED = "notice.opened"
    NOTICE_DELIVERED = "notice.delivered"
    NOTICE_VIEWED = "notice.viewed"
    """The first view; who viewed it stands with the notice."""
    NOTICE_DEAD = "notice.dead"
    """It was not delivered, and no longer tried."""
    NOTICE_RESENT = "notice.resent"
    """A person or the receiver had it tried again."""
    CLIENT_ADDED = "client.added"
    CLIENT_LIMITED = "client.limited"
    """A key that verifies got other limits."""
    CLIENT_REVOKED = "client.revoked"
    STAFF_ADDED = "staff.added"
    STAFF_ROLE_CHANGED = "staff.role_changed"
    STAFF_LOCKED = "staff.locked"
    STAFF_UNLOCKED = "staff.unlocked"
    STAFF_PASSWORD_RESET = "staff.password_reset"  # noqa: S105 - an event
    STAFF_PASSWORD_CHANGED = "staff.password_changed"  # noqa: S105
    STAFF_SECOND_FACTOR_SET = "staff.second_factor_set"
    STAFF_SECOND_FACTOR_RESET = "staff.second_factor_reset"
    STAFF_RECOVERY_CODES_MADE = "staff.recovery_codes_made"
    STAFF_RECOVERY_CODE_USED = "staff.recovery_code_used"
    STAFF_LOGGED_IN = "staff.logged_in"
    STAFF_LOGIN_FAILED = "staff.login_failed"
    STAFF_LOGGED_OUT = "staff.logged_out"
    STAFF_SESSIONS_ENDED = "staff.sessions_ended"
    PAPER_ALLOTTED = "paper.allotted"
    """Serials of Form 22 were given to a branch."""
    PAPER_RECORDED = "paper.recorded"
    """The state of serials was recorded."""
    MINUTES_DRAWN_UP = "minutes.drawn_up"
    MINUTES_CLOSED = "minutes.closed"
    MINUTES_SEALED = "minutes.sealed"
    RECEIPT_SEALED = "receipt.sealed"
    """A verification got its sealed receipt."""


def record(
    connection: Connection,
    name: EventName,
    *,
    at: datetime,
    actor: str,
    subject: str,
    details: Mapping[str, str | int | None],
) -> None:
    """Add an event within the caller's transaction.

    ``subject`` is the clearance number or client id that it is about. ``details`` hold codes,
    hashes and counts: no secret and no personal data, because nothing is ever deleted here.
    """
    connection.execute(
        insert(audit_event).values(
            at=at, name=name.value, actor=actor, subject=subject, details=dict(details)
        )
    )
