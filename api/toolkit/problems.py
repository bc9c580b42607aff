"""Errors as HTTP sees them: status codes, and problem documents (RFC 9457).

Nothing of an exception but its code, field and parameters leaves the service.
"""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from clearance.errors import (
    Conflict,
    InternalFault,
    InvalidRequest,
    InvalidValue,
    MohrError,
    NotFound,
    NotPermitted,
    Refused,
    RulesNotMet,
    Unavailable,
    UnreadableBody,
)
from clearance.rulebook import Failure
from register.allowances import AllowanceExhausted
from templates.catalogues import Message, error_text, remedy_text, rule_text

MEDIA_TYPE = "application/problem+json"

_SERVER_FAULTS = 500
_RETRY_AFTER_SECONDS = 10
"""What ``Retry-After`` says when a part is away: long enough for a restart, short for a person."""

_STATUS: Mapping[type[MohrError], HTTPStatus] = {
    InvalidRequest: HTTPStatus.UNPROCESSABLE_ENTITY,
    InvalidValue: HTTPStatus.UNPROCESSABLE_ENTITY,
    RulesNotMet: HTTPStatus.UNPROCESSABLE_ENTITY,
    Conflict: HTTPStatus.CONFLICT,
    NotFound: HTTPStatus.NOT_FOUND,
    AllowanceExhausted: HTTPStatus.TOO_MANY_REQUESTS,
    Unavailable: HTTPStatus.SERVICE_UNAVAILABLE,
    NotPermitted: HTTPStatus.FORBIDDEN,
    # A key that may not sign or a setting that forbids: the operator's to put right, not the
    # caller's.
    Refused: HTTPStatus.SERVICE_UNAVAILABLE,
    InternalFault: HTTPStatus.INTERNAL_SERVER_ERROR,
}

_OPERATORS_AREAS = frozenset({"hsm", "keys", "seal", "tsa", "revocation", "settings", "authority"})
"""Areas of codes that are never the caller's doing: a key that is not there is no 404."""


_TITLES = {
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "Content Too Large",
    HTTPStatus.UNPROCESSABLE_ENTITY: "Unprocessable Content",
}
"""Names of RFC 9110 where Python's own depend on its version."""


class HttpError(MohrError):
    """An error that exists only between HTTP and its caller, such as a body that is too large."""

    def __init__(
        self,
        status: HTTPStatus,
        code: str,
        *,
        field: str = "",
        parameters: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(code, field=field, parameters=parameters)
        self.status = status
        self.headers = dict(headers or {})


def from_framework(error: HTTPException) -> HttpError:
    """Turn the framework's own refusals (no such path, wrong method) into ours.

    What may be got answers HEAD too (``api.envelope``), which the framework does not know.
    """
    status = HTTPStatus(error.status_code)
    code = {
        HTTPStatus.NOT_FOUND: "request.no_such_path",
        HTTPStatus.METHOD_NOT_ALLOWED: "request.wrong_method",
    }.get(status, "request.refused")
    headers = dict(error.headers or {})
    if headers.get("Allow") == "GET":
        headers["Allow"] = "GET, HEAD"
    return HttpError(status, code, headers=headers)


def from_validation(error: RequestValidationError) -> InvalidRequest:
    """Turn the framework's refusal of a path, query, header or body value into ours.

    The field is a JSON Pointer whose first part says where the value stands, such as
    ``/query/revision``; a body is the empty pointer.
    """
    return InvalidRequest(tuple(_invalid_value(each) for each in error.errors()))


def _invalid_value(found: Mapping[str, Any]) -> InvalidValue:
    place = [str(part) for part in found["loc"]]
    field = "" if place == ["body"] else "".join(f"/{part}" for part in place)
    if found["type"] == "missing":
        return InvalidValue("field.missing", field=field)
    if found["type"] == "enum":
        allowed = found["ctx"]["expected"].replace("'", "")
        return InvalidValue("field.not_allowed", field=field, parameters={"allowed": allowed})
    return InvalidValue("field.unfit", field=field)


def status_of(error: MohrError) -> HTTPStatus:
    """Return the status that an error has over HTTP."""
    if isinstance(error, HttpError):
        return error.status
    if isinstance(error, InvalidRequest) and any(
        isinstance(each, UnreadableBody) for each in error.problems
    ):
        return HTTPStatus.BAD_REQUEST
    status = _status_of_class(error)
    ours = error.code.partition(".")[0] in _OPERATORS_AREAS
    return HTTPStatus.SERVICE_UNAVAILABLE if ours and status < _SERVER_FAULTS else status


def headers_of(error: MohrError) -> dict[str, str]:
    """Return the headers that go with an error."""
    if isinstance(error, HttpError):
        return error.headers
    if isinstance(error, AllowanceExhausted):
        return {"Retry-After": str(error.seconds)}
    if status_of(error) is HTTPStatus.SERVICE_UNAVAILABLE:
        return {"Retry-After": str(_RETRY_AFTER_SECONDS)}
    return {}


def problem_document(error: MohrError, request_id: str) -> dict[str, Any]:
    """Describe an error as RFC 9457 does.

    ``errors`` lists each wrong value of a request; ``field`` (a JSON Pointer) stands at the top
    where a single value is at fault. ``failures`` lists each rule of the circular that a request
    does not meet.
    """
    status = status_of(error)
    told = _the_only_problem(error)
    message = error_text(told)
    document: dict[str, Any] = {
        "type": f"urn:mohr:problem:{told.code}",
        "title": _TITLES.get(status, status.phrase),
        "status": int(status),
        "detail": message.en,
        "code": told.code,
        "message": _both(message),
        "request_id": request_id,
    }
    if told.field:
        document["field"] = told.field
    if isinstance(error, InvalidRequest):
        document["errors"] = [_entry(problem) for problem in error.problems]
    if isinstance(error, RulesNotMet):
        document["failures"] = [_failure(failure) for failure in error.failures]
    return document


def problem_response(error: MohrError, request_id: str) -> JSONResponse:
    """Return an error as a problem document."""
    return JSONResponse(
        problem_document(error, request_id),
        status_code=status_of(error),
        headers=headers_of(error),
        media_type=MEDIA_TYPE,
    )


def _status_of_class(error: MohrError) -> HTTPStatus:
    for kind, status in _STATUS.items():
        if isinstance(error, kind):
            return status
    return HTTPStatus.INTERNAL_SERVER_ERROR


def _the_only_problem(error: MohrError) -> MohrError:
    if isinstance(error, InvalidRequest) and len(error.problems) == 1:
        return error.problems[0]
    return error


def _entry(problem: InvalidValue) -> dict[str, Any]:
    return {
        "code": problem.code,
        "field": problem.field,
        "message": _both(error_text(problem)),
    }


def _failure(failure: Failure) -> dict[str, Any]:
    return {
        "requirement": failure.requirement,
        "code": failure.code,
        "fields": list(failure.fields),
        "message": _both(rule_text(failure)),
        "what_to_do": _both(remedy_text(failure)),
        "parameters": dict(failure.parameters),
    }


def _both(message: Message) -> dict[str, str]:
    return {"fa": message.fa, "en": message.en}
