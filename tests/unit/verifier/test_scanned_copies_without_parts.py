"""What a paper says, with reader, register and token verifier played by stand-ins."""

import json
import tomllib
from dataclasses import replace
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from clearance.canonical import certificate_bytes, certificate_object
from clearance.certificate import ClearanceCertificate
from clearance.errors import Busy, Unavailable
from clearance.identifiers import ClearanceNumber, VerificationCode
from clearance.request import parse_request
from clearance.verdict import Outcome, Reason, Verdict
from register.kinds import CLEARANCE
from register.records import Standing, StandingState
from verifier.differences import differences, parsed_data
from verifier.printed import AMOUNTS, compare
from verifier.reading import PageReading, Reading, is_picture
from verifier.scanned_copy import ScannedCopyVerifier

LABELS = CLEARANCE.template.labels
NOW = datetime(2026, 2, 1, 8, 30, tzinfo=UTC)
PNG = b"\x89PNG\r\n\x1a\n"
PDF = b"%PDF-1.7"
EXAMPLE = Path(__file__).parents[3] / "examples" / "ordinary-company.json"
TOKEN = "ABCDEFG234567"
ADDRESS = f"HTTPS://VERIFY.EXAMPLE/Q/{TOKEN}"


@pytest.fixture(scope="module")
def certificate() -> ClearanceCertificate:
    request = parse_request(json.loads(EXAMPLE.read_bytes()), now=NOW)
    return ClearanceCertificate(
        number=ClearanceNumber.make(1404, request.branch.code, 7),
        verification_code=VerificationCode.from_bytes(bytes(range(10))),
        issued_at=datetime(2025, 5, 20, 9, 30, tzinfo=UTC),
        request=request,
    )


class Stage:
    """Everything around the verifier of papers."""

    def __init__(self, certificate: ClearanceCertificate) -> None:
        self.reading = Reading()
        self.file = Outcome.OUTSIDE_CHANNEL
        self.file_reasons: tuple[Reason, ...] = (Reason.NOT_REGISTERED,)
        self.token = Outcome.AUTHENTIC
        self.away = False
        self.seconds = 5.0
        self.read_with: list[bool] = []
        self.issued = SimpleNamespace(
            document=SimpleNamespace(kind="clearance", template_version=1),
            number=certificate.number,
            certificate=certificate,
            standing=Standing(state=StandingState.IN_FORCE),
        )

    def read(self, content: bytes, *, codes: bool, within: float) -> Reading:
        assert 0 < within <= self.seconds
        self.read_with.append(codes)
        return self.reading

    def find(self, number: str) -> Any:
        if self.away:
            raise Unavailable("register.unavailable")
        return self.issued if number == self.issued.number else None

    def verify_file(self, content: bytes) -> Verdict:
        return self._verdict(self.file, self.file_reasons, None)

    def verify_token(self, text: str) -> Verdict:
        valid = self.token in {Outcome.AUTHENTIC, Outcome.WITHDRAWN}
        reason = Reason.TOKEN_VALID if valid else Reason.TOKEN_SIGNATURE_BROKEN
        return self._verdict(self.token, (reason,), self.issued.number if valid else None)

    def _verdict(self, outcome: Outcome, reasons: tuple[Reason, ...], number: Any) -> Verdict:
        return Verdict(
            outcome=outcome,
            reasons=reasons,
            findings=(),
            sha256="00" * 32,
            number=number,
            checked_at=NOW,
        )

    def verify(self, content: bytes) -> Verdict:
        return ScannedCopyVerifier(
            verify_file=self.verify_file,
            verify_token=self.verify_token,
            register=self,  # type: ignore[arg-type]
            reader=self,
            public_url="https://verify.example",
            clock=lambda: NOW,
            answer_seconds=self.seconds,
        ).verify(content)

    def shows(self, *codes: str, text: str = "", pictured: bool = False) -> None:
        self.reading = Reading(pages=(PageReading(codes=codes, text=text, pictured=pictured),))


@pytest.fixture
def stage(certificate: ClearanceCertificate) -> Stage:
    return Stage(certificate)


def test_a_picture_with_our_code_is_a_copy(stage: Stage) -> None:
    stage.shows(ADDRESS.lower(), "https://other.example/label")
    verdict = stage.verify(PNG)
    assert verdict.outcome is Outcome.COPY
    assert verdict.reasons == (Reason.NAMES_CLEARANCE,)
    assert verdict.number == stage.issued.number
    assert verdict.sha256 == sha256(PNG).hexdigest()


