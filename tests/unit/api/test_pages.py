"""The pages for people, as documents: what they say, in which words, and what they never do."""

import re
from collections.abc import Callable
from typing import Any

import lxml.html
import pytest

from clearance.errors import Busy
from clearance.verdict import Outcome, Reason, Verdict
from register.records import RevocationReason, Standing, StandingState

PATH = "/verifications"


def parsed(response: Any) -> Any:
    assert response.headers["Content-Type"] == "text/html; charset=utf-8"
    return lxml.html.document_fromstring(response.text)


def text(element: Any) -> str:
    return " ".join(element.text_content().split())


def h1(page: Any) -> str:
    (only,) = page.findall(".//h1")
    return text(only)


def upload(caller: Any, content: bytes) -> Any:
    return caller.post(PATH, files={"file": ("a.pdf", content, "application/pdf")})


def outcome(page: Any) -> str:
    (verdict,) = page.find_class("verdict")
    return str(verdict.get("data-outcome"))


@pytest.mark.parametrize("result", [each for each in Outcome if each is not Outcome.UNREADABLE])
def test_each_verdict_is_heading_and_title(caller: Any, stand_ins: Any, result: Outcome) -> None:
    stand_ins.judges(b"%PDF-x", result, Reason.CHECK_FAILED)
    page = parsed(upload(caller, b"%PDF-x"))
    assert outcome(page) == result
    (verdict,) = page.find_class("verdict")
    word = text(verdict.find_class("word")[0]).split("  ")[0]
    persian_heading = verdict.find(".//h1").text.strip()
    assert persian_heading in page.findtext(".//title")
    assert page.findtext(".//title").split(":")[0] in word
    assert verdict.findall(".//svg")


def test_the_four_outcomes_look_different_without_colour(caller: Any, stand_ins: Any) -> None:
    shapes = set()
    judged = (
        Outcome.AUTHENTIC,
        Outcome.WITHDRAWN,
        Outcome.ALTERED,
        Outcome.OUTSIDE_CHANNEL,
        Outcome.COULD_NOT_CHECK,
    )
    for result in judged:
        stand_ins.judges(b"%PDF-x", result, Reason.CHECK_FAILED)
        (verdict,) = parsed(upload(caller, b"%PDF-x")).find_class("verdict")
        shapes.add(lxml.html.tostring(verdict.find(".//svg")))
    assert len(shapes) == len(judged)


def test_a_crowd_says_nothing_of_the_file_and_when_to_come_again(
    open_with: Callable[..., Any],
) -> None:
    def verify(_: bytes) -> Verdict:
        raise Busy

    response = upload(open_with(verify_file=verify), b"%PDF-x")
    assert response.status_code == 503
    assert int(response.headers["Retry-After"]) > 0
    page = parsed(response)
    assert outcome(page) == Outcome.COULD_NOT_CHECK
    assert "says nothing about it" in text(page)
    assert "register" not in text(page.find_class("reasons")[0])


def test_an_outage_is_never_forged(caller: Any, clearance: Any, stand_ins: Any) -> None:
    stand_ins.judges(b"%PDF-x", Outcome.AUTHENTIC, Reason.REGISTERED, number=clearance.number)
    stand_ins.away.add("register")
    responses = [
        # The verdict was reached, but the facts to show with it are out of reach.
        upload(caller, b"%PDF-x"),
        caller.get(f"/q/{clearance.token_text}"),
        caller.post(
            "/clearances",
            data={"number": clearance.number, "code": clearance.certificate.verification_code},
        ),
    ]
    for response in responses:
        assert response.status_code == 503
        page = parsed(response)
        assert outcome(page) == "could_not_check"
        assert "اصیل نیست" not in page.text_content()


@pytest.mark.parametrize("path", ["/", "/q/TOKEN1", "/q/nonsense", "/nothing"])
def test_pages_are_persian_first(caller: Any, clearance: Any, path: str) -> None:
    page = parsed(caller.get(path, headers={"Accept": "text/html"}))
    assert (page.get("lang"), page.get("dir")) == ("fa", "rtl")
    assert page.find(".//meta[@name='viewport']") is not None
    for english in page.find_class("en"):
        assert (english.get("lang"), english.get("dir")) == ("en", "ltr")
    assert h1(page)


