"""The QR token: fits its budget, reads back, and is read in one form only."""

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import cbor2
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from hypothesis import example, given, settings
from hypothesis import strategies as st

from clearance.certificate import ClearanceKind
from clearance.errors import InvalidValue
from clearance.identifiers import (
    BranchCode,
    ClearanceNumber,
    ContractRow,
    ContractSequence,
    LegalEntityId,
    NationalId,
    VerificationCode,
)
from clearance.money import LIMIT, Rials
from clearance.token import (
    LONGEST_TOKEN,
    TokenClaims,
    assemble,
    decode_claims,
    encode_claims,
    from_text,
    key_identifier,
    parse_token,
    to_be_signed,
    to_text,
)

DOCUMENT = Path(__file__).parents[3] / "docs" / "token.md"
KID = bytes.fromhex("9f2c41d07ae6b358")
SIGNATURE = bytes(range(64))


def claims_of(number: ClearanceNumber, **others: object) -> TokenClaims:
    return replace(
        TokenClaims(
            issuer="verify.tamin.ir",
            issued_at=datetime(2025, 5, 4, 8, tzinfo=UTC),
            number=number,
            kind=ClearanceKind.FINAL,
            branch_code=number.branch_code,
            contract_row=ContractRow("00412187"),
            contract_sequence=ContractSequence("01"),
            work_assigner_identifier=LegalEntityId("10102437186"),
            contractor_identifier=NationalId("0010532129"),
            amount_collected=Rials(6_572_222_222),
            verification_code=VerificationCode("000G-40R4-0M30-E209"),
            content_hash=bytes(range(32)),
            status_list_uri="https://verify.tamin.ir/s/0",
            status_list_index=0,
        ),
        **others,
    )


ORDINARY = claims_of(ClearanceNumber.make(1404, BranchCode("0041"), 1))
LONGEST = claims_of(
    ClearanceNumber.make(1502, BranchCode("9999"), 999_999),
    contract_row=ContractRow("99999999"),
    contract_sequence=ContractSequence("99"),
    work_assigner_identifier=LegalEntityId("10380284790"),
    contractor_identifier=LegalEntityId("10102437186"),
    amount_collected=Rials(LIMIT - 1),
    verification_code=VerificationCode("ZZZZ-ZZZZ-ZZZZ-ZZZZ"),
    content_hash=b"\xff" * 32,
    status_list_index=2**20 - 1,
)
TOKEN = assemble(KID, encode_claims(ORDINARY), SIGNATURE)

claims = st.builds(
    claims_of,
    st.builds(
        ClearanceNumber.make,
        st.integers(1300, 1502),
        st.from_regex("[0-9]{4}", fullmatch=True).map(BranchCode),
        st.integers(1, 999_999),
    ),
    issuer=st.text("abcé.:/0", max_size=20),
    issued_at=st.integers(0, 4_800_000_000).map(lambda s: datetime.fromtimestamp(s, UTC)),
    kind=st.sampled_from(ClearanceKind),
    contract_row=st.from_regex("[0-9]{3}|[0-9]{8}", fullmatch=True).map(ContractRow),
    contract_sequence=st.from_regex("[0-9]{2}", fullmatch=True).map(ContractSequence),
    amount_collected=st.integers(0, LIMIT - 1).map(Rials),
    verification_code=st.binary(min_size=10, max_size=10).map(VerificationCode.from_bytes),
    content_hash=st.binary(min_size=32, max_size=32),
    status_list_index=st.integers(0, 2**32 - 1),
)


@given(claims, st.binary(min_size=8, max_size=8), st.binary(min_size=64, max_size=64))
def test_a_token_reads_back(said: TokenClaims, kid: bytes, signature: bytes) -> None:
    token = assemble(kid, encode_claims(said), signature)
    for form in (token, to_text(token), to_text(token).lower()):
        parsed = parse_token(form)
        assert (parsed.claims, parsed.kid, parsed.signature) == (said, kid, signature)
    assert re.fullmatch("[A-Z2-7]+", to_text(token))


def test_the_longest_values_fit_with_room_for_a_longer_host() -> None:
    token = assemble(KID, encode_claims(LONGEST), SIGNATURE)
    assert len(token) == 263
    assert parse_token(token).claims == LONGEST
    host = "h" * 23
    longer = replace(LONGEST, issuer=host, status_list_uri=f"https://{host}/s/99")
    assert len(assemble(KID, encode_claims(longer), SIGNATURE)) <= LONGEST_TOKEN


def test_a_token_too_long_for_the_code_is_not_even_signed() -> None:
    payload = encode_claims(replace(LONGEST, issuer="h" * 60))
    for make in (lambda: to_be_signed(KID, payload), lambda: assemble(KID, payload, SIGNATURE)):
        with pytest.raises(InvalidValue) as refused:
            make()
        assert refused.value.code == "token.too_long"
        assert refused.value.parameters["limit"] == "280"


