"""A payer's own record beside the register: read from a request, and answered with the verdict."""

from collections.abc import Sequence
from http import HTTPStatus

from api.toolkit.answers import text_answer
from api.toolkit.problems import HttpError
from api.verification.differences import field_name
from api.verification.schemas import ComparedFieldAnswer, ComparisonAnswer
from clearance.errors import InvalidRequest
from clearance.expectation import (
    Agreement,
    ComparedField,
    Expectation,
    compare,
    parse_expectation,
)
from clearance.request import read_json
from clearance.verdict import Outcome, Verdict
from register.records import IssuedClearance
from templates.catalogues import page_text

EXPECT = "/expect"
"""Where an expectation stands in a request, as the ``field`` of its problems says."""


def read_expectation(data: bytes) -> Expectation:
    """Read the form field ``expect``; raises ``InvalidRequest`` with pointers under ``/expect``."""
    return parse_expectation(read_expected_json(data), pointer=EXPECT)


def read_expected_json(data: bytes) -> object:
    """Read the JSON of a form field ``expect``; see ``clearance.request.read_json``."""
    try:
        return read_json(data)
    except InvalidRequest as error:
        for each in error.problems:
            each.field = EXPECT
        raise


def without_comparison() -> HttpError:
    """Return the refusal (422) of an expectation where the answer has no place for it.

    Left out silently, a caller could take the verdict alone for a comparison that agrees.
    """
    return HttpError(HTTPStatus.UNPROCESSABLE_ENTITY, "expectation.not_here", field=EXPECT)


def comparison_answer(
    expectation: Expectation | None, verdict: Verdict, clearance: IssuedClearance | None
) -> ComparisonAnswer | None:
    """Compare with the register's facts of the clearance that the verdict names.

    ``clearance`` is what ``disclosed`` returns: where the caller has not shown to
    hold what was issued, nothing is compared and every field is absent. ``None`` without
    expectation.
    """
    if expectation is None:
        return None
    fields = compare(expectation, clearance.certificate if clearance else None)
    result = _result(fields, verdict.outcome, compared=clearance is not None)
    return ComparisonAnswer(
        agrees=result == "agrees",
        against=clearance.number if clearance else None,
        message=text_answer(page_text("comparisons", result)),
        fields=[_field(each) for each in fields],
    )


def _result(fields: Sequence[ComparedField], outcome: Outcome, *, compared: bool) -> str:
    """Return which sentence of ``comparisons.toml`` holds."""
    if not compared:
        return "nothing_to_compare"
    if any(each.result is not Agreement.EQUAL for each in fields):
        return "differs"
    # Nobody may pay on a withdrawn clearance or a picture, however well its facts fit.
    return "agrees" if outcome is Outcome.AUTHENTIC else "not_enough"


def _field(compared: ComparedField) -> ComparedFieldAnswer:
    return ComparedFieldAnswer(
        field=compared.field,
        name=text_answer(field_name(compared.field)),
        expected=compared.expected,
        found=compared.found,
        result=compared.result,
    )
