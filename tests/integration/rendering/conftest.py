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
from clearance.identifiers import BranchCode, ClearanceNumber, VerificationCode
from clearance.minutes import (
    Attendee,
    BranchPart,
    CancelledForm,
    Despatch,
    Minutes,
    MinutesKind,
    MinutesNumber,
)
from clearance.paper_forms import ACCOUNTED, Balance, FormSerial, SerialRange, SerialState, counted
from clearance.request import parse_request
from signer.clearance_letter import clearance_draft
from signer.minutes_letter import minutes_draft
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
    draft = clearance_draft(certificate, token_text=TOKEN, verify_url=VERIFY_URL)
    return render(draft, demo=demo)


@cache
def rendered_example(name: str, *, demo: bool) -> RenderedDocument:
    return render_certificate(make_certificate(name), demo=demo)


def make_minutes(kind: MinutesKind, *, ranges: int = 3) -> Minutes:
    """Minutes of one kind, with everything in them that minutes of that kind can say."""
    is_branch = kind is MinutesKind.BRANCH
    follows = kind in (MinutesKind.DESPATCH, MinutesKind.REPORT)
    branch = BranchCode("0041")
    spans = tuple(_span(100 * place, 100 * place + 7) for place in range(1, ranges + 1))
    part = BranchPart(
        number=MinutesNumber("22-1399-000001"),
        branch_code=branch,
        branch_name="شعبهٔ ۴۱ تهران",
        closed_at=ISSUED_AT,
        unused=counted(spans),
    )
    states = dict.fromkeys(ACCOUNTED, 0)
    states |= {SerialState.UNUSED_RETURNED: counted(spans), SerialState.LEGACY: 9000}
    return Minutes(
        number=MinutesNumber("22-1399-000017"),
        kind=kind,
        province="تهران",
        branch_code=branch if is_branch else None,
        branch_name="شعبهٔ ۴۱ تهران" if is_branch else None,
        closed_at=ISSUED_AT,
        attendees=(Attendee(name="علی کریمی", role="رئیس شعبه"),) * 3,
        balance=Balance(allotted=sum(states.values()), states=states),
        unused=spans,
        cancelled=(
            CancelledForm(serial=FormSerial(77), clearance=ClearanceNumber.make(1404, branch, 1)),
        )
        * is_branch,
        missing=(_span(5, 6),) * is_branch,
        used=(_span(8, 8),) * is_branch,
        parts=(part,) * (not is_branch),
        despatch=Despatch(packages=3, security="پلمب ۱۱ تا ۱۳") if follows else None,
        consolidated=part.number if follows else None,
        despatched_by=part.number if kind is MinutesKind.REPORT else None,
    )


def _span(first: int, last: int) -> SerialRange:
    return SerialRange(first=FormSerial(first), last=FormSerial(last))


@cache
def rendered_minutes(kind: MinutesKind, *, demo: bool, ranges: int = 3) -> RenderedDocument:
    minutes = make_minutes(kind, ranges=ranges)
    draft = minutes_draft(minutes, public_url="https://clearance.example.ir")
    return render(draft, demo=demo)


@pytest.fixture(scope="session")
def minutes_of() -> Callable[..., Minutes]:
    return make_minutes


@pytest.fixture(scope="session")
def rendered_minutes_of() -> Callable[..., RenderedDocument]:
    return rendered_minutes


@pytest.fixture(
    params=[
        *((name, demo) for name in NAMES for demo in (False, True)),
        *((kind, kind is MinutesKind.REPORT) for kind in MinutesKind),
    ],
    ids=str,
)
def any_sealable(request: pytest.FixtureRequest) -> RenderedDocument:
    """Each example, as a certificate and as a specimen; minutes of each kind."""
    name, demo = request.param
    if isinstance(name, MinutesKind):
        return rendered_minutes(name, demo=demo)
    return rendered_example(name, demo=demo)


@pytest.fixture
def any_sealable_pdf(any_sealable: RenderedDocument) -> Iterator[pikepdf.Pdf]:
    with pikepdf.open(BytesIO(any_sealable.pdf)) as pdf:
        yield pdf


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