def test_the_code_of_an_altered_file_leads_to_the_original(stage: Stage) -> None:
    stage.file, stage.file_reasons = Outcome.ALTERED, (Reason.CARRIES_OUR_SEAL,)
    stage.shows(ADDRESS)
    verdict = stage.verify(PDF)
    assert verdict.outcome is Outcome.ALTERED
    assert verdict.reasons == (Reason.CARRIES_OUR_SEAL, Reason.NAMES_CLEARANCE)
    assert verdict.number == stage.issued.number
    assert {each.reason for each in verdict.findings} == {Reason.NAMES_CLEARANCE}
    stage.token = Outcome.OUTSIDE_CHANNEL
    assert stage.verify(PDF).reasons == (Reason.CARRIES_OUR_SEAL,)


def test_only_what_came_by_another_channel_is_read_as_a_paper(stage: Stage) -> None:
    stage.shows(ADDRESS)
    for outcome in (Outcome.AUTHENTIC, Outcome.WITHDRAWN, Outcome.UNREADABLE):
        stage.file = outcome
        assert stage.verify(PDF).outcome is outcome
    assert stage.read_with == []


def test_a_seal_without_record_is_no_copy(stage: Stage) -> None:
    stage.shows(ADDRESS)
    stage.file_reasons = (Reason.SEAL_WITHOUT_RECORD,)
    assert stage.verify(PDF).outcome is Outcome.OUTSIDE_CHANNEL


@pytest.mark.parametrize("content", [PNG, PDF])
def test_who_is_out_of_time_is_told_that_we_are_busy(stage: Stage, content: bytes) -> None:
    """Whatever stands on it: nobody has looked."""
    stage.shows(ADDRESS)
    stage.seconds = -1
    with pytest.raises(Busy):
        stage.verify(content)


LEFT_OUT = [
    Reason.PAGES_LEFT_OUT,
    Reason.PAGES_NOT_REACHED,
    Reason.SEARCH_ENDED,
    Reason.CODES_LEFT_OUT,
    Reason.ATTACHMENTS_LEFT_OUT,
]


@pytest.mark.parametrize("reason", LEFT_OUT)
@pytest.mark.parametrize("content", [PNG, PDF])
def test_no_code_in_what_was_looked_at_is_not_no_code(
    stage: Stage, content: bytes, reason: Reason
) -> None:
    stage.shows()
    stage.reading = replace(stage.reading, left_out=(reason,))
    verdict = stage.verify(content)
    assert verdict.outcome is Outcome.COULD_NOT_CHECK
    assert verdict.reasons[0] is reason
    assert reason in {each.reason for each in verdict.findings}
    assert Reason.NO_CODE not in verdict.reasons


@pytest.mark.parametrize("reason", LEFT_OUT)
@pytest.mark.parametrize("content", [PNG, PDF])
def test_a_copy_with_something_left_out(stage: Stage, content: bytes, reason: Reason) -> None:
    """Further pages may be annexes. What time took might have spoken against it."""
    stage.shows(ADDRESS)
    stage.reading = replace(stage.reading, left_out=(reason,))
    verdict = stage.verify(content)
    always = {Reason.PAGES_LEFT_OUT, Reason.ATTACHMENTS_LEFT_OUT}
    expected = Outcome.COPY if reason in always else Outcome.COULD_NOT_CHECK
    assert verdict.outcome is expected
    assert Reason.NAMES_CLEARANCE in verdict.reasons
    assert reason in {each.reason for each in verdict.findings}


def test_text_that_was_left_out_hides_no_code(stage: Stage) -> None:
    stage.shows()
    stage.reading = replace(stage.reading, left_out=(Reason.TEXT_LEFT_OUT,))
    assert stage.verify(PDF).outcome is Outcome.OUTSIDE_CHANNEL
    assert stage.verify(PNG).outcome is Outcome.UNREADABLE


def test_what_speaks_against_a_paper_does_so_whatever_was_left_out(stage: Stage) -> None:
    stage.shows("HTTPS://OTHER.EXAMPLE/Q/" + TOKEN)
    stage.reading = replace(stage.reading, left_out=tuple(LEFT_OUT))
    verdict = stage.verify(PNG)
    assert verdict.outcome is Outcome.OUTSIDE_CHANNEL
    assert verdict.reasons[0] is Reason.CODE_LEADS_ELSEWHERE


