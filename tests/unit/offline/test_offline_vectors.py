"""Two readers and one document: each gives the published answer to each published vector."""

import ast
import base64
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import cbor2
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from clearance.errors import InvalidValue
from clearance.token import TokenClaims
from verifier.status_list import read_status_list
from verifier.token import TokenKeys, load_trust, verify_token

ROOT = Path(__file__).parents[3]
UNCHECKED = settings(
    max_examples=400,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


def decoded(text: str) -> bytes:
    return base64.b64decode(text, validate=True)


def trust_file(vector: dict[str, str]) -> bytes:
    if "cose" in vector:
        return decoded(vector["cose"])
    return vector["jwks" if "jwks" in vector else "pem"].encode()


def ours_of_token(text: str, keys: TokenKeys) -> tuple[str, dict[str, Any] | None]:
    verdict = verify_token(text, keys)
    return verdict.reason.value, verdict.claims and facts(verdict.claims)


def facts(claims: TokenClaims) -> dict[str, Any]:
    return {
        "iss": claims.issuer,
        "iat": int(claims.issued_at.timestamp()),
        "number": claims.number,
        "kind": claims.kind.value,
        "contract_row": claims.contract_row,
        "contract_sequence": claims.contract_sequence,
        "work_assigner_identifier": claims.work_assigner_identifier,
        "contractor_identifier": claims.contractor_identifier,
        "amount_collected": int(claims.amount_collected),
        "verification_code": claims.verification_code,
        "content_hash": claims.content_hash.hex(),
        "status_list": {"idx": claims.status_list_index, "uri": claims.status_list_uri},
    }


def ours_of_list(encoded: bytes, keys: TokenKeys, uri: str, now: int) -> tuple[str, bytes | None]:
    moment = datetime.fromtimestamp(now, UTC)
    try:
        claims = read_status_list(encoded, keys, uri=uri, now=moment)
    except InvalidValue as error:
        return error.code, None
    return "status_list.usable", claims.bits


def ours_of_both(text: str, encoded: bytes, keys: TokenKeys, now: int) -> str:
    verdict = verify_token(text, keys)
    if verdict.claims is None:
        return verdict.reason.value
    moment = datetime.fromtimestamp(now, UTC)
    try:
        said = read_status_list(encoded, keys, uri=verdict.claims.status_list_uri, now=moment)
        withdrawn = said.is_revoked(verdict.claims.status_list_index)
    except InvalidValue as error:
        return error.code
    return "withdrawn" if withdrawn else "not_withdrawn"


def told(good: str, read: Callable[[], Any], refusal: type[Exception]) -> tuple[str, Any]:
    """What the second reader answers, in the form of the vectors."""
    try:
        return good, read()
    except refusal as answer:
        return str(answer), None


@pytest.fixture(scope="session")
def keys(vectors: Any) -> TokenKeys:
    return load_trust(decoded(vectors["trust"][0]["cose"]))


def test_the_published_file_is_what_the_script_makes(maker: Any) -> None:
    assert maker.FILE.read_text("utf-8") == maker.written()


def test_each_vector_is_one_of_its_own(vectors: Any) -> None:
    for part, content in (("tokens", lambda each: each["token"]), ("trust", trust_file)):
        assert len({each["name"] for each in vectors[part]}) == len(vectors[part]) > 9
        assert len({content(each) for each in vectors[part]}) == len(vectors[part])
    lists = vectors["status_lists"]
    assert len({(each["list"], each["now"]) for each in lists}) == len(lists)


def test_each_documented_answer_has_its_vector(vectors: Any) -> None:
    given_answers = {
        each["answer"]
        for part in ("trust", "tokens", "status_lists", "checks")
        for each in vectors[part]
    }
    document = (ROOT / "docs/offline.md").read_text("utf-8")
    assert {each for each in given_answers if f"`{each}`" not in document} == set()


def test_the_second_reader_is_a_stranger() -> None:
    tree = ast.parse((ROOT / "tests/vectors/second_reader.py").read_text("utf-8"))
    imported = {
        name.split(".")[0]
        for node in ast.walk(tree)
        if isinstance(node, ast.Import | ast.ImportFrom)
        for name in (
            [node.module or ""]
            if isinstance(node, ast.ImportFrom)
            else [each.name for each in node.names]
        )
    }
    assert imported - set(sys.stdlib_module_names) == {"cbor2", "cryptography"}


def test_both_read_trust_files(vectors: Any, second: Any) -> None:
    for each in vectors["trust"]:
        document = trust_file(each)
        expected = each["answer"], each.get("kids")
        other, kids = told(
            "trust.usable", lambda document=document: second.trust(document), second.Answer
        )
        assert (other, kids and [kid.hex() for kid in kids]) == expected, each["name"]
        try:
            ours = "trust.usable", [kid.hex() for kid in load_trust(document)]
        except InvalidValue as error:
            ours = error.code, None
        assert ours == expected, each["name"]


def test_both_read_tokens(vectors: Any, keys: TokenKeys, second: Any) -> None:
    for each in vectors["tokens"]:
        text, expected = each["token"], (each["answer"], each.get("facts"))
        assert ours_of_token(text, keys) == expected, each["name"]
        theirs = told("token.valid", lambda text=text: second.token(text, keys), second.Answer)
        assert theirs == expected, each["name"]


def test_both_read_status_lists(vectors: Any, keys: TokenKeys, second: Any) -> None:
    for each in vectors["status_lists"]:
        encoded, uri, now = decoded(each["list"]), each["uri"], each["now"]
        ours = ours_of_list(encoded, keys, uri, now)
        theirs = told(
            "status_list.usable",
            lambda e=encoded, u=uri, n=now: second.status_list(e, keys, uri=u, now=n),
            second.Answer,
        )
        assert ours == theirs, each["name"]
        assert ours[0] == each["answer"], each["name"]
        if ours[1] is not None:
            number = int.from_bytes(ours[1], "little")
            assert number == sum(1 << place for place in each["withdrawn"]), each["name"]


def test_both_answer_whether_it_is_withdrawn(vectors: Any, keys: TokenKeys, second: Any) -> None:
    tokens = {each["name"]: each["token"] for each in vectors["tokens"]}
    lists = {each["name"]: decoded(each["list"]) for each in vectors["status_lists"]}
    for each in vectors["checks"]:
        text, listed, now = tokens[each["token"]], lists[each["list"]], each["now"]
        assert ours_of_both(text, listed, keys, now) == each["answer"], each
        assert second.check(text, listed, keys, now=now) == each["answer"], each


VALUES = st.one_of(
    *(st.integers(-(2**65), 2**65), st.binary(max_size=40), st.text(max_size=20)),
    *(st.booleans(), st.none(), st.floats(), st.integers(0, 12)),
    st.builds(cbor2.CBORTag, st.integers(0, 40), st.integers(0, 2**33) | st.binary(max_size=9)),
    st.lists(st.integers(0, 9), max_size=3),
    st.dictionaries(st.integers(0, 3) | st.sampled_from(["idx", "uri", "bits"]), st.integers()),
)


@UNCHECKED
@given(place=st.integers(0, 8), value=VALUES, idx=VALUES | st.just(0), iat=VALUES | st.just(0))
def test_both_judge_any_claims_alike(
    made_tokens: Any, keys: TokenKeys, second: Any, place: int, value: Any, idx: Any, iat: Any
) -> None:
    said = made_tokens.claims({place: value}, idx=idx, iat=iat)
    text = made_tokens.text(made_tokens.token_of(said))
    theirs = told("token.valid", lambda: second.token(text, keys), second.Answer)
    assert ours_of_token(text, keys) == theirs


@UNCHECKED
@given(at=st.integers(0, 258), put=st.binary(max_size=4), cut=st.integers(0, 4))
def test_both_judge_damaged_tokens_alike(
    made_tokens: Any, keys: TokenKeys, second: Any, at: int, put: bytes, cut: int
) -> None:
    whole = made_tokens.token_of(made_tokens.claims())
    text = made_tokens.text(whole[:at] + put + whole[at + cut :])
    theirs = told("token.valid", lambda: second.token(text, keys), second.Answer)
    assert ours_of_token(text, keys) == theirs


@UNCHECKED
@given(key=st.sampled_from(["sub", "exp", "iat", "ttl", "bits", "lst"]), value=VALUES)
def test_both_judge_any_list_alike(
    made_lists: Any, example: Any, keys: TokenKeys, second: Any, key: str, value: Any
) -> None:
    encoded = made_lists.list_of(made_lists.list_claims(**{key: value}))
    theirs = told(
        "status_list.usable",
        lambda: second.status_list(encoded, keys, uri=example.URI, now=example.NOW),
        second.Answer,
    )
    assert ours_of_list(encoded, keys, example.URI, example.NOW) == theirs
