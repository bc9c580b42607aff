"""The groups that only the organization's own machines serve."""

from api.batches import endpoints as batches
from api.deadline import breaches, collections
from api.directory import imports, reconciliation, records
from api.notices import endpoints as notices
from api.panel.routers import ROUTERS as PANEL
from api.paper_forms import ledger
from api.revocation import endpoints as revocation
from api.supervision import endpoints as supervision

ROUTERS = (
    *PANEL,
    revocation.router,
    batches.router,
    records.router,
    imports.router,
    reconciliation.router,
    notices.router,
    collections.router,
    ledger.router,
    breaches.router,
    supervision.router,
)