def test_more_codes_of_ours_than_are_checked(stage: Stage) -> None:
    stage.shows(*(f"HTTPS://VERIFY.EXAMPLE/Q/{TOKEN}{each}" for each in "ABCDE"))
    verdict = stage.verify(PNG)
    assert verdict.outcome is Outcome.COULD_NOT_CHECK
    assert verdict.reasons[0] is Reason.CODES_LEFT_OUT


@pytest.mark.parametrize("failure", [Reason.CHECK_FAILED, Reason.CHECK_TIMED_OUT])
def test_a_print_out_that_was_not_read_could_not_be_checked(stage: Stage, failure: Reason) -> None:
    stage.reading = Reading(failure=failure)
    verdict = stage.verify(PDF)
    assert verdict.outcome is Outcome.COULD_NOT_CHECK
    assert verdict.reasons == (failure, Reason.NOT_REGISTERED)
    stage.file = Outcome.ALTERED
    verdict = stage.verify(PDF)
    assert verdict.outcome is Outcome.ALTERED, "the bytes have told that already"
    assert failure in {each.reason for each in verdict.findings}


@pytest.mark.parametrize(
    ("token", "outcome"),
    [
        (Outcome.ALTERED, Outcome.OUTSIDE_CHANNEL),
        (Outcome.OUTSIDE_CHANNEL, Outcome.OUTSIDE_CHANNEL),
        (Outcome.UNREADABLE, Outcome.OUTSIDE_CHANNEL),
        (Outcome.COULD_NOT_CHECK, Outcome.COULD_NOT_CHECK),
    ],
)
def test_a_token_that_does_not_hold(stage: Stage, token: Outcome, outcome: Outcome) -> None:
    stage.shows(ADDRESS)
    stage.token = token
    for content in (PNG, PDF):
        verdict = stage.verify(content)
        assert verdict.outcome is outcome
        assert verdict.number is None


@pytest.mark.parametrize(
    "code", ["", "https://x.example/", "HTTPS://[/Q/ABC", "/Q/ABC", "WIFI:S:a"]
)
def test_no_code_of_ours(stage: Stage, code: str) -> None:
    stage.shows(code)
    assert stage.verify(PNG).outcome is Outcome.UNREADABLE
    assert stage.verify(PDF).outcome is Outcome.OUTSIDE_CHANNEL


def test_an_outage_is_never_forged(stage: Stage) -> None:
    stage.shows(ADDRESS)
    stage.away = True
    for content in (PNG, PDF):
        assert stage.verify(content).outcome is Outcome.COULD_NOT_CHECK


def test_a_withdrawn_clearance_is_named_so(stage: Stage) -> None:
    stage.shows(ADDRESS)
    stage.issued.standing = Standing(state=StandingState.REVOKED, at=NOW)
    verdict = stage.verify(PNG)
    assert verdict.outcome is Outcome.COPY
    assert verdict.reasons == (Reason.REVOKED, Reason.NAMES_CLEARANCE)


@pytest.mark.parametrize(
    ("failure", "outcome"),
    [
        (Reason.CHECK_FAILED, Outcome.COULD_NOT_CHECK),
        (Reason.CHECK_TIMED_OUT, Outcome.COULD_NOT_CHECK),
        (Reason.TOO_MANY_PIXELS, Outcome.UNREADABLE),
    ],
)
def test_a_picture_that_is_not_read(stage: Stage, failure: Reason, outcome: Outcome) -> None:
    stage.reading = Reading(failure=failure)
    verdict = stage.verify(PNG)
    assert (verdict.outcome, verdict.reasons) == (outcome, (failure,))


def test_a_pdf_that_also_looks_like_a_picture_is_a_pdf(stage: Stage) -> None:
    stage.file = Outcome.AUTHENTIC
    assert stage.verify(PNG + PDF).outcome is Outcome.AUTHENTIC


# --- the text of a print-out


def page_of(certificate: ClearanceCertificate, *lines: str) -> PageReading:
    text = [f"شماره: {certificate.number}", *lines]
    return PageReading(codes=(ADDRESS,), text="\r\n".join(text), pictured=False)


def compared(certificate: ClearanceCertificate, *lines: str) -> list[str]:
    comparison = compare([page_of(certificate, *lines)], [True], certificate, LABELS)
    return [each.field for each in comparison.differences]


def test_text_that_is_missing_or_free_contradicts_nothing(certificate) -> None:
    assert compared(certificate) == []
    assert compared(certificate, "پرداخت شد ۱٬۰۰۰٬۰۰۰ ریال", "1404/01/02", "ردیف ۵") == []
    assert compared(certificate, "مبلغ وصول‌شده", "ردیف پیمان", "نام") == []


