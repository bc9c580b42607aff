"""GET /v1/digests/{sha256}: a verdict on a file that was not sent."""

import hashlib
from typing import Any

import pytest

from register.records import Standing, StandingState

CODE = "Verification-Code"


@pytest.fixture
def asked(open_with: Any, stand_ins: Any, clearance: Any) -> Any:
    """A caller whose register knows the document of the ordinary clearance by its digest."""

    def find_by_digest(sha256: str) -> Any:
        found = stand_ins.find(clearance.number)
        return found if sha256 == found.document.sha256 else None

    return open_with(find_by_digest=find_by_digest)


def path(sha256: str) -> str:
    return f"/v1/digests/{sha256}"


def test_the_digest_and_the_code_of_an_issued_file(asked: Any, clearance: Any) -> None:
    sha256, code = clearance.document.sha256, clearance.verification_code
    by_header = asked.get(path(sha256), headers={CODE: code})
    by_query = asked.get(path(sha256.upper()), params={"code": code.lower().replace("-", " ")})
    assert by_header.status_code == 200
    assert by_header.json() == by_query.json()
    answer = by_header.json()
    assert (answer["outcome"], answer["number"]) == ("authentic", clearance.number)
    assert answer["sha256"] == sha256
    assert answer["reasons"] == ["register.digest_known", "register.in_force"]
    assert answer["clearance"]["certificate"]["number"] == clearance.number
    unseen = {
        each["stage"]
        for each in answer["findings"]
        if (each["reason"], each["level"]) == ("check.not_examined", "note")
    }
    assert unseen == {"structure", "signature", "modification"}


def test_a_withdrawn_clearance(asked: Any, stand_ins: Any, clearance: Any) -> None:
    stand_ins.withdraw(
        clearance.number,
        Standing(state=StandingState.REVOKED, at=stand_ins.now, reason="issued_in_error"),
    )
    answer = asked.get(
        path(clearance.document.sha256), headers={CODE: clearance.verification_code}
    ).json()
    assert answer["outcome"] == "withdrawn"
    assert answer["reasons"] == ["register.revoked", "register.digest_known"]
    assert answer["clearance"]["standing"]["state"] == "revoked"


def test_whatever_does_not_fit_is_one_and_the_same(asked: Any, clearance: Any) -> None:
    known, code = clearance.document.sha256, clearance.verification_code
    wrong = [
        (hashlib.sha256(b"another file").hexdigest(), code),
        (known, "0000-0000-0000-0000"),
        (known, "no code"),
        (known[:-1], code),
        (f"{known}0", code),
        ("x" * 64, code),
        (hashlib.sha256(b"another file").hexdigest(), "0000-0000-0000-0000"),
    ]
    answers = [asked.get(path(sha256), headers={CODE: given}) for sha256, given in wrong]
    told = []
    for answer in answers:
        document = answer.json()
        document.pop("request_id")
        told.append((answer.status_code, document))
    assert told[0][0] == 404
    assert told[0][1]["code"] == "digest.not_found"
    assert told == [told[0]] * len(wrong)


def test_a_code_is_demanded_of_everyone(asked: Any, stand_ins: Any, clearance: Any) -> None:
    for headers in ({}, {CODE: ""}):
        refused = asked.get(path(clearance.document.sha256), headers=headers)
        assert (refused.status_code, refused.json()["code"]) == (422, "digest.code_required")


def test_wrong_pairs_are_counted_and_right_ones_pass(
    asked: Any, open_limited: Any, clearance: Any
) -> None:
    caller = open_limited(wrong_codes="2/minute")
    unknown = path("0" * 64)
    statuses = [caller.get(unknown, headers={CODE: "x"}).status_code for _ in range(3)]
    assert statuses == [404, 404, 429]
    # The same count as for numbers and codes: neither is a way around the other.
    number = f"/v1/clearances/{clearance.number}"
    assert caller.get(number, headers={CODE: "x"}).status_code == 429
    assert caller.get(number, headers={CODE: clearance.verification_code}).status_code == 200


def test_an_outage_is_no_answer(open_with: Any, stand_ins: Any, clearance: Any) -> None:
    stand_ins.away.add("register")
    caller = open_with(find_by_digest=lambda _: stand_ins.find(clearance.number))
    answer = caller.get(path("0" * 64), headers={CODE: clearance.verification_code})
    assert (answer.status_code, answer.json()["code"]) == (503, "register.unavailable")
