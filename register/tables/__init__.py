"""The tables with their constraints and indexes; the triggers over them stand in the migrations.

Each area has a module of its own; importing this package makes ``metadata`` complete.
"""

from register.tables import (
    archive,
    batches,
    collections,
    core,
    directory,
    notices,
    paper_forms,
    revocations,
    sealed,
    staff,
    supervision,
    verification_receipts,
)
from register.tables.metadata import metadata

__all__ = [
    "archive",
    "batches",
    "collections",
    "core",
    "directory",
    "metadata",
    "notices",
    "paper_forms",
    "revocations",
    "sealed",
    "staff",
    "supervision",
    "verification_receipts",
]
