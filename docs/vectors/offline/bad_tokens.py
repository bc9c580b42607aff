"""Tokens that lie: each tells one lie only."""

import base64
import struct
from collections.abc import Iterator
from typing import Any

import cbor2
from offline.cose import KID, ORDER, RETIRED_KEY, STRANGER, UNKNOWN_KID, cbor, signature, signed
from offline.example import (
    AMOUNT,
    ASSIGNER,
    CLEARANCE,
    CODE,
    CONTRACTOR,
    HASH,
    KIND,
    LIST_END,
    NUMBER,
    ROW,
    SEQUENCE,
    TOKEN_TIME,
    URI,
)
from offline.tokens import claims, header, text, token_of


def bad_signatures() -> Iterator[tuple[str, str, bytes]]:
    whole, protected, payload = token_of(claims()), header(), cbor(claims())
    body, r, s = whole[:-64], whole[-64:-32], whole[-32:]
    broken = "token.signature_broken"
    yield "one bit of the signature changed", broken, whole[:-1] + bytes([whole[-1] ^ 1])
    yield "amount changed after signing", broken, token_of(claims({AMOUNT: 1}))[:-64] + r + s
    yield "signed by a stranger in our name", broken, token_of(claims(), key=STRANGER)
    yield "signed by our other key", broken, token_of(claims(), key=RETIRED_KEY)
    yield "signature of zeros", broken, body + bytes(64)
    yield "r is zero", broken, body + bytes(32) + s
    yield "s is the order of the curve", broken, body + r + ORDER.to_bytes(32)
    yield "r and s changed places", broken, body + s + r
    for name, more in (
        ("signed as COSE_Sign", {"context": "Signature"}),
        ("signed with external data", {"external": b"x"}),
    ):
        yield name, broken, body + signature(protected, payload, **more)
    unknown = token_of(claims(), protected=header(kid=UNKNOWN_KID), key=STRANGER)
    yield "signed by an unknown key", "token.unknown_key", unknown


def bad_envelopes() -> Iterator[tuple[str, bytes]]:
    payload, whole = cbor(claims()), token_of(claims())
    for name, protected in (
        ("algorithm EdDSA", header(alg=-8)),
        ("algorithm ES384", header(alg=-35)),
        ("algorithm HMAC", header(alg=5)),
        ("algorithm as text", header(alg="ES256")),
        ("no algorithm", cbor({4: KID})),
        ("no kid", cbor({1: -7})),
        ("kid of 7 bytes", header(kid=KID[:7])),
        ("kid as text", header(kid="9f2c41d0")),
        ("a third header", cbor({1: -7, 4: KID, 16: "application/cwt"})),
        ("protected header out of order", b"\xa2\x04\x48" + KID + b"\x01\x26"),
        ("protected header twice an algorithm", b"\xa3\x01\x26\x01\x26\x04\x48" + KID),
        ("protected header is empty", b""),
        ("protected header is an array", cbor([1, -7])),
    ):
        yield name, signed(protected, payload)
    yield "unprotected header is not empty", signed(header(), payload, unprotected={4: KID})
    yield "tag of COSE_Mac0", signed(header(), payload, tag=17)
    yield "tag of COSE_Sign", signed(header(), payload, tag=98)
    yield "without tag", whole[1:]
    yield "CWT tag around it", b"\xd8\x3d" + whole
    yield "tag in a longer form", b"\xd8\x12" + whole[1:]
    made = signature(header(), payload)
    parts: list[Any] = [header(), {}, payload, made]
    for name, array in (
        ("detached payload", [*parts[:2], None, made]),
        ("payload as text", [*parts[:2], "claims", made]),
        ("signature of 63 bytes", [*parts[:3], made[:63]]),
        ("signature of 65 bytes", [*parts[:3], made + b"\0"]),
        ("array of three", parts[:3]),
        ("array of five", [*parts, b""]),
        ("a map in place of the array", dict(enumerate(parts))),
    ):
        yield name, cbor(cbor2.CBORTag(18, array))
    yield "one byte too many", whole + b"\0"
    yield "one byte too few", whole[:-1]
    yield "281 bytes", token_of(claims(uri=URI + "?" + 21 * "x"))
    yield "no bytes", b""
    yield "nested arrays", b"\x81" * 200
    yield "array of indefinite length", b"\xd2\x9f" + whole[2:] + b"\xff"
    yield "array in a longer form", b"\xd2\x98\x04" + whole[2:]


def bad_payloads() -> Iterator[tuple[str, bytes]]:
    """Other CBOR than the one form of these claims."""
    payload = cbor(claims())
    said = claims()
    entries = {key: cbor(key) + cbor(value) for key, value in said.items()}
    one, six, status, clearance = entries.values()
    amount = cbor(CLEARANCE[AMOUNT])
    yield "claims out of order", b"\xa4" + six + one + status + clearance
    yield "a claim twice", b"\xa5" + one + six + six + status + clearance
    yield "an issuer twice, differently", b"\xa5" + one + b"\x01\x61x" + six + status + clearance
    yield (
        "a time in a longer form",
        payload.replace(b"\x1a\x68\x17\x1e\x80", struct.pack(">BQ", 0x1B, TOKEN_TIME)),
    )
    yield "a key in a longer form", b"\xa4\x18\x01" + payload[2:]
    yield "map of indefinite length", b"\xbf" + payload[1:] + b"\xff"
    yield "text of indefinite length", payload.replace(one, b"\x01\x7f" + one[1:] + b"\xff")
    yield (
        "place with index and address out of order",
        payload.replace(
            status,
            cbor(65535)
            + b"\xa1"
            + cbor("status_list")
            + b"\xa2"
            + cbor("uri")
            + cbor(URI)
            + cbor("idx")
            + b"\0",
        ),
    )
    yield (
        "amount as a big number",
        payload.replace(amount, b"\xc2\x45" + CLEARANCE[AMOUNT].to_bytes(5)),
    )
    yield "issuer is no UTF-8", payload.replace(b"\x6fverify", b"\x6f\xffe\xffify")
    yield "bytes after the claims", payload + b"\0"
    yield "claims cut off", payload[:-1]
    yield "claims are an array", cbor(list(said.values()))
    yield "no claims", b""


