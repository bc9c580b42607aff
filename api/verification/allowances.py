"""Whoever verifies with a key of their own: how much, and what is left of it.

Without a key anyone may verify, uncounted. A key with the scope ``verify`` is counted; a person's
own key is not, since it is no agency's: who may log in may verify as anyone may.

The header fields are those of draft-ietf-httpapi-ratelimit-headers-11. Their quota is counted in
files, of which a request may hold many.
"""

from datetime import datetime
from math import ceil
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel, Field

from api.toolkit.access import VERIFY, client_of, holder_of
from api.toolkit.dependencies import Client, Context, TheContext
from register.allowances import Allowance, AllowanceExhausted, Window

router = APIRouter(tags=["verification"])

_MINUTE_SECONDS = 60
_DAY_SECONDS = 86_400


class WindowAnswer(BaseModel):
    """One of the limits."""

    limit: int = Field(description="Files in each window.")
    remaining: int = Field(description="Files that are left in this one.")
    resets_at: datetime = Field(description="When more are left than now.")


class AllowanceAnswer(BaseModel):
    """How many files a key may have verified."""

    minute: WindowAnswer
    day: WindowAnswer = Field(description="A day of Tehran.")


def verifying_client(request: Request, context: TheContext) -> Client | None:
    """Return whose key a verification came with; nobody's without an ``Authorization`` header.

    401 for a key that is none, 403 for a program's key without the scope ``verify``, 503 if that
    cannot be looked up.
    """
    client = client_of(request, context)
    if client is None or client.officer is not None:
        return client
    return holder_of(VERIFY)(request, context)


def charge(request: Request, context: Context, client: Client | None, files: int) -> None:
    """Count files that are about to be verified for a key.

    The answer to the request, whatever it is, then tells what is left. Raises
    ``AllowanceExhausted`` (429) and as ``register.allowances.Allowances.charge`` does.
    """
    if client is None or client.officer is not None:
        return
    try:
        allowance = context.services.verification.charge(client.id, files)
    except AllowanceExhausted as error:
        _write_headers(request, error.allowance)
        raise
    _write_headers(request, allowance)


def charged_for_one(
    request: Request,
    context: TheContext,
    client: Annotated[Client | None, Depends(verifying_client)],
) -> None:
    """Count the one file of a request, before its body is read; raises as the two above do."""
    charge(request, context, client, 1)


@router.get("/v1/allowance")
def read_allowance(
    request: Request,
    client: Annotated[Client, Depends(holder_of(VERIFY))],
    context: TheContext,
) -> AllowanceAnswer:
    """Return how many files the key may have verified, and how many are left."""
    allowance = context.services.verification.charge(client.id, 0)
    _write_headers(request, allowance)
    return AllowanceAnswer(minute=_answer(allowance.minute), day=_answer(allowance.day))


def _write_headers(request: Request, allowance: Allowance) -> None:
    minute, day = allowance.minute, allowance.day
    request.state.headers["RateLimit-Policy"] = (
        f'"minute";q={minute.limit};w={_MINUTE_SECONDS}, "day";q={day.limit};w={_DAY_SECONDS}'
    )
    request.state.headers["RateLimit"] = (
        f'"minute";r={minute.remaining};t={_seconds(minute, allowance.at)}, '
        f'"day";r={day.remaining};t={_seconds(day, allowance.at)}'
    )


def _seconds(window: Window, at: datetime) -> int:
    return max(0, ceil((window.resets_at - at).total_seconds()))


def _answer(window: Window) -> WindowAnswer:
    return WindowAnswer(limit=window.limit, remaining=window.remaining, resets_at=window.resets_at)
