"""Pictures of papers, and differences side by side, on the page and in JSON."""

from dataclasses import replace
from typing import Any

import lxml.html
import pytest

from clearance.verdict import Difference, Outcome, Reason
from register.records import RevocationReason, Standing, StandingState

PICTURE = b"\x89PNG\r\n\x1a\n a picture"
PDF = b"%PDF-altered"
DIFFERENCES = (
    Difference(field="/premium/amount_collected", issued="1000", found="9000"),
    Difference(field="/remark", issued=None, found="<b>paid</b>"),
)


def shown(caller: Any, content: bytes) -> Any:
    response = caller.post("/verifications", files={"file": ("a", content, "image/png")})
    assert response.status_code == 200
    return lxml.html.document_fromstring(response.text)


def asked(caller: Any, content: bytes, kind: str = "image/png") -> Any:
    return caller.post("/v1/verifications", content=content, headers={"Content-Type": kind})


@pytest.fixture
def copy_named(stand_ins: Any, clearance: Any) -> None:
    stand_ins.judges(PICTURE, Outcome.COPY, Reason.NAMES_CLEARANCE, number=clearance.number)


@pytest.fixture
def altered(stand_ins: Any, clearance: Any) -> None:
    stand_ins.judges(PDF, Outcome.ALTERED, Reason.CHANGED_CONTENT, number=clearance.number)
    stand_ins.verdicts[PDF] = replace(stand_ins.verdicts[PDF], differences=DIFFERENCES)


@pytest.mark.usefixtures("copy_named")
@pytest.mark.parametrize("kind", ["png", "jpeg", "webp", "heic", "heif"])
def test_pictures_are_taken(caller: Any, clearance: Any, kind: str) -> None:
    answer = asked(caller, PICTURE, f"image/{kind}").json()
    assert answer["outcome"] == "copy"
    assert answer["clearance"]["number"] == clearance.number
    assert answer["differences"] == []


def test_other_pictures_are_not(caller: Any) -> None:
    assert asked(caller, b"GIF89a", "image/gif").status_code == 415


@pytest.mark.usefixtures("copy_named")
def test_a_copy_is_shown_with_the_facts_and_the_way_to_the_original(
    caller: Any, clearance: Any
) -> None:
    page = shown(caller, PICTURE)
    (verdict,) = page.find_class("verdict")
    assert verdict.get("data-outcome") == "copy"
    assert "معتبر" in verdict.text_content()
    assert "رونوشت به‌تنهایی چیزی را ثابت نمی‌کند" in verdict.text_content()
    (form,) = [each for each in page.forms if each.action.endswith("/clearances/document")]
    assert form.fields["code"] == clearance.certificate.verification_code


@pytest.mark.usefixtures("copy_named")
def test_a_copy_of_a_revoked_clearance_is_never_called_in_force(
    caller: Any, stand_ins: Any, clearance: Any
) -> None:
    revoked = Standing(
        state=StandingState.REVOKED, at=stand_ins.now, reason=RevocationReason.DATA_CORRECTED
    )
    stand_ins.withdraw(clearance.number, revoked)
    page = shown(caller, PICTURE)
    (verdict,) = page.find_class("verdict")
    assert "withdrawn" in verdict.get("class")
    assert "دیگر اعتبار ندارد" in verdict.text_content()
    assert "ابطال شده است" in page.find_class("questions")[0].text_content()
    assert "no longer in force" in asked(caller, PICTURE).json()["message"]["en"]


@pytest.mark.usefixtures("altered")
def test_differences_stand_side_by_side(caller: Any) -> None:
    first, second = asked(caller, PDF).json()["differences"]
    assert first["name"]["fa"] == "مبلغ وصول‌شده"
    assert (first["issued"], first["found"]) == ("1000", "9000")
    assert second["issued"] is None
    (listed,) = shown(caller, PDF).find_class("differences")
    assert "۹٬۰۰۰ ریال" in listed.text_content()
    assert "<b>paid</b>" in listed.text_content()


def test_differences_are_not_shown_without_the_facts(
    caller: Any, stand_ins: Any, clearance: Any
) -> None:
    stand_ins.judges(PDF, Outcome.ALTERED, Reason.CARRIES_OUR_SEAL, number=clearance.number)
    stand_ins.verdicts[PDF] = replace(stand_ins.verdicts[PDF], differences=DIFFERENCES)
    answer = asked(caller, PDF).json()
    assert answer["clearance"] is None
    assert answer["differences"] == []
    assert shown(caller, PDF).find_class("differences") == []


@pytest.mark.usefixtures("copy_named")
def test_the_reports_of_a_copy_speak_of_the_paper_and_hold_the_facts(
    caller: Any, clearance: Any
) -> None:
    url = "/v1/verifications?report=detailed"
    answer = caller.post(url, content=PICTURE, headers={"Content-Type": "image/png"}).json()
    assert "QR code" in answer["basis"]["message"]["en"]
    assert any("another paper" in each["en"] for each in answer["not_proved"])
    assert "electronic original" in answer["stages"][6]["message"]["en"]
    assert answer["clearance"]["certificate"]["number"] == clearance.number
    assert "in force" in answer["message"]["en"]


@pytest.mark.usefixtures("altered")
def test_the_simple_report_of_an_altered_file_says_what_differs(caller: Any) -> None:
    url = "/v1/verifications?report=simple"
    answer = caller.post(url, content=PDF, headers={"Content-Type": "application/pdf"}).json()
    assert [each["field"] for each in answer["differences"]] == [each.field for each in DIFFERENCES]
    assert any("No paper" in each["en"] for each in answer["not_proved"])