@pytest.mark.parametrize(
    ("line", "field"),
    [
        ("مبلغ وصول شده ۱٬۰۰۰", None),  # another spelling of the label is no label
        ("مبلغ وصولشده ۱٬۰۰۰", "/premium/amount_collected"),
        ("مبلغ وصول‌شده ٦٬٥٧٢٬٢٢٢٬٢٢٢", None),
        ("جمع بدهی 6,572,222,222 شش میلیارد", None),
        ("جمع بدهی 572", "/premium/sum_of_debits"),
        ("با ردیف پیمان ۹۹۹ و توالی ۰۱", "/contract/row"),
        ("شماره: 1404-0041-000008-4", "/number"),
        ("شناسه / کد ملی 10102437186 10320475160", "/contractor/identifier"),
    ],
)
def test_a_labelled_value_that_is_another_contradicts(certificate, line: str, field) -> None:
    assert compared(certificate, line) == ([field] if field else [])


def test_a_scan_with_recognised_text_is_not_compared(certificate) -> None:
    page = replace(page_of(certificate, "ردیف پیمان ۹۹۹"), pictured=True)
    assert compare([page], [True], certificate, LABELS).differences == ()


def test_a_covering_letter_is_not_compared(certificate) -> None:
    letter = PageReading(codes=(), text="ردیف پیمان ۹۹۹\nمبلغ وصولشده ۱٬۰۰۰", pictured=False)
    assert compare([letter], [False], certificate, LABELS).differences == ()


def test_the_page_calls_each_fact_as_the_newest_paper_does() -> None:
    messages = Path(__file__).parents[3] / "templates" / "messages" / "labels.toml"
    of_the_page = tomllib.loads(messages.read_text("utf-8"))
    only_on_paper = {"identifiers"}
    for name in LABELS.keys() - only_on_paper:
        assert of_the_page[name]["fa"] == LABELS[name], name
    assert set(AMOUNTS.values()) < LABELS.keys()


def test_a_print_out_is_read_by_the_labels_of_its_version(certificate) -> None:
    """A later version may call an amount otherwise; the older paper is still compared."""
    renamed = {**LABELS, "amount_collected": "وجه دریافتی"}
    pages = [page_of(certificate, f"{renamed['amount_collected']} ۹٬۹۹۹")]
    (difference,) = compare(pages, [True], certificate, renamed).differences
    assert difference.field == "/premium/amount_collected"
    assert compare(pages, [True], certificate, LABELS).differences == ()


# --- attached data


def test_equal_data_differ_in_nothing(certificate) -> None:
    data = parsed_data(certificate_bytes(certificate))
    assert data is not None
    assert differences(data, certificate) == ()


def test_each_kind_of_difference(certificate) -> None:
    data = certificate_object(certificate)
    data["contract"]["row"] = "999"
    data["premium"]["receipts"].append({"id": "x"})
    del data["branch"]
    data["a/b"] = {"c": [None, True]}
    found = {each.field: (each.issued, each.found) for each in differences(data, certificate)}
    assert found["/contract/row"] == (certificate.request.contract.row, "999")
    assert found["/branch/code"] == (certificate.request.branch.code, None)
    assert found["/premium/receipts/2/id"] == (None, "x")
    assert found["/a~1b/c/1"] == (None, "true")


@pytest.mark.parametrize("data", [b"", b"[]", b"{", b"[" * 60_000, b"\xff", b"1e999", None])
def test_what_is_no_data_is_not_compared(data: bytes | None) -> None:
    assert parsed_data(data) is None


def test_data_are_shown_to_a_bounded_extent(certificate) -> None:
    data: dict[str, Any] = {str(index): "x" * 10_000 for index in range(1000)}
    found = differences(data, certificate)
    assert len(found) == 100
    assert all(len(each.found or "") <= 500 for each in found)


@pytest.mark.parametrize(
    ("content", "picture"),
    [
        (b"\xff\xd8\xff\xe0", True),
        (b"RIFF\x00\x00\x00\x00WEBPVP8 ", True),
        (b"RIFF\x00\x00\x00\x00WAVE", False),
        (b"\x00\x00\x00\x18ftypmif1", True),
        (b"\x00\x00\x00\x18ftypqt  ", False),
        (b"GIF89a", False),
        (b"", False),
    ],
)
def test_pictures_are_known_by_their_bytes(content: bytes, picture: bool) -> None:
    assert is_picture(content) is picture
