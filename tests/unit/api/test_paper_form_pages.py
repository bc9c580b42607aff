"""What the public is told of a paper form's serial: a class, and nothing to fish for."""

from typing import Any

import lxml.html
import pytest

from clearance.paper_forms import FormMeaning

FORMS = {100 + place: meaning for place, meaning in enumerate(FormMeaning)}


@pytest.fixture(autouse=True)
def known(stand_ins: Any) -> None:
    stand_ins.paper_forms.update(FORMS)


def verdict(html: str) -> Any:
    (found,) = lxml.html.document_fromstring(html).find_class("verdict")
    return found


@pytest.mark.parametrize("serial", FORMS)
def test_r10_each_meaning_is_heading_title_and_json(caller: Any, serial: int) -> None:
    answer = caller.get(f"/paper-forms?serial={serial}")
    assert answer.status_code == 200
    shown = verdict(answer.text)
    assert shown.get("data-meaning") == FORMS[serial].value
    heading = shown.find(".//h1").text.strip()
    assert heading in lxml.html.document_fromstring(answer.text).findtext(".//title")

    told = caller.get(f"/v1/paper-forms/{serial}").json()
    assert told["meaning"] == FORMS[serial].value
    assert told["message"]["fa"] == heading
    assert told["effective_date"] == "2020-12-21"
    assert told["record"] is None


def test_only_serial_class_and_effective_date_are_told(caller: Any) -> None:
    told = caller.get("/v1/paper-forms/102").json()
    assert set(told) == {
        "serial",
        "meaning",
        "message",
        "what_to_do",
        "effective_date",
        "record",
    }


def test_the_meanings_look_different_in_words_and_not_only_in_colour(caller: Any) -> None:
    words = {
        verdict(caller.get(f"/paper-forms?serial={serial}").text)
        .find_class("word")[0]
        .text_content()
        for serial in FORMS
    }
    assert len(words) == len(FORMS)


def test_any_digits_are_taken_and_shown_in_persian(caller: Any) -> None:
    page = caller.get("/paper-forms", params={"serial": " ۰۰۱۰٠ "}).text
    assert verdict(page).get("data-meaning") == FORMS[100].value
    assert "۱۰۰" in verdict(page).find_class("facts")[0].text_content()


@pytest.mark.parametrize("serial", ["", "x1", "0", "1" * 11, "<b>1</b>", "1 2"])
def test_a_wrong_serial_gets_the_form_again(caller: Any, serial: str) -> None:
    answer = caller.get("/paper-forms", params={"serial": serial})
    assert answer.status_code == 422
    page = lxml.html.document_fromstring(answer.text)
    (field,) = page.xpath("//input[@id='serial']")
    assert field.get("aria-invalid") == "true"
    assert field.get("value") == serial
    assert page.findtext(".//title").startswith("خطا")
    assert page.xpath("//div[@role='alert']//a[@href='#serial']")


def test_the_form_is_there_without_a_question_and_the_home_page_leads_to_it(caller: Any) -> None:
    page = lxml.html.document_fromstring(caller.get("/paper-forms").text)
    assert page.find_class("verdict") == []
    assert page.xpath("//form[@method='get']//input[@name='serial']")
    assert 'action="/paper-forms"' in caller.get("/").text


def test_an_outage_says_nothing_about_the_paper(caller: Any, stand_ins: Any) -> None:
    stand_ins.away.add("register")
    answer = caller.get("/paper-forms?serial=100")
    assert answer.status_code == 503
    assert verdict(answer.text).get("data-meaning") == "could_not_check"
    assert caller.get("/v1/paper-forms/100").status_code == 503


def test_a_wrong_serial_is_a_problem_in_json(caller: Any) -> None:
    answer = caller.get("/v1/paper-forms/x1")
    assert (answer.status_code, answer.json()["code"]) == (422, "form_serial.invalid")
