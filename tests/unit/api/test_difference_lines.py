"""Differences in words and in the forms of the paper."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from api.verification.differences import difference_lines, field_name
from clearance.canonical import request_object
from clearance.request import parse_request
from clearance.verdict import Difference, Outcome, Verdict
from verifier.differences import flattened

EXAMPLES = sorted((Path(__file__).parents[3] / "examples").glob("*.json"))
ADDED = ("/number", "/serial", "/verification_code", "/issued_at", "/currency")
NOW = datetime(2026, 11, 1, tzinfo=UTC)


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.stem)
def test_every_field_has_a_name(example: Path) -> None:
    request = parse_request(json.loads(example.read_bytes()), now=NOW)
    unknown = field_name("/no/such/field")
    for pointer in [*flattened(request_object(request)), *ADDED]:
        assert field_name(pointer) != unknown, pointer


@pytest.mark.parametrize(
    ("field", "value", "shown"),
    [
        ("/premium/amount_collected", "6572222222", "۶٬۵۷۲٬۲۲۲٬۲۲۲ ریال"),
        ("/premium/amount_collected", "9" * 16, "9" * 16),
        ("/premium/amount_collected", "-1", "-1"),
        ("/contract/date", "2025-05-20", "۱۴۰۴/۰۲/۳۰"),
        ("/contract/date", "2025-13-41", "2025-13-41"),
        ("/contract/date", "0001-01-01", "0001-01-01"),
        ("/issued_at", "2025-05-20T09:30:00Z", "۱۴۰۴/۰۲/۳۰ ساعت ۱۳:۰۰"),
        ("/issued_at", "soon", "soon"),
        ("/kind", "interim", "مفاصاحساب مقطعی (قرارداد ادامه دارد)"),
        ("/contractor/name", None, None),
    ],
)
def test_values_are_shown_as_on_the_paper(field: str, value: str | None, shown: str | None) -> None:
    verdict = Verdict(
        outcome=Outcome.ALTERED,
        reasons=(),
        findings=(),
        sha256="",
        number=None,
        checked_at=NOW,
        differences=(Difference(field=field, issued=value, found=value),),
    )
    (line,) = difference_lines(verdict)
    assert line.issued == line.found == shown
