"""The status list: the draft's own vectors, one form, and no room for a bomb."""

import re
import zlib
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import cbor2
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from hypothesis import given, settings
from hypothesis import strategies as st

from clearance.errors import InvalidValue
from clearance.status_list import (
    LIST_SIZE,
    StatusListClaims,
    assemble,
    encode_claims,
    list_uri,
    make_bits,
    parse_status_list,
    place_of,
    to_be_signed,
)

DOCUMENT = Path(__file__).parents[3] / "docs" / "token.md"
KID = bytes.fromhex("9f2c41d07ae6b358")
SIGNATURE = bytes(range(64))
ISSUED_AT = datetime(2025, 5, 4, 9, tzinfo=UTC)
TYPE = "application/statuslist+cwt"

# draft-ietf-oauth-status-list, test vectors, 1-bit status list: the places and the CBOR encoding.
DRAFT_PLACES = [
    *(0, 1993, 25460, 159495, 495669, 554353, 645645, 723232, 854545, 934534, 1000345),
]
DRAFT_LIST = (
    "a2646269747301636c737458bd78daeddc010dc0200c0041a88249400ad2903e0f4bba00bd93f002beb7a2a20100"
    "00a91e09000000000000000000000000000000807296040000000000000000000000000000000000000000000000"
    "00000000000000000000000000000000005c6f4800000000000000fc2c240000000000000000000000be1b120000"
    "00000000000000ecaa4b000000000000000000000000000000009b0b0900000000000000000038de940000000000"
    "0000002a30cc010000000080642f0bd8011b"
)


def claims_of(*withdrawn: int, **others: object) -> StatusListClaims:
    return replace(
        StatusListClaims(
            uri="https://verify.tamin.ir/s/0",
            issued_at=ISSUED_AT,
            expires_at=ISSUED_AT + timedelta(days=1),
            ttl=timedelta(seconds=300),
            bits=make_bits(withdrawn),
        ),
        **others,
    )


ORDINARY = claims_of(7, 1993, 1_000_345)
TOKEN = assemble(KID, encode_claims(ORDINARY), SIGNATURE)


def test_the_vector_of_the_draft() -> None:
    said = cbor2.loads(bytes.fromhex(DRAFT_LIST))
    assert said["bits"] == 1
    assert zlib.decompress(said["lst"]) == make_bits(DRAFT_PLACES)
    written = cbor2.loads(encode_claims(claims_of(*DRAFT_PLACES)))[65533]
    assert (written["bits"], zlib.decompress(written["lst"])) == (1, make_bits(DRAFT_PLACES))


def test_the_bits_of_the_draft_s_first_example() -> None:
    assert make_bits([0, 3, 4, 5, 7, 8, 9, 13, 15])[:3] == b"\xb9\xa3\x00"


@settings(max_examples=30)
@given(st.sets(st.integers(0, LIST_SIZE - 1), max_size=200))
def test_a_list_reads_back(withdrawn: set[int]) -> None:
    claims = claims_of(*withdrawn)
    parsed = parse_status_list(assemble(KID, encode_claims(claims), SIGNATURE))
    assert (parsed.kid, parsed.signature, parsed.claims) == (KID, SIGNATURE, claims)
    for index in {0, 1, LIST_SIZE - 1, *withdrawn, *(each ^ 1 for each in withdrawn)}:
        assert parsed.claims.is_revoked(index) is (index in withdrawn)


def test_the_structure_is_the_draft_s() -> None:
    tag = cbor2.loads(TOKEN)
    protected, unprotected, payload, signature = tag.value
    assert (tag.tag, dict(unprotected), signature) == (18, {}, SIGNATURE)
    assert cbor2.loads(protected) == {1: -7, 4: KID, 16: TYPE}
    said = cbor2.loads(payload)
    assert list(said) == [2, 4, 6, 65533, 65534]
    assert (said[2], said[4], said[6], said[65534]) == (
        "https://verify.tamin.ir/s/0",
        1_746_435_600,
        1_746_349_200,
        300,
    )
    assert list(said[65533]) == ["lst", "bits"]
    assert cbor2.loads(to_be_signed(KID, payload)) == ["Signature1", protected, b"", payload]
    assert parse_status_list(TOKEN).to_be_signed() == to_be_signed(KID, payload)


def test_an_index_outside_says_nothing() -> None:
    for index in (-1, LIST_SIZE, 2**40):
        with pytest.raises(InvalidValue, match=r"status_list\.no_such_place"):
            ORDINARY.is_revoked(index)
    with pytest.raises(IndexError):
        make_bits([LIST_SIZE])


def test_a_list_has_one_size() -> None:
    with pytest.raises(ValueError, match="fixed size"):
        claims_of(bits=make_bits([])[:-1])


def test_places_run_on_from_list_to_list() -> None:
    assert place_of(0) == (0, 0)
    assert place_of(LIST_SIZE - 1) == (0, LIST_SIZE - 1)
    assert place_of(LIST_SIZE) == (1, 0)
    assert place_of(3 * LIST_SIZE + 5) == (3, 5)
    assert list_uri("https://verify.tamin.ir", 3) == "https://verify.tamin.ir/s/3"


