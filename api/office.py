"""The endpoints that only the organization's own machines serve."""

from collections.abc import Iterator

from fastapi import APIRouter

from api.batches import batches_router
from api.breaches import breaches_router
from api.collections import collections_router
from api.dependencies import Office
from api.directory import directory_router
from api.directory_imports import imports_router
from api.notices import notices_router
from api.panel.routers import ROUTERS as PANEL
from api.paper import paper_router
from api.reconciliation import reconciliation_router
from api.revocations import revocations_router
from api.supervision import supervision_router


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