def test_the_structure_is_rfc_9052_and_8392() -> None:
    tag = cbor2.loads(TOKEN)
    assert tag.tag == 18
    protected, unprotected, payload, signature = tag.value
    assert cbor2.loads(protected) == {1: -7, 4: KID}
    assert (dict(unprotected), signature) == ({}, SIGNATURE)
    said = cbor2.loads(payload)
    assert list(said) == [1, 6, 65535, -65537]
    assert said[1] == "verify.tamin.ir"
    assert said[6] == 1_746_345_600
    assert said[65535] == {"status_list": {"idx": 0, "uri": "https://verify.tamin.ir/s/0"}}
    assert said[-65537] == [
        140400410000019,
        0,
        100412187,
        101,
        110102437186,
        10010532129,
        6_572_222_222,
        VerificationCode("000G-40R4-0M30-E209").to_bytes(),
        bytes(range(32)),
    ]


def test_what_is_signed_is_the_sig_structure() -> None:
    signed = cbor2.loads(to_be_signed(KID, encode_claims(ORDINARY)))
    assert signed == ["Signature1", cbor2.dumps({1: -7, 4: KID}), b"", encode_claims(ORDINARY)]
    assert parse_token(TOKEN).to_be_signed() == to_be_signed(KID, encode_claims(ORDINARY))


def test_the_worked_example_of_the_documentation_is_true() -> None:
    blocks = re.findall(r"```(\w+)\n(.*?)```", DOCUMENT.read_text("utf-8"), re.DOTALL)
    hexadecimal = [
        bytes.fromhex(re.sub(r"#.*|\s", "", body)) for kind, body in blocks if kind == "hex"
    ]
    text = next(re.sub(r"\s", "", body) for kind, body in blocks if kind == "token")
    payload, signed, token = hexadecimal
    parsed = parse_token(text)
    assert parsed.claims == ORDINARY
    assert (parsed.payload, parsed.to_be_signed(), from_text(text)) == (payload, signed, token)
    # The private key is RFC 6979's published one (A.2.5), which makes the example repeatable.
    scalar = 0xC9AFA9D845BA75166B5C215767B1D6934E50C3DB36E89B127B8A622B120F6721
    key = ec.derive_private_key(scalar, ec.SECP256R1())
    signature = key.sign(signed, ec.ECDSA(SHA256(), deterministic_signing=True))
    r, s = parsed.signature[:32], parsed.signature[32:]
    assert signature == encode_dss_signature(int.from_bytes(r), int.from_bytes(s))


def test_a_changed_byte_is_no_token() -> None:
    """Outside the values there is no bit to spare; inside, the signature has the last word."""
    values = [
        KID,
        ORDINARY.issuer.encode(),
        int(ORDINARY.issued_at.timestamp()).to_bytes(4),
        b"\x00\x63uri",  # the index, right before this key
        ORDINARY.status_list_uri.encode(),
        encode_claims(ORDINARY)[-89:],  # all that stands in the clearance's array
        SIGNATURE,
    ]
    inside = {TOKEN.index(value) + place for value in values for place in range(len(value))}
    codes = [refusal(parse_token, flipped(TOKEN, place)) for place in range(len(TOKEN))]
    assert set(codes) == {None, "token.malformed"}
    accepted = {place for place, code in enumerate(codes) if code is None}
    assert accepted < inside
    assert len(inside) < 220


def flipped(data: bytes, place: int) -> bytes:
    return data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :]


def refusal(read: Callable[[bytes], object], data: bytes) -> str | None:
    try:
        read(data)
    except InvalidValue as refused:
        return refused.code
    return None


@pytest.mark.parametrize(
    "payload",
    [
        b"",
        b"\x00",
        b"\x80",
        b"\xa0",
        b"\x60",
        b"\xff",
        b"\xa1\x01\x01",
        b"\xd8\x23\x61\x28",
        b"\x9b" + b"\xff" * 8,
        b"\x81" * 100,
        encode_claims(ORDINARY) + b"\x00",
        encode_claims(ORDINARY)[:-1],
        b"\xbf" + encode_claims(ORDINARY)[1:] + b"\xff",
        b"\xb8\x04" + encode_claims(ORDINARY)[1:],
    ],
)
def test_a_strange_payload_is_malformed(payload: bytes) -> None:
    with pytest.raises(InvalidValue, match=r"token\.malformed"):
        decode_claims(payload)
    if payload:
        with pytest.raises(InvalidValue, match=r"token\.malformed"):
            parse_token(assemble(KID, payload[:190], SIGNATURE))


@pytest.mark.parametrize(
    ("place", "value"),
    [
        (0, 140400410000018),
        (0, "140400410000019"),
        (1, 2),
        (1, -1),
        (1, False),
        (1, 0.0),
        (2, 412187),
        (2, 200412187),
        (3, 1),
        (4, 110102437187),
        (5, 10010532128),
        (5, 12345),
        (6, -1),
        (6, LIMIT),
        (6, 2**64),
        (6, 1.5),
        (7, bytes(9)),
        (7, "000G-40R4-0M30-E209"),
        (8, bytes(31)),
        (8, None),
    ],
)
def test_a_wrong_value_inside_is_malformed(place: int, value: object) -> None:
    said = cbor2.loads(encode_claims(ORDINARY))
    said[-65537][place] = value
    with pytest.raises(InvalidValue, match=r"token\.malformed"):
        decode_claims(cbor2.dumps(said, canonical=True))


