"""POST /v1/verification-batches: many files with one request."""

import csv
import io
import json
import zipfile
from collections.abc import Callable
from typing import Any

import pytest

from clearance.verdict import Outcome, Reason

PATH = "/v1/verification-batches"
ZIP_TYPE = "application/zip"
GENUINE = b"%PDF-genuine"
PICTURE = b"\x89PNG\r\n\x1a\n a photo"


@pytest.fixture
def known(stand_ins: Any, clearance: Any) -> Any:
    found = (Outcome.AUTHENTIC, Reason.REGISTERED, Reason.IN_FORCE)
    stand_ins.judges(GENUINE, *found, number=clearance.number)
    stand_ins.judges(PICTURE, Outcome.COPY, Reason.NAMES_CLEARANCE, number=clearance.number)
    return clearance


def packed(files: dict[str, bytes]) -> bytes:
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return written.getvalue()


def key(stand_ins: Any, **headers: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {stand_ins.verify_key}", **headers}


def send_archive(caller: Any, stand_ins: Any, data: bytes, accept: str = "") -> Any:
    kinds = {"Content-Type": ZIP_TYPE} | ({"Accept": accept} if accept else {})
    return caller.post(PATH, content=data, headers=key(stand_ins, **kinds))


def send_parts(caller: Any, stand_ins: Any, files: list[tuple[str, bytes]], **fields: Any) -> Any:
    parts: list[Any] = [("file", (name, content)) for name, content in files]
    data = {name: json.dumps(value) for name, value in fields.items()}
    return caller.post(PATH, files=parts, data=data, headers=key(stand_ins))


def lines(response: Any) -> list[dict[str, Any]]:
    assert response.status_code == 200, response.text
    assert response.headers["Content-Type"] == "application/x-ndjson"
    return [json.loads(line) for line in response.text.splitlines()]


def outcomes(answered: list[dict[str, Any]]) -> dict[str, str]:
    return {each["name"]: each["outcome"] for each in answered if "name" in each}


def test_an_archive_and_a_form_get_the_same(caller: Any, stand_ins: Any, known: Any) -> None:
    files = {"پوشه/مفاصاحساب.pdf": GENUINE, "letter.txt": b"text", "photo.png": PICTURE}
    archive = lines(send_archive(caller, stand_ins, packed(files)))
    form = lines(send_parts(caller, stand_ins, list(files.items())))
    inside = lines(send_parts(caller, stand_ins, [("files.zip", packed(files))]))
    expected = {
        "پوشه/مفاصاحساب.pdf": "authentic",
        "letter.txt": "unreadable",
        "photo.png": "copy",
    }
    assert outcomes(archive) == outcomes(form) == outcomes(inside) == expected
    assert archive[0] == {"files": 3, "left_out": 0}
    assert archive[-1] == {
        "summary": {"outcomes": {"authentic": 1, "copy": 1, "unreadable": 1}, "agree": None}
    }
    assert [each["done"] for each in archive[1:-1]] == [1, 2, 3]
    assert {each["place"]: each["name"] for each in archive[1:-1]}[1] == "پوشه/مفاصاحساب.pdf"
    genuine = next(each for each in archive if each.get("outcome") == "authentic")
    assert genuine["clearance"]["number"] == known.number
    assert genuine["of"] == 3


def test_files_of_one_name_are_told_apart_by_their_places(
    caller: Any, stand_ins: Any, known: Any
) -> None:
    answered = lines(send_parts(caller, stand_ins, [("a.pdf", GENUINE), ("a.pdf", b"other")]))
    found = {each["place"]: each["outcome"] for each in answered[1:-1]}
    assert found == {1: "authentic", 2: "unreadable"}


def test_bad_entries_cost_no_other(caller: Any, stand_ins: Any, known: Any) -> None:
    data = packed({"../a.pdf": GENUINE, "b.pdf": GENUINE, "zeros": bytes(3_000_000)})
    answered = lines(send_archive(caller, stand_ins, data))
    assert outcomes(answered) == {
        "../a.pdf": "unreadable",
        "b.pdf": "authentic",
        "zeros": "unreadable",
    }
    bad = next(each for each in answered if each.get("name") == "../a.pdf")
    assert bad["reasons"] == ["zip.name"]
    assert bad["sha256"] == ""
    assert bad["explanations"][0]["fa"] != bad["explanations"][0]["en"]


def test_a_part_that_is_too_large_costs_no_other(
    open_limited: Callable[..., Any], stand_ins: Any, known: Any
) -> None:
    caller = open_limited(upload_bytes=100)
    answered = lines(send_parts(caller, stand_ins, [("a.pdf", bytes(101)), ("b.pdf", GENUINE)]))
    assert outcomes(answered) == {"a.pdf": "unreadable", "b.pdf": "authentic"}


def test_one_document(caller: Any, stand_ins: Any, known: Any) -> None:
    data = packed({"a.pdf": GENUINE, "b.txt": b"text"})
    response = send_archive(caller, stand_ins, data, "application/json")
    assert response.headers["Content-Type"] == "application/json"
    answer = response.json()
    assert answer["files"] == len(answer["answers"]) == 2
    assert answer["summary"]["outcomes"] == {"authentic": 1, "unreadable": 1}


def test_a_table(caller: Any, stand_ins: Any, known: Any) -> None:
    data = packed({"=cmd().pdf": GENUINE, "b.txt": b"text"})
    response = send_archive(caller, stand_ins, data, "text/csv")
    assert response.headers["Content-Type"].startswith("text/csv")
    assert response.content.startswith(b"\xef\xbb\xbfplace,name,outcome")
    rows = list(csv.DictReader(io.StringIO(response.content.decode("utf-8-sig"), newline="")))
    assert {row["name"]: row["outcome"] for row in rows} == {
        "'=cmd().pdf": "authentic",
        "b.txt": "unreadable",
    }


def test_the_payers_records(caller: Any, stand_ins: Any, known: Any) -> None:
    contract = known.certificate.request.contract
    answered = lines(
        send_parts(
            caller,
            stand_ins,
            [("same.pdf", GENUINE), ("other.pdf", GENUINE), ("none.pdf", GENUINE)],
            expect={
                "same.pdf": {"contract": {"number": contract.number}},
                "other.pdf": {"contract": {"number": "4711"}},
            },
        )
    )
    compared = {each["name"]: each["comparison"] for each in answered[1:-1]}
    assert compared["same.pdf"]["agrees"] is True
    assert compared["other.pdf"]["agrees"] is False
    assert compared["none.pdf"] is None
    assert answered[-1]["summary"]["agree"] == 1


def test_every_wrong_record_is_named_before_anything_is_checked(
    caller: Any, stand_ins: Any, known: Any
) -> None:
    expect = {
        "a.pdf": {"contract": {"nubmer": "1"}},
        "b/~.pdf": {"contract": {"number": "1"}},
    }
    response = send_parts(caller, stand_ins, [("a.pdf", GENUINE)], expect=expect)
    assert response.status_code == 422
    assert {(each["code"], each["field"]) for each in response.json()["errors"]} == {
        ("field.unknown", "/expect/a.pdf/contract/nubmer"),
        ("files.no_such_file", "/expect/b~1~0.pdf"),
    }
    assert stand_ins.charges == []


@pytest.mark.parametrize("expect", [b"", b"[]", b"{", b'{"a.pdf":1}', b'{"a.pdf":{}}'])
def test_records_that_are_none(caller: Any, stand_ins: Any, expect: bytes) -> None:
    parts = {"file": ("a.pdf", GENUINE), "expect": ("e.json", expect)}
    response = caller.post(PATH, files=parts, headers=key(stand_ins))
    assert response.status_code in (400, 422)
    named = response.json()
    assert named["field"].startswith("/expect")


def test_only_a_key_that_may_verify(caller: Any, stand_ins: Any) -> None:
    body: dict[str, Any] = {"content": packed({"a.pdf": GENUINE})}
    kind = {"Content-Type": ZIP_TYPE}
    assert caller.post(PATH, **body, headers=kind).status_code == 401
    reader = kind | {"Authorization": f"Bearer {stand_ins.read_key}"}
    assert caller.post(PATH, **body, headers=reader).status_code == 403


def test_all_files_are_charged_at_once(caller: Any, stand_ins: Any) -> None:
    response = send_archive(caller, stand_ins, packed({"a.pdf": b"", "b.pdf": b""}))
    assert stand_ins.charges == [(stand_ins.verify_key, 2)]
    assert '"minute"' in response.headers["RateLimit"]
    stand_ins.files_left = 1
    refused = send_archive(caller, stand_ins, packed({"a.pdf": b"", "b.pdf": b""}))
    assert refused.status_code == 429
    assert refused.json()["code"] == "allowance.exhausted"
    assert len(stand_ins.charges) == 1
    again = send_archive(caller, stand_ins, packed({"a.pdf": b""}))
    assert again.status_code == 200, "a refused request keeps no place"


@pytest.mark.parametrize(
    ("content", "status", "code"),
    [
        (packed({}), 422, "files.none"),
        (packed({"folder/": b""}), 422, "files.none"),
        (b"no archive", 422, "zip.unreadable"),
        (packed({f"{place}.pdf": b"" for place in range(1001)}), 422, "zip.too_many_files"),
    ],
    ids=["empty", "only folders", "no archive", "1001 files"],
)
def test_archives_that_are_refused(
    caller: Any, stand_ins: Any, content: bytes, status: int, code: str
) -> None:
    response = send_archive(caller, stand_ins, content)
    assert (response.status_code, response.json()["code"]) == (status, code)


def test_forms_that_are_refused(caller: Any, stand_ins: Any) -> None:
    many = send_parts(caller, stand_ins, [("a.pdf", b"")] * 1001)
    assert (many.status_code, many.json()["code"]) == (422, "files.too_many")
    none = caller.post(PATH, data={"other": "1"}, files={"x": b""}, headers=key(stand_ins))
    assert (none.status_code, none.json()["code"]) == (422, "files.none")
    kind = {"Content-Type": "multipart/form-data; boundary=x"}
    cut = b'--x\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\nabc'
    for body in (cut, b"", b"--y--"):
        response = caller.post(PATH, content=body, headers=key(stand_ins, **kind))
        assert (response.status_code, response.json()["code"]) == (400, "request.malformed_form")
    other = b'--x\r\nContent-Disposition: form-data; name="other"\r\n\r\n\r\n' * 1009
    response = caller.post(PATH, content=other + b"--x--\r\n", headers=key(stand_ins, **kind))
    assert response.status_code == 400, "parts that nobody asked for cost time too"
    unnamed = caller.post(
        PATH, content=cut, headers=key(stand_ins, **{"Content-Type": "multipart/form-data"})
    )
    assert unnamed.status_code == 400
    plain = caller.post(PATH, content=b"", headers=key(stand_ins, **{"Content-Type": "text/plain"}))
    assert plain.status_code == 415


def test_a_body_beyond_the_limit(open_limited: Callable[..., Any], stand_ins: Any) -> None:
    caller = open_limited(file_batch_bytes=1000)
    assert send_archive(caller, stand_ins, bytes(1001)).status_code == 413
    too_much = {"a": "x" * 3_000_000}
    response = send_parts(caller, stand_ins, [("a.pdf", b"")], expect=too_much)
    assert response.status_code == 413
