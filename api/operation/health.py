"""Whether the service lives, whether it can do its work, and what it has done."""

from http import HTTPStatus

from fastapi import APIRouter
from pydantic import Field
from starlette.responses import JSONResponse, Response

from api.toolkit.answers import JsonAnswer, Text, text_answer
from api.toolkit.dependencies import TheContext
from clearance.clock import format_moment
from clearance.errors import MohrError
from templates.catalogues import error_text


class PartHealth(JsonAnswer):
    """Whether one part can do its work."""

    status: str = Field(description="`up` or `down`.")
    code: str | None = Field(default=None, description="Error code, if down.")
    message: Text | None = None


class Health(JsonAnswer):
    """Whether the service can do its work."""

    status: str = Field(description="`ready` or `not_ready`.")
    checked_at: str
    parts: dict[str, PartHealth]


def part_down(error: MohrError) -> PartHealth:
    """Return a part that does not answer."""
    return PartHealth(status="down", code=error.code, message=text_answer(error_text(error)))


router = APIRouter(tags=["operation"])


@router.get("/health/live")
async def live() -> dict[str, str]:
    """Say that the process answers; nothing behind it is asked, and no thread is needed for it."""
    return {"status": "live"}


@router.get(
    "/health/ready",
    response_model=Health,
    responses={503: {"model": Health, "description": "A part is down."}},
)
def ready(context: TheContext) -> Response:
    """Ask every part whether it can do its work, all at once; 503 if one cannot.

    The answer comes within two seconds. A part that has not answered by then is down
    (`health.no_answer`).
    """
    found = context.probing.ask()
    parts = {name: _part(error) for name, error in found.items()}
    all_up = all(part.status == "up" for part in parts.values())
    health = Health(
        status="ready" if all_up else "not_ready",
        checked_at=format_moment(context.services.clock()),
        parts=parts,
    )
    return JSONResponse(
        health.model_dump(mode="json", exclude_none=True),
        status_code=HTTPStatus.OK if all_up else HTTPStatus.SERVICE_UNAVAILABLE,
    )


@router.get("/metrics", response_class=Response)
def metrics(context: TheContext) -> Response:
    """Return the counters in Prometheus' text format."""
    office = context.services.office
    if office is not None:
        context.metrics.count_collections(office.deadlines.counts, now=context.services.clock())
    return Response(context.metrics.exposition(), media_type="text/plain; version=0.0.4")


def _part(error: MohrError | None) -> PartHealth:
    return PartHealth(status="up") if error is None else part_down(error)
