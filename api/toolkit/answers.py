"""Answers that every group uses: texts, errors, problems (RFC 9457)."""

from datetime import date, datetime
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from clearance.clock import format_moment
from clearance.errors import MohrError
from templates.catalogues import Message, error_text

UNCHANGED: dict[int | str, dict[str, Any]] = {
    304: {"description": "The caller has it already (`If-None-Match`)."}
}
"""OpenAPI: what the endpoints answer that give an ``ETag``."""


def _written(value: object) -> object:
    if isinstance(value, datetime):
        return format_moment(value)
    return value.isoformat() if isinstance(value, date) else value


Moment = Annotated[str, BeforeValidator(_written)]
"""A moment (RFC 3339, UTC) or day (ISO 8601) of a domain value, as it stands in an answer.

A model whose members are those of a domain value is made of the value itself: ``model_validate``.
"""


class JsonAnswer(BaseModel):
    """What the service answers; stays as it was made."""

    model_config = ConfigDict(frozen=True, from_attributes=True)


class Text(JsonAnswer):
    """One text in both languages."""

    fa: str
    en: str


class LastError(JsonAnswer):
    """Why the last attempt to issue failed."""

    code: str
    message: Text


class ProblemEntry(JsonAnswer):
    """One wrong value."""

    code: str
    field: str = Field(description="JSON Pointer (RFC 6901) into the request.")
    message: Text


class RuleFailure(JsonAnswer):
    """One rule of the circular that the request does not meet."""

    requirement: str = Field(description="The obligation of the circular, such as `R5`.")
    code: str = Field(description="Stable code of the rule, `rules.what`.")
    fields: list[str] = Field(description="JSON Pointers (RFC 6901) to what is concerned.")
    message: Text = Field(description="What is the case.")
    what_to_do: Text
    parameters: dict[str, str] = Field(
        description="What the texts name, such as the `number` of an earlier clearance or the "
        "`first` undertaking of the fiscal period."
    )


class Problem(JsonAnswer):
    """An error (RFC 9457)."""

    type: str = Field(description="`urn:mohr:problem:` and the code.")
    title: str
    status: int
    detail: str
    code: str = Field(description="Stable code, `area.what`.")
    message: Text
    request_id: str
    field: str | None = Field(default=None, description="JSON Pointer, where one value is wrong.")
    errors: list[ProblemEntry] | None = None
    failures: list[RuleFailure] | None = Field(
        default=None, description="With `rules.not_met`: every rule that the request breaks."
    )


def last_error(code: str) -> LastError:
    """Return what an error code says."""
    return LastError(code=code, message=text_answer(error_text(MohrError(code))))


def text_answer(message: Message) -> Text:
    """Return a text in both languages."""
    return Text(fa=message.fa, en=message.en)
