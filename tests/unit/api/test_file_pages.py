"""The page for several files at once."""

import re
from collections.abc import Callable
from typing import Any

import pytest

from clearance.verdict import Outcome, Reason

GENUINE, CHANGED, PICTURE = b"%PDF-genuine", b"%PDF-changed", b"a photo"


@pytest.fixture
def known(stand_ins: Any, clearance: Any) -> Any:
    number = clearance.number
    stand_ins.judges(GENUINE, Outcome.AUTHENTIC, Reason.REGISTERED, number=number)
    stand_ins.judges(CHANGED, Outcome.ALTERED, Reason.BEGINS_WITH_ISSUED, number=number)
    stand_ins.judges(PICTURE, Outcome.COPY, Reason.NAMES_CLEARANCE, number=number)
    return clearance


def send(caller: Any, *files: tuple[str, bytes]) -> Any:
    parts = [("file", each) for each in files]
    return caller.post("/files", files=parts, headers={"Accept": "text/html"})


def overall(text: str) -> str:
    found = re.search(r'<section class="verdict (\w+)" role="status"', text)
    assert found is not None
    return found[1]


def test_the_home_page_leads_there(caller: Any) -> None:
    assert 'href="/files"' in caller.get("/").text
    form = caller.get("/files")
    assert form.status_code == 200
    assert "multiple" in form.text
    assert "۲۰" in form.text


@pytest.mark.parametrize(
    ("files", "tone"),
    [
        ([GENUINE], "genuine"),
        ([GENUINE, PICTURE], "unchecked"),
        ([GENUINE, PICTURE, b"text"], "unchecked"),
        ([GENUINE, PICTURE, b"text", CHANGED], "refused"),
    ],
)
def test_the_worst_file_decides_what_is_said_of_all(
    caller: Any, known: Any, files: list[bytes], tone: str
) -> None:
    response = send(caller, *((f"{place}.pdf", each) for place, each in enumerate(files)))
    assert response.status_code == 200
    assert overall(response.text) == tone
    assert response.text.count("data-outcome=") == len(files)
    assert response.text.rstrip().endswith("</html>")


def test_every_row_leads_to_what_to_do(caller: Any, known: Any) -> None:
    text = send(caller, ("a.pdf", CHANGED), ("b.pdf", GENUINE), ("c.pdf", b"text")).text
    led_to = set(re.findall(r'href="#(do-[a-z_-]+)"', text))
    assert len(led_to) == 3
    assert led_to == set(re.findall(r'id="(do-[a-z_-]+)"', text))
    assert known.certificate.request.contractor.name in text


def test_names_are_shown_and_nothing_more(caller: Any, known: Any) -> None:
    text = send(caller, ("<script>alert(1)</script>.pdf", GENUINE), ("a\u202eb.pdf", b"x")).text
    assert "<script>" not in text
    assert "&lt;script&gt;" in text
    assert "\u202e" not in text


def test_what_the_form_refuses(open_limited: Callable[..., Any]) -> None:
    caller = open_limited(page_files=2, upload_bytes=5_000)
    none = send(caller, ("", b""))
    assert none.status_code == 422
    assert 'role="alert"' in none.text
    many = send(caller, *[("a.pdf", b"x")] * 3)
    assert many.status_code == 422
    assert "۲ فایل" in many.text
    large = caller.post(
        "/files",
        content=bytes(5_000_000),
        headers={"Accept": "text/html", "Content-Type": "multipart/form-data; boundary=x"},
    )
    assert large.status_code == 413
    other = caller.post("/files", content=b"", headers={"Accept": "text/html"})
    assert other.status_code == 415


def test_one_request_of_an_address_at_a_time(caller: Any, known: Any) -> None:
    places = caller.app.state.context.page_places
    with places.kept_by("192.0.2.7"):
        refused = send(caller, ("a.pdf", GENUINE))
        assert refused.status_code == 429
        assert "Retry-After" in refused.headers
    places.leave("192.0.2.7")
    assert overall(send(caller, ("a.pdf", GENUINE)).text) == "genuine"
    for place in range(4):
        places.enter(str(place))
    assert send(caller, ("a.pdf", GENUINE)).status_code == 503


def test_a_file_of_the_whole_limit_with_others(caller: Any, known: Any) -> None:
    """The parts of a form share one limit; none of them is read in part."""
    response = send(caller, ("a.pdf", bytes(19_999_000)), ("b.pdf", bytes(3_000_000)))
    assert response.status_code == 413