def bad_claims() -> Iterator[tuple[str, dict[Any, Any]]]:
    said = claims()
    for key, name in ((1, "issuer"), (6, "issue time"), (65535, "status"), (-65537, "clearance")):
        yield f"without {name}", {each: value for each, value in said.items() if each != key}
    yield "a claim more", said | {4: LIST_END}
    yield "a claim named by text", said | {"paid": True}
    yield "issuer as bytes", claims(iss=b"verify.tamin.ir")
    for name, iat in (
        ("as text", "1746345600"), ("as a float", 1746345600.5), ("below zero", -1),
        ("as a tagged date", cbor2.CBORTag(1, TOKEN_TIME)), ("is true", True), ("is null", None),
        ("is 2 to the 36th", 2**36),
    ):  # fmt: skip
        yield f"issue time {name}", claims(iat=iat)
    yield "index below zero", claims(idx=-1)
    yield "index as text", claims(idx="0")
    yield "index is false", claims(idx=False)
    yield "address as bytes", claims(uri=URI.encode())
    place = {"idx": 0, "uri": URI}
    yield "status without list", said | {65535: {}}
    yield "status of two kinds", said | {65535: {"status_list": place, "other": 0}}
    yield "place without address", said | {65535: {"status_list": {"idx": 0}}}
    yield "place with a third entry", said | {65535: {"status_list": place | {"bits": 1}}}
    yield "clearance of 8", said | {-65537: CLEARANCE[:8]}
    yield "clearance of 10", said | {-65537: [*CLEARANCE, 0]}
    yield "clearance is a map", said | {-65537: dict(enumerate(CLEARANCE))}
    for name, where, value in (
        ("number with a wrong check digit", NUMBER, CLEARANCE[NUMBER] + 1),
        ("number of 14 digits", NUMBER, 14040041000001),
        ("number as text", NUMBER, "140400410000019"),
        ("number of a year before 1300", NUMBER, 120400410000010 + number_check("12040041000001")),
        ("number with serial 0", NUMBER, 140400410000000 + number_check("14040041000000")),
        ("kind 2", KIND, 2),
        ("kind is true", KIND, True),
        ("kind below zero", KIND, -1),
        ("row without its mark", ROW, 412187),
        ("row of 4 digits", ROW, 10001),
        ("row as text", ROW, "00412187"),
        ("sequence of 3 digits", SEQUENCE, 1001),
        ("sequence of 1 digit", SEQUENCE, 11),
        ("assigner with a wrong check digit", ASSIGNER, 110102437187),
        ("assigner of 9 digits", ASSIGNER, 1001053212),
        ("assigner whose digits 4 to 9 are zero", ASSIGNER, 110100000000 + entity_check()),
        ("contractor with a wrong check digit", CONTRACTOR, 10010532128),
        ("contractor of ten equal digits", CONTRACTOR, 11111111111),
        ("contractor without its mark", CONTRACTOR, 20010532129),
        ("amount of 10 to the 15th", AMOUNT, 10**15),
        ("amount below zero", AMOUNT, -1),
        ("amount as a float", AMOUNT, 0.5),
        ("code of 9 bytes", CODE, bytes(9)),
        ("code as text", CODE, "000G40R40M30E209"),
        ("hash of 31 bytes", HASH, bytes(31)),
        ("hash as text", HASH, 32 * "a"),
    ):
        yield name, claims({where: value})


def number_check(digits: str) -> int:
    """Check digit of ISO 7064 MOD 11,10."""
    check = 10
    for digit in digits:
        check = ((check + int(digit)) % 10 or 10) * 2 % 11
    return (11 - check) % 10


def entity_check() -> int:
    """Check digit of the legal-entity id 1010000000_, which is none for its zeros."""
    digits = [1, 0, 1, 0, 0, 0, 0, 0, 0, 0]
    weights = (29, 27, 23, 19, 17) * 2
    return sum((d + digits[9] + 2) * w for d, w in zip(digits, weights, strict=True)) % 11 % 10


def bad_texts() -> Iterator[tuple[str, str]]:
    good = text(token_of(claims()))
    yield "padded", good + "="
    yield "a blank within", good[:40] + " " + good[40:]
    yield "a line feed at its end", good + "\n"
    yield "digits that base32 does not have", good.replace("2", "1")
    yield "unused bits that are not zero", good[:-1] + "R"
    yield "a length that base32 cannot have", good + "AA"
    yield "a dotless i", good.replace("I", "ı", 1)
    yield "base64url", base64.urlsafe_b64encode(token_of(claims())).decode().rstrip("=")
    yield "the whole address", "HTTPS://VERIFY.TAMIN.IR/Q/" + good