@pytest.mark.parametrize("path", ["/", "/q/TOKEN1", "/nothing"])
def test_pages_need_nothing_from_elsewhere(caller: Any, clearance: Any, path: str) -> None:
    page = parsed(caller.get(path, headers={"Accept": "text/html"}))
    assert not page.findall(".//script")
    assert not page.findall(".//style")
    assert not page.xpath("//@style | //@onclick | //@onload | //@onsubmit")
    for address in page.xpath("//@href | //@src | //@action"):
        assert address.startswith(("/", "#")), address


@pytest.mark.parametrize("demo", [True, False])
@pytest.mark.parametrize("path", ["/", "/q/TOKEN1", "/nothing"])
def test_samples_say_so_on_each_page(open_with: Any, clearance: Any, path: str, demo: bool) -> None:
    page = open_with(demo=demo).get(path, headers={"Accept": "text/html"}).text
    assert ("نمونه — فاقد اعتبار" in page) is demo


def test_the_official_domain_is_shown(open_with: Any) -> None:
    page = parsed(open_with(public_url="https://verify.example.ir").get("/"))
    (domain,) = page.find_class("domain")
    assert text(domain) == "verify.example.ir"


def test_a_scan_shows_the_paper_s_facts_in_its_order(caller: Any, clearance: Any) -> None:
    page = parsed(caller.get(f"/Q/{clearance.token_text}"))
    shown = page.text_content()
    request = clearance.certificate.request
    expected = [
        request.branch.province,
        "۱۴۰۴-۰۰۴۱-۰۰۰۰۰۱-۹",
        clearance.certificate.verification_code,
        "۴۵۱۲/ص/۱۴۰۳",
        request.work_assigner.name,
        request.contractor.name,
        "۱۴۰۲/ق/۳۱۷",
        "۱۴۰۲/۰۶/۱۹",
        request.contract.subject,
        "۰۰۴۱۲۱۸۷",
        "۷۸٬۰۰۰٬۰۰۰٬۰۰۰",
        "۶٬۵۷۲٬۲۲۲٬۲۲۲",
        "ب/۱۴۰۳/۲۲۱۸",
        request.approvals.head_of_branch.name,
    ]
    places = [shown.find(each) for each in expected]
    assert -1 not in places
    assert places == sorted(places)


@pytest.mark.parametrize("name", ["smallest", "interim", "ministry-assigner", "long-names"])
def test_every_kind_of_clearance_can_be_shown(caller: Any, stand_ins: Any, name: str) -> None:
    clearance = stand_ins.knows(name)
    page = parsed(caller.get(f"/q/{clearance.token_text}"))
    assert outcome(page) == "authentic"
    assert clearance.certificate.request.contractor.name in page.text_content()


def test_dates_and_numbers_are_marked_up(caller: Any, clearance: Any) -> None:
    page = parsed(caller.get(f"/q/{clearance.token_text}"))
    stamps = {time.get("datetime"): text(time) for time in page.iter("time")}
    assert stamps["2023-09-10"] == "۱۴۰۲/۰۶/۱۹"
    assert stamps["2026-02-01T08:30:00Z"] == "۱۴۰۴/۱۱/۱۲ ساعت ۱۲:۰۰"
    for time in page.iter("time"):
        assert time.find("bdi").get("dir") == "ltr"
    latin = [each for each in page.find_class("code") if re.search("[0-9]", each.text or "")]
    assert latin
    assert all(each.tag == "bdi" for each in latin)


def test_a_bad_verdict_gives_its_reasons(caller: Any, stand_ins: Any) -> None:
    stand_ins.judges(b"%PDF-x", Outcome.OUTSIDE_CHANNEL, Reason.NOT_REGISTERED, Reason.STRANGER)
    page = parsed(upload(caller, b"%PDF-x"))
    (reasons,) = page.find_class("reasons")
    assert len(reasons) == 2
    stand_ins.judges(b"%PDF-y", Outcome.AUTHENTIC, Reason.REGISTERED)
    assert not parsed(upload(caller, b"%PDF-y")).find_class("reasons")


def test_a_scan_says_that_the_paper_was_not_seen(caller: Any, clearance: Any) -> None:
    page = parsed(caller.get(f"/q/{clearance.token_text}"))
    assert "خود برگه بررسی نشده است" in page.text_content()
    questions = page.find_class("questions")[0]
    assert "خودتان مقایسه کنید" in questions.text_content()


