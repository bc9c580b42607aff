"""What surrounds every request: identity, security headers, access log, last resort.

The access log and the metrics name the *route* (``/q/{token}``), never the path or the query:
a token or a verification code must not come to rest in a log.
"""

import logging
import time
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any
from uuid import uuid4

from starlette.datastructures import MutableHeaders
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.panel.shell import belongs_to_panel, panel_problem
from api.toolkit.bodies import demand_storable
from api.toolkit.html import problem_page, wants_page
from api.toolkit.metrics import Metrics
from api.toolkit.problems import HttpError, problem_response
from clearance.errors import InternalFault, InvalidRequest, MohrError

_access = logging.getLogger("mohr.access")
_log = logging.getLogger("mohr.api")

_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_CLIENT_CLOSED_REQUEST = 499

SECURITY_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; img-src 'self'; "
    "font-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
_HTTPS_ONLY = "max-age=31536000; includeSubDomains"


class Envelope:
    """ASGI middleware around the whole application."""

    def __init__(self, app: ASGIApp, *, metrics: Metrics, https: bool) -> None:
        self._app = app
        self._metrics = metrics
        self._headers = dict(SECURITY_HEADERS)
        if https:
            self._headers["Strict-Transport-Security"] = _HTTPS_ONLY

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Return one request; an unforeseen fault becomes a plain 500 without any detail."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        state = scope.setdefault("state", {})
        state["request_id"] = uuid4().hex
        # What a dependency has to tell the caller, whatever the answer is in the end.
        state["headers"] = {}
        # A HEAD is a GET whose content is left out (RFC 9110, 9.3.2).
        headers_only = scope["method"] == "HEAD"
        inner = {**scope, "method": "GET"} if headers_only else scope
        started = time.perf_counter()
        status = 0

        async def send_wrapped(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                self._add_headers(message, state)
            elif headers_only:
                message = {**message, "body": b""}
            await send(message)

        try:
            await self._inside(scope)(inner, receive, send_wrapped)
        except ClientDisconnect:
            status = status or _CLIENT_CLOSED_REQUEST
        except Exception:
            _log.exception("request %s failed", scope["state"]["request_id"])
            if status:
                raise  # the answer is under way: only cutting the connection shows the failure
            await fault_response(Request(inner))(inner, receive, send_wrapped)
        finally:
            route = getattr(inner.get("route"), "path", "(none)")
            self._record(scope, route, status, time.perf_counter() - started)

    def _inside(self, scope: Scope) -> ASGIApp:
        """Return the application, or the refusal of a NUL, which no text of the database can hold.

        In the address of a page no name has one; the endpoints for programs say themselves what is
        not there. In the query nobody's value has one.
        """
        request = Request(scope)
        if "\0" in scope["path"] and belongs_to_panel(request):
            return fault_response(request, HttpError(HTTPStatus.NOT_FOUND, "request.no_such_path"))
        if b"%00" in scope["query_string"]:
            try:
                demand_storable(request.query_params.multi_items())
            except InvalidRequest as error:
                return fault_response(request, error)
        return self._app

    def _add_headers(self, message: Message, state: Mapping[str, Any]) -> None:
        headers = MutableHeaders(scope=message)
        for name, value in self._headers.items():
            headers.setdefault(name, value)
        headers.setdefault("Cache-Control", "no-store")
        headers["X-Request-ID"] = state["request_id"]
        headers.update(state["headers"])

    def _record(self, scope: Scope, route: str, status: int, seconds: float) -> None:
        method = scope["method"] if scope["method"] in _METHODS else "OTHER"
        self._metrics.request_answered(method, route, status, seconds)
        milliseconds = round(seconds * 1000, 1)
        _access.info(
            "%s %s %d",
            method,
            route,
            status,
            extra={
                "fields": {
                    "request_id": scope["state"]["request_id"],
                    "milliseconds": milliseconds,
                    "client": scope["client"][0] if scope.get("client") else None,
                }
            },
        )


def fault_response(request: Request, error: MohrError | None = None) -> Response:
    """Return an error as a page or a problem document, as the caller can read it."""
    error = error or InternalFault("internal.fault")
    if belongs_to_panel(request):
        return panel_problem(request, error)
    if wants_page(request):
        return problem_page(request, error)
    return problem_response(error, request.state.request_id)
