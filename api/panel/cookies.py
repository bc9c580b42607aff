"""The panel's cookies.

Their names begin with ``__Host-``, so that a browser takes them only over https, from this host
itself and for all of it: no other host of the domain can plant one. Scripts cannot read them, and
they do not come along from other sites.
"""

import base64
import binascii
from typing import Literal

from fastapi import Request
from starlette.responses import Response

from api.panel.config import Panel

SESSION = "mohr"
NOTICE = "mohr-notice"
PROVIDER = "mohr-provider"


def read_cookie(request: Request, panel: Panel, name: str) -> str | None:
    """Return a cookie's value."""
    return request.cookies.get(_full(panel, name))


def put_cookie(
    response: Response,
    panel: Panel,
    name: str,
    value: str,
    *,
    same_site: Literal["strict", "lax"] = "strict",
    seconds: int | None = None,
) -> None:
    """Set a cookie, until the browser closes unless ``seconds`` says how long."""
    response.set_cookie(
        _full(panel, name),
        value,
        max_age=seconds,
        path="/",
        secure=panel.secure,
        httponly=True,
        samesite=same_site,
    )


def drop_cookie(response: Response, panel: Panel, name: str) -> None:
    """Take a cookie away."""
    put_cookie(response, panel, name, "", seconds=0)


def encoded(text: str) -> str:
    """Write any text as a cookie's value."""
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def decoded(value: str) -> str | None:
    """Read what ``encoded`` wrote; ``None`` for anything else."""
    try:
        return base64.urlsafe_b64decode(value + "=" * (-len(value) % 4)).decode()
    except (binascii.Error, ValueError):
        return None


def _full(panel: Panel, name: str) -> str:
    return f"__Host-{name}" if panel.secure else name
