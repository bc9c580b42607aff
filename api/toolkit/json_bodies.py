"""JSON bodies, read only after the API key, and how OpenAPI describes what takes them."""

from collections.abc import Awaitable, Callable
from typing import Annotated, Any

from fastapi import Depends, Request

from api.toolkit.bodies import JSON_TYPE, demand_type, read_body
from api.toolkit.dependencies import context_of

KEY_ONLY: dict[str, Any] = {"security": [{"apiKey": []}]}
"""OpenAPI: only an API key opens the endpoint."""


def takes(schema: dict[str, Any], example: object) -> dict[str, Any]:
    """Describe an endpoint that an API key opens and that takes a JSON body of ``schema``."""
    content = {JSON_TYPE: {"schema": schema, "example": example}}
    return {**KEY_ONLY, "requestBody": {"required": True, "content": content}}


def json_body(key: Callable[..., object]) -> Callable[..., Awaitable[bytes]]:
    """Make the dependency that reads a JSON body once ``key``, itself a dependency, let in.

    A stranger's body is not even read. Raises 415 and 413 as ``api.toolkit.bodies`` does.
    """

    async def read(request: Request, _: Annotated[object, Depends(key)]) -> bytes:
        demand_type(request, JSON_TYPE)
        return await read_body(request, context_of(request).limits.json_bytes)

    return read
