"""Builds the web application out of the services that the wiring hands over."""

from importlib.metadata import version
from pathlib import Path
from typing import Any, cast

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.staticfiles import StaticFiles

from api.clearances import issuing, reading
from api.envelope import Envelope, fault_response
from api.office import ROUTERS as OFFICE
from api.openapi import describe
from api.operation import health
from api.pages import entrances as pages
from api.pages import files as file_pages
from api.pages import fonts
from api.pages.fonts import FONTS_FOLDER
from api.paper_forms import lookup as paper_form_lookup
from api.published import status_lists, well_known
from api.receipts import endpoints as receipts
from api.toolkit.body_budget import BodyBudget
from api.toolkit.dependencies import Context, Services
from api.toolkit.examples import load_examples
from api.toolkit.limits import GuessLimiter, Limits, Places
from api.toolkit.metrics import Metrics
from api.toolkit.probing import Probing
from api.toolkit.problems import from_framework, from_validation
from api.verification import allowances, digests
from api.verification import many as verification_batches
from api.verification import single as verification
from clearance.errors import MohrError


def create_app(
    services: Services,
    *,
    limits: Limits | None = None,
    fonts_folder: Path = FONTS_FOLDER,
) -> FastAPI:
    """Build the application.

    Without ``services.issue`` the application has no issuing endpoint. Raises
    ``FileNotFoundError`` if the installation lacks the requests that the OpenAPI document shows.
    """
    app = FastAPI(
        title="Mohr",
        version=version("mohr"),
        # The interactive pages load scripts from elsewhere.
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
    )
    limits = limits or Limits()
    metrics = Metrics()
    app.state.context = Context(
        services=services,
        limits=limits,
        guesses=GuessLimiter(limits.wrong_codes),
        receipts=GuessLimiter(limits.receipts, code="receipt.too_many"),
        metrics=metrics,
        probing=Probing(services.probes),
        bodies=BodyBudget(total=limits.bodies_bytes),
        file_places=Places(limits.batches_at_once),
        page_places=Places(limits.batches_at_once),
    )
    for router in (
        *([issuing.router] if services.issue is not None else []),
        *([receipts.sealing] if services.receipts.seal is not None else []),
        *(OFFICE if services.office is not None else []),
        reading.router,
        verification.router,
        digests.router,
        allowances.router,
        verification_batches.router,
        well_known.router,
        status_lists.router,
        health.router,
        paper_form_lookup.router,
        receipts.router,
        pages.router,
        file_pages.router,
    ):
        app.include_router(router)
    app.state.fonts_folder = fonts_folder
    app.include_router(fonts.router)
    app.mount("/static", StaticFiles(packages=[("templates", "static")]))
    app.add_exception_handler(MohrError, _answer_error)
    app.add_exception_handler(HTTPException, _answer_framework_error)
    app.add_exception_handler(RequestValidationError, _answer_invalid_value)
    app.add_middleware(Envelope, metrics=metrics, https=services.public_url.startswith("https://"))
    _describe_once(app)
    return app


def _describe_once(app: FastAPI) -> None:
    examples = load_examples()

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = describe(app, examples)
        return app.openapi_schema

    app.openapi = openapi  # type: ignore[method-assign]  # FastAPI's own way to extend it


async def _answer_error(request: Request, error: Exception) -> Response:
    return fault_response(request, cast("MohrError", error))


async def _answer_framework_error(request: Request, error: Exception) -> Response:
    return fault_response(request, from_framework(cast("HTTPException", error)))


async def _answer_invalid_value(request: Request, error: Exception) -> Response:
    return fault_response(request, from_validation(cast("RequestValidationError", error)))
