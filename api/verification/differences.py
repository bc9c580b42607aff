"""How an upload differs from what was issued, field by field, for people."""

import re
from dataclasses import dataclass
from datetime import date

from clearance.clock import parse_moment
from clearance.errors import InvalidValue
from clearance.jalali import format_date, tehran_day, tehran_time
from clearance.money import Rials, grouped_digits
from clearance.verdict import Difference, Verdict
from templates.catalogues import Message, format_text, page_text

_PLACE = re.compile(r"/[0-9]+(?=/|$)")
_AMOUNT = re.compile(r"/(?:[a-z_]*amount[a-z_]*|premium_due|unemployment_premium|sum_of_debits)$")
_LONGEST_AMOUNT = 15
_DAY = re.compile("(?:19[3-9]|20[0-9])[0-9]-[0-9]{2}-[0-9]{2}")


@dataclass(frozen=True, kw_only=True)
class DifferenceLine:
    """One row of the list that stands side by side."""

    name: Message
    """What the field is called."""
    field: str
    """Its JSON Pointer."""
    issued: str | None
    found: str | None
    """As the paper would print them, or as they stand where they are no such value."""


def difference_lines(verdict: Verdict) -> tuple[DifferenceLine, ...]:
    """Put the differences of a verdict into words and forms that people read."""
    return tuple(
        DifferenceLine(
            name=field_name(each.field),
            field=each.field,
            issued=_shown(each, each.issued),
            found=_shown(each, each.found),
        )
        for each in verdict.differences
    )


def field_name(pointer: str) -> Message:
    """Return what a field of the canonical data is called."""
    try:
        return page_text("fields", _PLACE.sub("/*", pointer))
    except KeyError:
        return page_text("fields", "unknown")


def _shown(difference: Difference, value: str | None) -> str | None:
    if value is None:
        return None
    if difference.field == "/kind" and value in {"final", "interim"}:
        return page_text("labels", value).fa
    if _AMOUNT.search(difference.field) and value.isdecimal() and len(value) <= _LONGEST_AMOUNT:
        return format_text("amount", amount=grouped_digits(Rials(int(value))))
    try:
        if _DAY.fullmatch(value):
            return format_date(date.fromisoformat(value))
        moment = parse_moment(value)
    except (InvalidValue, ValueError):
        return value
    return format_text("moment", day=format_date(tehran_day(moment)), time=tehran_time(moment))
