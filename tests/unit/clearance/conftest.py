"""The examples, and values built from the ordinary one."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from clearance.certificate import ClearanceCertificate, ClearanceRequest
from clearance.identifiers import ClearanceNumber, VerificationCode
from clearance.request import parse_request

EXAMPLES = Path(__file__).parents[3] / "examples"
NOW = datetime(2025, 6, 1, 12, tzinfo=UTC)

Read = Callable[[str], dict[str, Any]]


@pytest.fixture
def now() -> datetime:
    return NOW


@pytest.fixture
def example() -> Read:
    """Reads an example by name; a fresh object each time, to be spoiled at will."""

    def read(name: str) -> dict[str, Any]:
        return json.loads((EXAMPLES / f"{name}.json").read_text("utf-8"))

    return read


@pytest.fixture
def ordinary(example: Read) -> dict[str, Any]:
    return example("ordinary-company")


@pytest.fixture
def certificate_of() -> Callable[[ClearanceRequest], ClearanceCertificate]:
    def make(request: ClearanceRequest) -> ClearanceCertificate:
        return ClearanceCertificate(
            number=ClearanceNumber.make(1404, request.branch.code, 1),
            verification_code=VerificationCode.from_bytes(bytes(range(10))),
            issued_at=NOW,
            request=request,
        )

    return make


@pytest.fixture
def certificate(
    ordinary: dict[str, Any], certificate_of: Callable[[ClearanceRequest], ClearanceCertificate]
) -> ClearanceCertificate:
    return certificate_of(parse_request(ordinary, now=NOW))