def test_a_replaced_clearance_names_its_successor(
    caller: Any, clearance: Any, stand_ins: Any
) -> None:
    successor = stand_ins.knows("ordinary-company", 2)
    standing = Standing(
        state=StandingState.REPLACED,
        at=stand_ins.now,
        reason=RevocationReason.DATA_CORRECTED,
        replacement=successor.number,
    )
    stand_ins.withdraw(clearance.number, standing)
    page = parsed(caller.get(f"/q/{clearance.token_text}"))
    assert outcome(page) == "withdrawn"
    (verdict,) = page.find_class("verdict")
    shown = verdict.text_content()
    assert "۱۴۰۴-۰۰۴۱-۰۰۰۰۰۲" in shown
    assert "اطلاعات آن نادرست بود" in shown
    assert "جایگزین شده است" in page.find_class("questions")[0].text_content()


def test_a_replacement_names_what_it_replaces(caller: Any, stand_ins: Any) -> None:
    successor = stand_ins.knows("replacement", 2)
    page = parsed(caller.get(f"/q/{successor.token_text}"))
    rows = {row[0].text_content(): row[1].text_content() for row in page.xpath("//dl/div")}
    (number,) = [text for name, text in rows.items() if "جایگزین مفاصاحساب شمارهٔ" in name]
    assert number.strip() == "۱۴۰۳-۰۰۴۱-۰۰۰۱۲۷-۹"


def test_a_changed_copy_of_a_revoked_clearance_says_both(
    caller: Any, clearance: Any, stand_ins: Any
) -> None:
    stand_ins.judges(b"%PDF-x", Outcome.ALTERED, Reason.BEGINS_WITH_ISSUED, number=clearance.number)
    warning = "اصل این سند نیز دیگر اعتبار ندارد"
    assert warning not in upload(caller, b"%PDF-x").text
    standing = Standing(
        state=StandingState.REVOKED, at=stand_ins.now, reason=RevocationReason.LAWFUL_ORDER
    )
    stand_ins.withdraw(clearance.number, standing)
    assert warning in upload(caller, b"%PDF-x").text


def test_a_revoked_clearance_is_withdrawn_by_code_too(
    caller: Any, clearance: Any, stand_ins: Any
) -> None:
    standing = Standing(
        state=StandingState.REVOKED, at=stand_ins.now, reason=RevocationReason.LAWFUL_ORDER
    )
    stand_ins.withdraw(clearance.number, standing)
    code = clearance.certificate.verification_code
    page = parsed(caller.post("/clearances", data={"number": clearance.number, "code": code}))
    assert outcome(page) == "withdrawn"
    assert "ابطال شده است" in page.find_class("questions")[0].text_content()


@pytest.mark.parametrize(
    ("number", "code"),
    [
        ("{number}", "{code}"),
        ("۱۴۰۴۰۰۴۱۰۰۰۰۰۱۹", "{code}"),
        (" 1404 0041 000001 9 ", " {lower} "),
    ],
)
def test_number_and_code_as_people_type_them(
    caller: Any, clearance: Any, number: str, code: str
) -> None:
    forms = {
        "number": clearance.number,
        "code": clearance.certificate.verification_code,
        "lower": clearance.certificate.verification_code.lower().replace("-", " "),
    }
    data = {"number": number.format(**forms), "code": code.format(**forms)}
    response = caller.post("/clearances", data=data)
    assert response.status_code == 200
    assert outcome(parsed(response)) == "authentic"


@pytest.mark.parametrize(
    ("data", "status", "fields"),
    [
        ({"number": "", "code": ""}, 422, ["number", "code"]),
        ({"number": "1404-0041-000001-0", "code": "0000-0000-0000-0000"}, 422, ["number"]),
        ({"number": "1404-0041-000001-9", "code": "x"}, 422, ["code"]),
        ({"number": "1404-0041-000001-9", "code": "0000-0000-0000-0000"}, 404, ["number"]),
        ({"number": "1404-0041-000777-2", "code": "0000-0000-0000-0000"}, 404, ["number"]),
    ],
)
def test_what_is_mistyped_is_named_and_kept(
    caller: Any, clearance: Any, data: dict[str, str], status: int, fields: list[str]
) -> None:
    response = caller.post("/clearances", data=data)
    assert response.status_code == status
    page = parsed(response)
    (summary,) = page.find_class("summary")
    assert summary.get("autofocus") is not None
    assert [link.get("href") for link in summary.iter("a")] == [f"#{field}" for field in fields]
    for field in fields:
        control = page.get_element_by_id(field)
        assert control.get("aria-invalid") == "true"
        assert page.get_element_by_id(f"{field}-wrong") is not None
        assert f"{field}-wrong" in control.get("aria-describedby")
        assert control.get("value") == data.get(field, "")
    assert page.findtext(".//title").startswith("خطا")


