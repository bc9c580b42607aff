"""Certificates of the examples, rendered once, and what is found inside their PDFs."""

import json
import random
import string
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Any

import pikepdf
import pytest

from clearance.certificate import ClearanceCertificate
from clearance.identifiers import ClearanceNumber, VerificationCode
from clearance.request import parse_request
from signer.rendering import RenderedDocument, render

EXAMPLES = Path(__file__).parents[3] / "examples"
NAMES = tuple(sorted(path.stem for path in EXAMPLES.glob("*.json")))
ISSUED_AT = datetime(2025, 11, 22, 10, 22, 31, tzinfo=UTC)

TOKEN = "".join(random.Random(38).choices(string.ascii_uppercase + "234567", k=448))  # noqa: S311
"""As long as a token may get: 280 bytes in base32."""
VERIFY_URL = f"HTTPS://CLEARANCE.EXAMPLE.IR/Q/{TOKEN}"

Change = Callable[[dict[str, Any]], None]
MakeCertificate = Callable[..., ClearanceCertificate]
Render = Callable[..., RenderedDocument]


def example(name: str) -> dict[str, Any]:
    read: dict[str, Any] = json.loads((EXAMPLES / f"{name}.json").read_text("utf-8"))
    return read


def make_certificate(
    name: str = "ordinary-company", change: Change | None = None
) -> ClearanceCertificate:
    body = example(name)
    if change is not None:
        change(body)
    request = parse_request(body, now=ISSUED_AT)
    return ClearanceCertificate(
        number=ClearanceNumber.make(1404, request.branch.code, 17),
        verification_code=VerificationCode.from_bytes(bytes(range(31, 41))),
        issued_at=ISSUED_AT,
        request=request,
    )


def render_certificate(
    certificate: ClearanceCertificate, *, demo: bool = False
) -> RenderedDocument:
    return render(certificate, token_text=TOKEN, verify_url=VERIFY_URL, demo=demo)


@cache
def rendered_example(name: str, *, demo: bool) -> RenderedDocument:
    return render_certificate(make_certificate(name), demo=demo)


@pytest.fixture(params=[(name, demo) for name in NAMES for demo in (False, True)], ids=str)
def any_document(request: pytest.FixtureRequest) -> RenderedDocument:
    """Each example, as a certificate and as a specimen."""
    name, demo = request.param
    return rendered_example(name, demo=demo)


@pytest.fixture
def any_pdf(any_document: RenderedDocument) -> Iterator[pikepdf.Pdf]:
    with pikepdf.open(BytesIO(any_document.pdf)) as pdf:
        yield pdf


@pytest.fixture
def certificate_of() -> MakeCertificate:
    return make_certificate


@pytest.fixture
def rendered() -> Render:
    return render_certificate


@pytest.fixture
def rendered_example_of() -> Callable[..., RenderedDocument]:
    return rendered_example


@dataclass(frozen=True)
class Token:
    text: str
    url: str


@pytest.fixture
def token() -> Token:
    return Token(TOKEN, VERIFY_URL)
