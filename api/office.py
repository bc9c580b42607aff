"""The endpoints that only the organization's own machines serve."""

from collections.abc import Iterator

from fastapi import APIRouter

from api.batches.endpoints import batches_router
from api.deadline.breaches import breaches_router
from api.deadline.collections import collections_router
from api.directory.imports import imports_router
from api.directory.reconciliation import reconciliation_router
from api.directory.records import directory_router
from api.notices.endpoints import notices_router
from api.panel.routers import ROUTERS as PANEL
from api.paper_forms.ledger import paper_router
from api.revocation.endpoints import revocations_router
from api.supervision.endpoints import supervision_router
from api.toolkit.dependencies import Office


def office_routers(office: Office) -> Iterator[APIRouter]:
    """Yield the routers of the office's areas."""
    yield from PANEL
    yield revocations_router(office.revocations)
    yield batches_router(office.batches)
    yield directory_router(office.directory)
    yield imports_router(office.directory)
    yield reconciliation_router(office.directory)
    yield notices_router(office.notices)
    yield collections_router(office.collections)
    yield paper_router(office.paper)
    yield breaches_router(office.deadlines)
    yield supervision_router(office.supervision, office.paper)
