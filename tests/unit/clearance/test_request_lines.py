"""JSON Lines of requests: each line judged by itself, the body only where it is none."""

import codecs
import json
from typing import Any

import pytest

from clearance.canonical import canonical_bytes
from clearance.errors import InvalidValue
from clearance.request_lines import LONGEST_LINE, read_request_lines


def test_reads_every_line_into_canonical_json(ordinary: Any, now: Any) -> None:
    interim = {**ordinary, "kind": "interim"}
    body = json.dumps(ordinary, indent=None) + "\r\n" + json.dumps(interim, ensure_ascii=False)
    lines = read_request_lines(body.encode(), now=now, most=2)
    assert [(each.line, each.error) for each in lines] == [(1, None), (2, None)]
    assert [each.request for each in lines] == [canonical_bytes(ordinary), canonical_bytes(interim)]


def test_a_wrong_line_is_refused_by_itself_with_all_its_problems(ordinary: Any, now: Any) -> None:
    wrong = {**ordinary, "kind": "other", "extra": 1}
    body = "\n".join(["{", json.dumps(wrong), json.dumps(ordinary), "[]", '{"a":1,"a":2}'])
    first, second, third, fourth, fifth = read_request_lines(body.encode(), now=now, most=9)
    assert [each.request is None for each in (first, second, third, fourth, fifth)] == [
        True,
        True,
        False,
        True,
        True,
    ]
    assert _problems(first) == [("request.not_json", "")]
    assert _problems(second) == [("field.not_allowed", "/kind"), ("field.unknown", "/extra")]
    assert _problems(fourth) == [("field.wrong_type", "")]
    assert _problems(fifth) == [("request.repeated_member", "")]


def test_what_canonical_json_cannot_say_is_refused(ordinary: Any, now: Any) -> None:
    ordinary["contract"]["initial_amount"] = 2**60
    (line,) = read_request_lines(json.dumps(ordinary).encode(), now=now, most=1)
    assert line.request is None
    assert _problems(line)


def test_empty_lines_count_but_are_no_requests(ordinary: Any, now: Any) -> None:
    text = json.dumps(ordinary)
    lines = read_request_lines(f"\n{text}\n \t\r\n{text}\n".encode(), now=now, most=2)
    assert [each.line for each in lines] == [2, 4]


def test_a_byte_order_mark_before_the_first_line_is_left_out(ordinary: Any, now: Any) -> None:
    body = codecs.BOM_UTF8 + json.dumps(ordinary).encode()
    (line,) = read_request_lines(body, now=now, most=1)
    assert line.error is None


def test_a_line_separator_of_unicode_ends_no_line(ordinary: Any, now: Any) -> None:
    ordinary["contract"]["number"] = "\u2028"
    body = json.dumps(ordinary, ensure_ascii=False).encode()
    assert len(read_request_lines(body, now=now, most=1)) == 1


def test_a_line_that_is_too_long_is_refused_unread(ordinary: Any, now: Any) -> None:
    body = b"{" + b" " * LONGEST_LINE + b"}\n" + json.dumps(ordinary).encode()
    first, second = read_request_lines(body, now=now, most=2)
    assert _problems(first) == [("batch.line_too_long", "")]
    assert second.error is None


@pytest.mark.parametrize("body", [b"", b"\n\n", b" \r\n\t", codecs.BOM_UTF8])
def test_a_body_without_requests_is_refused(body: bytes, now: Any) -> None:
    with pytest.raises(InvalidValue, match=r"batch\.empty"):
        read_request_lines(body, now=now, most=1)


def test_a_body_with_too_many_lines_is_refused(now: Any) -> None:
    assert len(read_request_lines(b"{}\n" * 3, now=now, most=3)) == 3
    with pytest.raises(InvalidValue, match=r"batch\.too_many_lines"):
        read_request_lines(b"{}\n" * 4, now=now, most=3)


@pytest.mark.parametrize(
    ("body", "line"),
    [
        (b"{}\n\xff\xfe", "2"),
        ('{"a":"\u06a9"}'.encode("cp1256"), "1"),
        ("{}".encode("utf-16"), "1"),
        (b'{"a":"\xed\xa0\x80"}', "1"),
    ],
    ids=["stray bytes", "Windows-1256", "UTF-16", "surrogate"],
)
def test_another_encoding_is_refused_with_its_first_line(body: bytes, line: str, now: Any) -> None:
    with pytest.raises(InvalidValue, match=r"batch\.not_utf8") as refused:
        read_request_lines(body, now=now, most=9)
    assert refused.value.parameters == {"line": line}


def _problems(line: Any) -> list[tuple[str, str]]:
    return [(each.code, each.field) for each in line.error.problems]
