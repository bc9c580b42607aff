"""Who may do what: API keys with scopes, and verification codes."""

from collections.abc import Callable
from http import HTTPStatus

from fastapi import Request

from api.toolkit.dependencies import Client, Context, TheContext
from api.toolkit.problems import HttpError
from clearance.errors import MohrError, NotPermitted, Unavailable
from clearance.roles import Officer, Permission

ISSUE = "issue"
READ = "read"
DIRECTORY = "directory"
NOTICES = "notices"
VERIFY = "verify"


def holder_of(*scopes: str) -> Callable[[Request, TheContext], Client]:
    """Make a dependency that demands an API key with one of ``scopes``.

    A missing, malformed, unknown or revoked key gets one and the same 401; a valid key without
    the scope gets 403.
    """

    def demand(request: Request, context: TheContext) -> Client:
        client = client_of(request, context)
        if client is None:
            raise key_required()
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
            raise key_required()
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
        raise key_required()
    try:
        return context.services.authenticate(secret.strip())
    except Unavailable:
        raise
    except MohrError as error:
        raise key_required() from error


def key_required() -> HttpError:
    """Return the one 401 for a key that is missing, malformed, unknown, revoked or expired."""
    return HttpError(
        HTTPStatus.UNAUTHORIZED,
        "access.key_required",
        headers={"WWW-Authenticate": 'Bearer realm="mohr"'},
    )
