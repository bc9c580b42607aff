"""Why a line was refused or failed, as it is stored: an error's code and what it consists of."""

from collections.abc import Mapping, Sequence
from typing import Any

from clearance.errors import InvalidRequest, InvalidValue, MohrError, RulesNotMet
from clearance.rulebook import Failure

Stored = list[dict[str, Any]]

_INVALID = InvalidRequest(()).code
_RULES = RulesNotMet(()).code


def stored(error: MohrError) -> Stored:
    """Return what an error consists of: wrong values, broken rules, or its own parameters."""
    if isinstance(error, RulesNotMet):
        return [
            {
                "requirement": each.requirement,
                "code": each.code,
                "fields": list(each.fields),
                "parameters": dict(each.parameters),
            }
            for each in error.failures
        ]
    parts = error.problems if isinstance(error, InvalidRequest) else (error,)
    return [
        {"code": each.code, "field": each.field, "parameters": each.parameters} for each in parts
    ]


def restored(code: str, parts: Sequence[Mapping[str, Any]]) -> MohrError:
    """Return the error again, with a text to its code; of a code alone, without parameters."""
    if code == _RULES:
        return RulesNotMet(
            tuple(Failure(**{**each, "fields": tuple(each["fields"])}) for each in parts)
        )
    if code == _INVALID:
        return InvalidRequest(tuple(_value(each) for each in parts))
    for each in parts:
        return MohrError(code, field=each["field"], parameters=each["parameters"])
    return MohrError(code)


def _value(stored_value: Mapping[str, Any]) -> InvalidValue:
    return InvalidValue(
        stored_value["code"],
        field=stored_value["field"],
        parameters=stored_value["parameters"],
    )
