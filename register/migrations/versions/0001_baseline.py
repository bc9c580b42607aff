"""The register as it begins: the queue's tables, ours, and the guards over what was written.

Tables, their constraints and indexes are those of ``register.tables``; the triggers' functions are
the files in ``guards``, one for each area. Record 19 says what becomes of this at a release.
"""

from pathlib import Path

from alembic import op
from procrastinate.schema import SchemaManager

from register.tables import metadata

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

QUEUE = "03.04.00_50_post_add_retry_failed_job_procedure.sql"
"""The newest migration that is part of the queue's schema here, that of procrastinate 3.10. Those
that later releases bring are for databases that have begun: they belong into a revision of ours."""

GUARDS = (
    "refuse_change",
    "issuing",
    "sealed",
    "directory",
    "collections",
    "revocations",
    "notices",
    "paper_forms",
    "staff",
    "batches",
    "events",
)

NEVER_DELETED = (
    "number_counter",
    "intent",
    "branch",
    "workshop",
    "contract_row",
    "directory_import",
    "collection",
    "notice",
    "staff",
    "batch",
    "batch_line",
    "archive",
)
APPEND_ONLY = (
    "clearance",
    "sealed_document",
    "revocation",
    "audit_event",
    "contract_row_review",
    "inspection_undertaking",
    "directory_import_refusal",
    "collection_receipt",
    "deadline_event",
    "revocation_request",
    "revocation_decision",
    "replacement",
    "status_list_publication",
    "notice_attempt",
    "notice_view",
    "paper_range",
    "paper_entry",
    "paper_minutes",
    "paper_minutes_closing",
    "paper_handover",
    "paper_minutes_part",
    "clearance_search",
    "receipt",
)
REPLACED = ("paper_segment",)
"""Its rows are never changed: others come in their place."""


def upgrade() -> None:
    """Make the queue's tables and ours, then the triggers that guard them."""
    connection = op.get_bind()
    # The whole schema and not the queue's migrations one by one: up to PostgreSQL 16 a value that
    # is added to an enumeration cannot be used before the transaction ends, and they do so.
    connection.exec_driver_sql(SchemaManager.get_schema().replace("%", "%%"))
    metadata.create_all(connection, checkfirst=False)
    for area in GUARDS:
        guard = Path(__file__).parents[1] / "guards" / f"{area}.sql"
        connection.exec_driver_sql(guard.read_text("utf-8").replace("%", "%%"))
    _refuse("DELETE OR TRUNCATE", NEVER_DELETED)
    _refuse("UPDATE OR DELETE OR TRUNCATE", APPEND_ONLY)
    _refuse("UPDATE OR TRUNCATE", REPLACED)


def _refuse(changes: str, tables: tuple[str, ...]) -> None:
    # Per statement: a change that would touch no row is refused as well.
    for table in tables:
        op.execute(
            f"CREATE TRIGGER refuse_change BEFORE {changes} ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
        )
