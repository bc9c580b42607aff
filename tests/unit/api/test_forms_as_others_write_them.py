"""Forms and bodies as other programs may write them: preambles, extended names, encodings."""

import gzip
from typing import Any

import pytest

from clearance.verdict import Outcome, Reason

ONE = "/v1/verifications"
MANY = "/v1/verification-batches"
KEY = {"Authorization": "Bearer mohr_verify"}
FORM = {"Content-Type": "multipart/form-data; boundary=b"}
GENUINE = b"%PDF-genuine"
EXTENDED = b"filename*=UTF-8''%D9%85.pdf"


def form(disposition: bytes = b'filename="a.pdf"', *, before: bytes = b"") -> bytes:
    head = b'--b\r\nContent-Disposition: form-data; name="file"; ' + disposition
    return before + head + b"\r\n\r\n" + GENUINE + b"\r\n--b--\r\n"


@pytest.fixture
def judged(stand_ins: Any, clearance: Any) -> None:
    reasons = (Outcome.AUTHENTIC, Reason.REGISTERED, Reason.IN_FORCE)
    stand_ins.judges(GENUINE, *reasons, number=clearance.number)


@pytest.mark.parametrize(
    "body",
    [
        form(before=b"This is a message in MIME format.\r\nTwo lines, --b in one.\r\n"),
        form(before=b"\r\n"),
        form(before=b"\n\n"),
        form(before=b"x" * 100_000 + b"\r\n"),
        form(EXTENDED),
        form(b"FileName*=utf-8'fa'%D9%85%22.pdf"),
        form(b"filename*=no-such-charset''a.pdf"),
        form(b"filename*=UTF-8''"),
        form(b"filename*=UTF-8''%00%0D%0Aa.pdf"),
        form(b'filename="a.pdf"; ' + EXTENDED),
    ],
)
@pytest.mark.usefixtures("judged")
def test_a_form_is_read_whatever_stands_before_it_and_however_its_file_is_called(
    caller: Any, body: bytes
) -> None:
    one = caller.post(ONE, content=body, headers=FORM)
    assert (one.status_code, one.json()["outcome"]) == (200, "authentic"), one.text
    many = caller.post(MANY, content=body, headers={**FORM, **KEY})
    assert many.status_code == 200, many.text
    assert '"authentic"' in many.text


@pytest.mark.parametrize("step", [1, 2, 3, 7])
@pytest.mark.usefixtures("judged")
def test_a_preamble_may_come_in_any_pieces(caller: Any, step: int) -> None:
    body = form(before=b"--a\r\n-b--\r\n")
    pieces = [body[at : at + step] for at in range(0, len(body), step)]

    async def sent() -> Any:
        for piece in pieces:
            yield piece

    answer = caller.post(ONE, content=sent(), headers=FORM)
    assert answer.json()["outcome"] == "authentic"


@pytest.mark.parametrize("body", [b"", b"\r\n", b"x--b\r\n", b"--c\r\n", b"before\r\n--b\r\n"])
def test_a_form_without_parts_is_no_form(caller: Any, body: bytes) -> None:
    for path in (ONE, MANY):
        answer = caller.post(path, content=body, headers={**FORM, **KEY})
        assert (answer.status_code, answer.json()["code"]) in {
            (400, "request.malformed_form"),
            (422, "upload.none_chosen"),
        }


@pytest.mark.parametrize("encoding", ["gzip", "GZIP", "br", "identity, gzip", "x-unknown"])
@pytest.mark.parametrize(
    ("path", "kind"),
    [
        (ONE, "application/pdf"),
        (ONE, FORM["Content-Type"]),
        (MANY, "application/zip"),
        (MANY, FORM["Content-Type"]),
        ("/v1/clearances", "application/json"),
        ("/verifications", FORM["Content-Type"]),
        ("/clearances", "application/x-www-form-urlencoded"),
    ],
)
def test_an_encoded_body_is_refused_and_never_judged(
    caller: Any, stand_ins: Any, encoding: str, path: str, kind: str
) -> None:
    key = stand_ins.issue_key if path == "/v1/clearances" else stand_ins.verify_key
    headers = {"Content-Type": kind, "Content-Encoding": encoding, "Idempotency-Key": "k"}
    headers["Authorization"] = f"Bearer {key}"
    answer = caller.post(path, content=gzip.compress(form()), headers=headers)
    assert answer.status_code == 415, (path, answer.text)
    assert answer.headers["Accept-Encoding"] == "identity"
    assert "Content-Encoding" in answer.text or "request.encoded_body" in answer.text


@pytest.mark.usefixtures("judged")
def test_the_identity_encoding_is_none(caller: Any) -> None:
    headers = {"Content-Type": "application/pdf", "Content-Encoding": "Identity"}
    answer = caller.post(ONE, content=GENUINE, headers=headers)
    assert answer.json()["outcome"] == "authentic"
