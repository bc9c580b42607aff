"""The endpoints that only the organization's own machines serve."""

from collections.abc import Iterator

from fastapi import APIRouter

from api.dependencies import Office


def office_routers(office: Office) -> Iterator[APIRouter]:  # noqa: ARG001 - areas add theirs
    """Answer the routers of the office's areas."""
    yield from ()