def test_guessing_on_the_page_runs_out(open_limited: Any, clearance: Any) -> None:
    caller = open_limited(wrong_codes="2/minute")
    data = {"number": clearance.number, "code": "0000-0000-0000-0000"}
    assert [caller.post("/clearances", data=data).status_code for _ in range(3)] == [404, 404, 429]
    refused = caller.post("/clearances/document", data=data)
    assert refused.status_code == 429
    assert refused.headers["Retry-After"]


def test_the_original_can_be_fetched_from_the_page(
    caller: Any, clearance: Any, stand_ins: Any
) -> None:
    page = parsed(caller.get(f"/q/{clearance.token_text}"))
    (form,) = page.forms
    assert form.method == "POST"
    response = caller.post(form.action, data=dict(form.fields))
    assert response.content == stand_ins.pdf
    wrong = caller.post(form.action, data={**dict(form.fields), "code": "0000-0000-0000-0000"})
    assert wrong.status_code == 404


@pytest.mark.parametrize("path", ["/verifications", "/clearances", "/clearances/document"])
def test_reloading_a_result_leads_to_the_start(caller: Any, path: str) -> None:
    response = caller.get(path)
    assert response.status_code == 303
    assert response.headers["Location"] == "/"


def test_an_unreadable_file_gets_the_form_again(caller: Any) -> None:
    for content in (b"", b"just text"):
        page = parsed(upload(caller, content))
        (summary,) = page.find_class("summary")
        assert [link.get("href") for link in summary.iter("a")] == ["#file"]
        assert page.get_element_by_id("file").get("aria-invalid") == "true"


def test_no_file_and_too_large_a_file_are_told_in_words(caller: Any, open_limited: Any) -> None:
    none_chosen = caller.post(PATH, files={"file": ("", b"", "application/octet-stream")})
    assert none_chosen.status_code == 422
    assert "فایلی انتخاب نشده است" in none_chosen.text
    too_large = upload(open_limited(upload_bytes=1000), bytes(1001))
    assert too_large.status_code == 413
    assert "حجم فایل بیش از حد مجاز است" in too_large.text


def test_markup_in_names_is_text(caller: Any, stand_ins: Any, ordinary: Any) -> None:
    ordinary["contractor"]["name"] = "<script>alert(1)</script> {{ 7*7 }} {% raw %}"
    ordinary["contract"]["subject"] = '"><img src=x onerror=alert(1)>'
    headers = {"Authorization": f"Bearer {stand_ins.issue_key}", "Idempotency-Key": "k"}
    made = caller.post("/v1/clearances", json=ordinary, headers=headers).json()
    response = caller.get(f"/q/{made['token']}")
    page = parsed(response)
    assert not page.findall(".//script")
    assert not page.xpath("//img[@onerror]")
    assert "<script>alert(1)</script> {{ 7*7 }} {% raw %}" in page.text_content()


def test_a_typed_value_comes_back_as_text(caller: Any) -> None:
    evil = '"><script>alert(1)</script>'
    page = parsed(caller.post("/clearances", data={"number": evil, "code": evil}))
    assert not page.findall(".//script")
    assert page.get_element_by_id("number").get("value") == evil


def test_every_control_has_a_label_and_every_reference_a_target(
    caller: Any, clearance: Any
) -> None:
    for path in ("/", f"/q/{clearance.token_text}"):
        page = parsed(caller.get(path))
        ids = page.xpath("//@id")
        assert len(ids) == len(set(ids))
        labelled = {label.get("for") for label in page.iter("label")}
        for control in page.xpath("//input[not(@type='hidden')]"):
            assert control.get("id") in labelled
        for names in page.xpath("//@aria-labelledby | //@aria-describedby"):
            assert set(names.split()) <= set(ids)
