"""Forms that come back: where they come from, what they hold, what is wrong with them."""

import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Annotated

from fastapi import Depends, Request

from api.panel.config import Panel
from api.panel.visits import ThePanel, cookie_secret, form_token
from api.toolkit.bodies import read_form
from api.toolkit.problems import HttpError
from clearance.errors import InvalidRequest, MohrError
from templates.catalogues import Message, error_text

_LARGEST = 64 * 1024
_MOST_FIELDS = 500
TOKEN_FIELD = "form_token"  # noqa: S105 - a field's name

Wrong = Mapping[str, Message]
"""What is wrong, by the name of the field that it concerns; ``""`` for the form as a whole."""


@dataclass(frozen=True, kw_only=True)
class Form:
    """The fields of a form; a name may come several times."""

    fields: tuple[tuple[str, str], ...]

    def text(self, name: str) -> str:
        """Return a field's text without blanks around it; empty if it is not there."""
        return self.raw(name).strip()

    def raw(self, name: str) -> str:
        """Return a field's text as typed; empty if it is not there."""
        return next((value for key, value in self.fields if key == name), "")

    def all(self, name: str) -> tuple[str, ...]:
        """Return all values of a name, as check boxes send them."""
        return tuple(value for key, value in self.fields if key == name)


async def _sent_form(request: Request, panel: ThePanel) -> Form:
    _demand_own_origin(request, panel)
    fields = await read_form(request, _LARGEST, most_fields=_MOST_FIELDS)
    form = Form(fields=tuple(fields))
    _demand_token(request, panel, form)
    return form


SentForm = Annotated[Form, Depends(_sent_form)]
"""Endpoint parameter: the form that was sent, known to come from one of our pages."""


def wrong_of(error: MohrError, default: str = "") -> dict[str, Message]:
    """Return what is wrong by field, for the form to be shown again.

    ``default`` is the field where an error stands that names none.
    """
    problems = error.problems if isinstance(error, InvalidRequest) else (error,)
    return {each.field.lstrip("/") or default: error_text(each) for each in problems}


def _demand_own_origin(request: Request, panel: Panel) -> None:
    origin = request.headers.get("origin")
    site = request.headers.get("sec-fetch-site", "same-origin")
    if (origin is not None and origin != panel.url) or site not in {"same-origin", "none"}:
        raise HttpError(
            HTTPStatus.FORBIDDEN, "form.from_elsewhere", parameters={"address": panel.url}
        )


def _demand_token(request: Request, panel: Panel, form: Form) -> None:
    secret = cookie_secret(request, panel)
    sent = form.raw(TOKEN_FIELD).encode()
    if secret is None or not hmac.compare_digest(form_token(secret).encode(), sent):
        raise HttpError(HTTPStatus.FORBIDDEN, "form.expired")