@pytest.mark.parametrize(
    ("key", "value"),
    [
        (1, 7),
        (6, "1746345600"),
        (6, -1),
        (6, 2**63),
        (6, 1746345600.0),
        (65535, {}),
        (65535, {"status_list": {"idx": 0}}),
        (65535, {"status_list": {"idx": "0", "uri": "x"}}),
        (65535, {"status_list": {"idx": 0, "uri": "x", "more": 1}}),
        (4, 1746345600),
        (-65537, []),
        (-65537, None),
    ],
)
def test_a_wrong_claim_is_malformed(key: int, value: object) -> None:
    said = cbor2.loads(encode_claims(ORDINARY)) | {key: value}
    with pytest.raises(InvalidValue, match=r"token\.malformed"):
        decode_claims(cbor2.dumps(said, canonical=True))


@pytest.mark.parametrize(
    "value",
    [
        [b"", {}, encode_claims(ORDINARY), SIGNATURE],
        [cbor2.dumps({1: -7}), {4: KID}, encode_claims(ORDINARY), SIGNATURE],
        [cbor2.dumps({1: -8, 4: KID}), {}, encode_claims(ORDINARY), SIGNATURE],
        [cbor2.dumps({1: -7, 4: KID[:7]}), {}, encode_claims(ORDINARY), SIGNATURE],
        [cbor2.dumps({4: KID, 1: -7}), {}, encode_claims(ORDINARY), SIGNATURE],
        [cbor2.dumps({1: -7, 4: KID}), {1: -7}, encode_claims(ORDINARY), SIGNATURE],
        [cbor2.dumps({1: -7, 4: KID}), {}, encode_claims(ORDINARY), SIGNATURE[:63]],
        [cbor2.dumps({1: -7, 4: KID}), {}, encode_claims(ORDINARY), SIGNATURE, b""],
        [cbor2.dumps({1: -7, 4: KID}), {}, None, SIGNATURE],
        [],
        7,
    ],
)
def test_another_cose_object_is_malformed(value: object) -> None:
    for tag in (18, 61):
        with pytest.raises(InvalidValue, match=r"token\.malformed"):
            parse_token(cbor2.dumps(cbor2.CBORTag(tag, value)))


def test_tag_and_array_are_needed() -> None:
    for encoded in (TOKEN[1:], b"\xd8\x3d" + TOKEN, TOKEN + b"\x00", TOKEN[:-1], b""):
        with pytest.raises(InvalidValue, match=r"token\.malformed"):
            parse_token(encoded)


def test_more_bytes_than_a_token_has_are_not_looked_at() -> None:
    for token in (bytes(281), to_text(bytes(281))):
        with pytest.raises(InvalidValue, match=r"token\.too_long"):
            parse_token(token)


@pytest.mark.parametrize(
    "text",
    ["", "A", "0OI1", "AAAA=", "AA======", "AB", "A A", "ſAAA", "MFRGGé", "MFRGG\n", "\ud800A"],
)
def test_a_strange_text_is_malformed(text: str) -> None:
    with pytest.raises(InvalidValue, match=r"token\.malformed"):
        parse_token(text)


@settings(max_examples=300)
@given(st.binary(max_size=300))
@example(b"\xd2\x84\x40\xa0\x40\x40")
def test_any_bytes_are_a_token_or_refused(data: bytes) -> None:
    for read in (parse_token, decode_claims):
        with pytest.raises(InvalidValue):
            read(data)


@settings(max_examples=300)
@given(st.integers(0, len(TOKEN) - 1), st.binary(min_size=1, max_size=20))
def test_a_token_with_foreign_bytes_is_read_strictly_or_refused(place: int, put: bytes) -> None:
    changed = (TOKEN[:place] + put + TOKEN[place + len(put) :])[:LONGEST_TOKEN]
    try:
        parsed = parse_token(changed)
    except InvalidValue:
        return
    assert assemble(parsed.kid, encode_claims(parsed.claims), parsed.signature) == changed


@given(st.binary(max_size=280))
def test_base32_text_reads_back(data: bytes) -> None:
    assert from_text(to_text(data)) == data


def test_the_branch_is_the_number_s() -> None:
    with pytest.raises(ValueError, match="branch_code"):
        replace(ORDINARY, branch_code=BranchCode("0042"))


@pytest.mark.parametrize("kid", [b"", bytes(7), bytes(9)])
def test_a_key_identifier_has_eight_bytes(kid: bytes) -> None:
    with pytest.raises(ValueError, match="8 bytes"):
        to_be_signed(kid, encode_claims(ORDINARY))


def test_a_signature_has_64_bytes() -> None:
    with pytest.raises(ValueError, match="64 bytes"):
        assemble(KID, encode_claims(ORDINARY), bytes(63))


def test_a_key_identifier_begins_the_digest_of_the_certificate() -> None:
    # The SHA-256 of "abc" (FIPS 180-2, B.1).
    assert key_identifier(b"abc") == bytes.fromhex("ba7816bf8f01cfea")