def test_the_worked_example_of_the_documentation_is_true() -> None:
    (example,) = re.findall(r"```list\n(.*?)```", DOCUMENT.read_text("utf-8"), re.DOTALL)
    parsed = parse_status_list(bytes.fromhex(re.sub(r"#.*|\s", "", example)))
    assert (parsed.kid, parsed.claims) == (KID, ORDINARY)
    # The private key is RFC 6979's published one (A.2.5), as for the token.
    scalar = 0xC9AFA9D845BA75166B5C215767B1D6934E50C3DB36E89B127B8A622B120F6721
    key = ec.derive_private_key(scalar, ec.SECP256R1())
    made = key.sign(parsed.to_be_signed(), ec.ECDSA(SHA256(), deterministic_signing=True))
    r, s = parsed.signature[:32], parsed.signature[32:]
    assert made == encode_dss_signature(int.from_bytes(r), int.from_bytes(s))


def said_otherwise(key: object, value: object) -> bytes:
    said = cbor2.loads(encode_claims(ORDINARY)) | {key: value}
    return assemble(KID, cbor2.dumps(said, canonical=True), SIGNATURE)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        (2, 7),
        (2, b"https://verify.tamin.ir/s/0"),
        (4, "1746435600"),
        (4, 1_746_435_600.0),
        (4, 2**63),
        (6, -(2**62)),
        (6, None),
        (65534, 300.5),
        (65534, True),
        (65534, "300"),
        (65534, 2**60),
        (65533, {}),
        (65533, []),
        (65533, {"bits": 2, "lst": zlib.compress(make_bits([]))}),
        (65533, {"bits": 1, "lst": zlib.compress(make_bits([])[:-1])}),
        (65533, {"bits": 1, "lst": zlib.compress(make_bits([]) + b"\0")}),
        (65533, {"bits": 1, "lst": zlib.compress(make_bits([])) + b"\0"}),
        (65533, {"bits": 1, "lst": zlib.compress(make_bits([]))[:-1]}),
        (65533, {"bits": 1, "lst": make_bits([])}),
        (65533, {"bits": 1, "lst": "text"}),
        (65533, {"bits": 1, "lst": zlib.compress(make_bits([])), "aggregation_uri": "x"}),
        (1, "issuer"),
    ],
)
def test_a_wrong_claim_is_malformed(key: int, value: object) -> None:
    with pytest.raises(InvalidValue, match=r"status_list\.malformed"):
        parse_status_list(said_otherwise(key, value))


@pytest.mark.parametrize("key", [2, 4, 6, 65533, 65534])
def test_no_claim_may_be_missing(key: int) -> None:
    said = cbor2.loads(encode_claims(ORDINARY))
    del said[key]
    with pytest.raises(InvalidValue, match=r"status_list\.malformed"):
        parse_status_list(assemble(KID, cbor2.dumps(said, canonical=True), SIGNATURE))


@pytest.mark.parametrize(
    "protected",
    [
        {1: -7, 4: KID},
        {1: -7, 4: KID, 16: "statuslist+cwt"},
        {1: -7, 4: KID, 16: "application/statuslist+jwt"},
        {1: -8, 4: KID, 16: TYPE},
        {1: -7, 4: KID[:7], 16: TYPE},
        {1: -7, 4: "12345678", 16: TYPE},
        {1: -7, 4: 7, 16: TYPE},
        {1: -7, 16: TYPE},
        {4: KID, 1: -7, 16: TYPE},
        {1: -7, 4: KID, 16: TYPE, 5: b""},
        [],
    ],
)
def test_another_header_is_malformed(protected: Any) -> None:
    payload = encode_claims(ORDINARY)
    value = [cbor2.dumps(protected), {}, payload, SIGNATURE]
    with pytest.raises(InvalidValue, match=r"status_list\.malformed"):
        parse_status_list(cbor2.dumps(cbor2.CBORTag(18, value)))


@pytest.mark.parametrize(
    "encoded",
    [
        b"",
        b"\x00",
        TOKEN[1:],
        TOKEN[:-1],
        TOKEN + b"\0",
        b"\xd8\x3d" + TOKEN,
        b"\xd1" + TOKEN[1:],
        b"\x81" * 1000,
        bytes(256 * 1024 + 1),
    ],
)
def test_other_bytes_are_malformed(encoded: bytes) -> None:
    with pytest.raises(InvalidValue, match=r"status_list\.malformed"):
        parse_status_list(encoded)


def test_a_bomb_does_not_burst() -> None:
    bomb = zlib.compress(bytes(64 * 1024 * 1024), level=9)
    assert len(bomb) < 100_000
    with pytest.raises(InvalidValue, match=r"status_list\.malformed"):
        parse_status_list(said_otherwise(65533, {"bits": 1, "lst": bomb}))


@settings(max_examples=300)
@given(st.integers(0, len(TOKEN) - 1), st.binary(min_size=1, max_size=20))
def test_a_list_with_foreign_bytes_is_read_strictly_or_refused(place: int, put: bytes) -> None:
    changed = TOKEN[:place] + put + TOKEN[place + len(put) :]
    try:
        parsed = parse_status_list(changed)
    except InvalidValue:
        return
    assert assemble(parsed.kid, parsed.payload, parsed.signature) == changed


@settings(max_examples=200)
@given(st.binary(max_size=400))
def test_any_bytes_are_a_list_or_refused(data: bytes) -> None:
    with pytest.raises(InvalidValue, match=r"status_list\.malformed"):
        parse_status_list(data)
