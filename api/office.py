"""The endpoints that only the organization's own machines serve."""

from collections.abc import Iterator

from fastapi import APIRouter

from api.dependencies import Office
from api.revocations import revocations_router


def office_routers(office: Office) -> Iterator[APIRouter]:
    """Answer the routers of the office's areas."""
    if office.revocations is not None:
        yield revocations_router(office.revocations)
