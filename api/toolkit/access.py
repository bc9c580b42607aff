"""Who may do what: API keys with scopes, and verification codes."""

import hmac
from collections.abc import Callable
from http import HTTPStatus

from fastapi import Request

from api.toolkit.dependencies import Client, Context, Services, TheContext
from api.toolkit.problems import HttpError
from clearance.errors import InvalidValue, MohrError, NotFound, NotPermitted, Unavailable
from clearance.identifiers import ClearanceNumber, VerificationCode
from clearance.roles import Officer, Permission
from register.records import IssuedClearance, PendingClearance

ISSUE = "issue"
READ = "read"
DIRECTORY = "directory"
NOTICES = "notices"
VERIFY = "verify"

_NO_CODE = VerificationCode.from_bytes(bytes(10))
"""Compared with where there is no clearance, so that nothing but the register's own time differs.

An existing number takes a few milliseconds more, since its certificate is read. That tells nothing
new: serials run on, so whoever has one clearance knows the numbers before it.
"""


def holder_of(*scopes: str) -> Callable[[Request, TheContext], Client]:
    """Make a dependency that demands an API key with one of ``scopes``.

    A missing, malformed, unknown or revoked key gets one and the same 401; a valid key without
    the scope gets 403.
    """

    def demand(request: Request, context: TheContext) -> Client:
        client = client_of(request, context)
        if client is None:
            raise _key_required()
        if not client.scopes.intersection(scopes):
            raise HttpError(
                HTTPStatus.FORBIDDEN,
                "access.scope_missing",
                parameters={"scope": scopes[0]},
                headers={
                    "WWW-Authenticate": f'Bearer error="insufficient_scope", scope="{scopes[0]}"'
                },
            )
        return client

    return demand


def officer_with(permission: Permission) -> Callable[[Request, TheContext], Officer]:
    """Make a dependency that demands a person's own API key whose role has ``permission``.

    401 as ``holder_of``; a program's key and a role without the permission get
    ``access.not_permitted`` (403). What lies outside ``Officer.reach`` is for the endpoint to hide.
    """

    def demand(request: Request, context: TheContext) -> Officer:
        client = client_of(request, context)
        if client is None:
            raise _key_required()
        if client.officer is None:
            raise NotPermitted("access.not_permitted", parameters={"permission": permission.value})
        client.officer.demand(permission)
        return client.officer

    return demand


def client_of(request: Request, context: Context) -> Client | None:
    """Return the caller that the ``Authorization`` header proves; ``None`` without the header.

    Raises 401 for a header that proves nobody, ``Unavailable`` if that cannot be looked up.
    """
    header = request.headers.get("authorization")
    if header is None:
        return None
    scheme, _, secret = header.partition(" ")
    if scheme.lower() != "bearer" or not secret.strip():
        raise _key_required()
    try:
        return context.services.authenticate(secret.strip())
    except Unavailable:
        raise
    except MohrError as error:
        raise _key_required() from error


def read_allowed(
    request: Request, context: Context, number: str, code: str | None
) -> IssuedClearance | PendingClearance:
    """Return a clearance to whoever may read it: by API key, or by its verification code.

    While it is not issued, only the client that asked for it may read of it by API key. A person's
    own key reads what is issued within their reach. Raises 401 with neither. A number that does not
    exist, one that may not be read of, and a code that does not match are the same ``NotFound`` (no
    fishing for numbers).
    """
    client = client_of(request, context)
    if client is not None and client.officer is not None:
        return _find_within(client.officer, context.services, number)
    if client is not None:
        holder_of(READ, ISSUE)(request, context)
        found = _find(context.services, number)
        if found is None or (isinstance(found, PendingClearance) and found.client_id != client.id):
            raise _not_found()
        return found
    if code is None:
        raise _key_required()
    return _find_by_code(request, context, number, code)


def _find_within(officer: Officer, services: Services, number: str) -> IssuedClearance:
    officer.demand(Permission.SUPERVISE)
    found = _find(services, number)
    if not isinstance(found, IssuedClearance):
        raise _not_found()
    branch = found.certificate.request.branch
    if not officer.reach.covers(branch.code, branch.province):
        raise _not_found()
    return found


def find_by_code(request: Request, context: Context, number: str, code: str) -> IssuedClearance:
    """Return the issued clearance that ``number`` and ``code`` belong to, and count wrong pairs.

    Raises ``NotFound`` for any pair that is not in the register, 429 after too many of them. A
    right pair passes even then.
    """
    found = _find_by_code(request, context, number, code)
    if isinstance(found, PendingClearance):
        raise _not_found()
    return found


def _find_by_code(
    request: Request, context: Context, number: str, code: str
) -> IssuedClearance | PendingClearance:
    try:
        return _matching(context.services, number, code)
    except NotFound:
        context.guesses.count_wrong(request.client.host if request.client else "")
        raise


def _matching(services: Services, number: str, code: str) -> IssuedClearance | PendingClearance:
    found = _find(services, number)
    matches = code_matches(code, found)
    if found is None or not matches:
        raise _not_found()
    return found


def code_matches(code: str, found: IssuedClearance | PendingClearance | None) -> bool:
    """Whether ``code`` is the clearance's; takes as long where there is none."""
    try:
        given = VerificationCode.parse(code)
    except InvalidValue:
        return False
    expected = found.verification_code if found else _NO_CODE
    return hmac.compare_digest(given, expected) and found is not None


def _find(services: Services, number: str) -> IssuedClearance | PendingClearance | None:
    parsed = _parsed_number(number)
    # In this order, or one that is issued in between would be neither.
    pending = services.find_pending(parsed)
    return services.find_clearance(parsed) or pending


def _parsed_number(number: str) -> ClearanceNumber:
    try:
        return ClearanceNumber.parse(number)
    except InvalidValue as error:
        raise _not_found() from error


def _not_found() -> NotFound:
    return NotFound("clearance.not_found")


def _key_required() -> HttpError:
    return HttpError(
        HTTPStatus.UNAUTHORIZED,
        "access.key_required",
        headers={"WWW-Authenticate": 'Bearer realm="mohr"'},
    )
