"""Makes the test vectors beside it: ``python docs/vectors/make.py`` writes ``offline.json``.

Keys, times and nonces are fixed, so the file comes out the same at each run; the tests prove it.
Good vectors and bad ones: a bad one is named by its lie, tells one lie only, and is signed as if
it were true. ``docs/offline.md`` says how to read the file.
"""

import base64
import hashlib
import json
import struct
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cbor2
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256

FILE = Path(__file__).with_name("offline.json")

ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
# The published key of RFC 6979, A.2.5, and two that are as public: never real ones.
KEY = ec.derive_private_key(
    0xC9AFA9D845BA75166B5C215767B1D6934E50C3DB36E89B127B8A622B120F6721, ec.SECP256R1()
)
RETIRED_KEY = ec.derive_private_key(0x1404, ec.SECP256R1())
STRANGER = ec.derive_private_key(0x666, ec.SECP256R1())
KID = bytes.fromhex("9f2c41d07ae6b358")
RETIRED_KID = bytes.fromhex("0000000000001403")
UNKNOWN_KID = bytes.fromhex("0000000000000666")

LIST_TYPE = "application/statuslist+cwt"
URI, OTHER_URI = "https://verify.tamin.ir/s/0", "https://verify.tamin.ir/s/1"
PLACES = 2**20
WITHDRAWN = (7, 1993, 1_000_345, PLACES - 1)
TOKEN_TIME = 1_746_345_600  # 2025-05-04T08:00:00Z
LIST_TIME = 1_746_349_200  # 2025-05-04T09:00:00Z
LIST_END = LIST_TIME + 24 * 3600
TTL = 300
NOW = LIST_TIME + 60

CLEARANCE = [
    *(140400410000019, 0, 100412187, 101, 110102437186, 10010532129, 6_572_222_222),
    bytes(range(10)),
    bytes(range(32)),
]
NUMBER, KIND, ROW, SEQUENCE, ASSIGNER, CONTRACTOR, AMOUNT, CODE, HASH = range(9)
CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


def cbor(value: object) -> bytes:
    return cbor2.dumps(value, canonical=True)


def signature(
    protected: bytes, payload: bytes, *, key: ec.EllipticCurvePrivateKey = KEY, **more: Any
) -> bytes:
    signed = cbor(
        [more.get("context", "Signature1"), protected, more.get("external", b""), payload]
    )
    der = key.sign(signed, ec.ECDSA(SHA256(), deterministic_signing=True))
    return b"".join(each.to_bytes(32) for each in decode_dss_signature(der))


def signed(protected: bytes, payload: bytes, **more: Any) -> bytes:
    """A COSE_Sign1 of any header and payload; ``more`` lies about the rest."""
    made = signature(protected, payload, key=more.get("key", KEY))
    return cbor(
        cbor2.CBORTag(more.get("tag", 18), [protected, more.get("unprotected", {}), payload, made])
    )


def text(token: bytes) -> str:
    return base64.b32encode(token).decode().rstrip("=")


# --- tokens


def header(**more: Any) -> bytes:
    return cbor({1: more.get("alg", -7), 4: more.get("kid", KID)})


def claims(places: dict[int, object] | None = None, **more: Any) -> dict[Any, Any]:
    """The claims of the worked example, but for ``more`` and some places of the array."""
    clearance = [(places or {}).get(place, value) for place, value in enumerate(CLEARANCE)]
    status = {"idx": more.get("idx", 0), "uri": more.get("uri", URI)}
    return {
        1: more.get("iss", "verify.tamin.ir"),
        6: more.get("iat", TOKEN_TIME),
        65535: {"status_list": status},
        -65537: clearance,
    }


def token_of(said: object, **more: Any) -> bytes:
    return signed(more.pop("protected", header()), cbor(said), **more)


def facts(said: dict[Any, Any]) -> dict[str, Any]:
    """What a reader tells of good claims."""
    clearance = said[-65537]
    number = str(clearance[NUMBER])
    code = int.from_bytes(clearance[CODE])
    symbols = "".join(CROCKFORD[code >> shift & 31] for shift in range(75, -1, -5))
    return {
        "iss": said[1],
        "iat": said[6],
        "number": f"{number[:4]}-{number[4:8]}-{number[8:14]}-{number[14:]}",
        "kind": ("final", "interim")[clearance[KIND]],
        "contract_row": str(clearance[ROW])[1:],
        "contract_sequence": str(clearance[SEQUENCE])[1:],
        "work_assigner_identifier": str(clearance[ASSIGNER])[1:],
        "contractor_identifier": str(clearance[CONTRACTOR])[1:],
        "amount_collected": clearance[AMOUNT],
        "verification_code": "-".join(symbols[at : at + 4] for at in range(0, 16, 4)),
        "content_hash": clearance[HASH].hex(),
        "status_list": said[65535]["status_list"],
    }


def good_tokens() -> Iterator[tuple[str, bytes | str, dict[Any, Any]]]:
    plain = claims()
    yield "worked example", token_of(plain), plain
    yield "small letters", text(token_of(plain)).lower(), plain
    small = claims({KIND: 1, ROW: 1001, SEQUENCE: 100, ASSIGNER: 10010532129, AMOUNT: 0})
    yield "interim, short row, two persons, nothing collected", token_of(small), small
    large = claims(
        {ROW: 199999999, SEQUENCE: 199, CONTRACTOR: 110102437186, AMOUNT: 10**15 - 1},
        idx=PLACES - 1,
    )
    yield "the largest values", token_of(large), large
    longest = claims(uri=URI + "?" + 20 * "x")
    yield "exactly 280 bytes", token_of(longest), longest
    withdrawn = claims(idx=7)
    yield "of a withdrawn place", token_of(withdrawn), withdrawn
    last = claims(idx=PLACES - 1)
    yield "of the last place", token_of(last), last
    beyond = claims(idx=PLACES)
    yield "of a place beyond its list", token_of(beyond), beyond
    other = claims(uri=OTHER_URI)
    yield "of the second list", token_of(other), other
    after = claims(iat=LIST_END)
    yield "issued after the list was made", token_of(after), after
    yield (
        "by a retired key",
        token_of(plain, protected=header(kid=RETIRED_KID), key=RETIRED_KEY),
        plain,
    )
    whole = token_of(plain)
    # (r, n - s) verifies wherever (r, s) does: a token may have two signatures, both good.
    mirrored = (ORDER - int.from_bytes(whole[-32:])).to_bytes(32)
    yield "the other one of two signatures", whole[:-32] + mirrored, plain


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


def tokens() -> list[dict[str, Any]]:
    made = [
        {
            "name": name,
            "token": token if isinstance(token, str) else text(token),
            "answer": "token.valid",
            "facts": facts(said),
        }
        for name, token, said in good_tokens()
    ]
    made += [
        {"name": name, "token": text(token), "answer": answer}
        for name, answer, token in bad_signatures()
    ]
    malformed = [
        *((name, text(token)) for name, token in bad_envelopes()),
        *((name, text(signed(header(), payload))) for name, payload in bad_payloads()),
        *((name, text(token_of(said))) for name, said in bad_claims()),
        *bad_texts(),
    ]
    made += [
        {"name": name, "token": token, "answer": "token.malformed"} for name, token in malformed
    ]
    return made


# --- status lists


def compressed(withdrawn: tuple[int, ...], *, size: int = PLACES // 8) -> bytes:
    """A list's bits as a zlib stream; made here, since each zlib compresses in its own way."""
    bits = bytearray(size)
    for place in withdrawn:
        bits[place // 8] |= 1 << place % 8
    return b"\x78\xda" + deflated(bytes(bits)) + struct.pack(">L", zlib.adler32(bits))


NINE_BITS = 144  # from this literal on a fixed code has nine bits, not eight


def deflated(data: bytes) -> bytes:
    """DEFLATE (RFC 1951) in one block with the fixed codes, which repeats bytes and no more."""
    out = "110"  # the last block, fixed codes; the second field has its lowest bit first
    at = 0
    while at < len(data):
        byte = data[at]
        out += f"{0x30 + byte:08b}" if byte < NINE_BITS else f"{0x190 + byte - NINE_BITS:09b}"
        at += 1
        while data[at : at + 258] == bytes([byte]) * 258:
            out += "11000101" + "00000"  # length 258 at distance 1
            at += 258
    out += "0000000"  # the block's end
    out += "0" * (-len(out) % 8)
    return bytes(int(out[at : at + 8][::-1], 2) for at in range(0, len(out), 8))


LST = compressed(WITHDRAWN)


def list_header(**more: Any) -> bytes:
    return cbor({1: more.get("alg", -7), 4: more.get("kid", KID), 16: more.get("typ", LIST_TYPE)})


def list_claims(lst: object = LST, **more: Any) -> dict[Any, Any]:
    return {
        2: more.get("sub", URI),
        4: more.get("exp", LIST_END),
        6: more.get("iat", LIST_TIME),
        65533: {"bits": more.get("bits", 1), "lst": lst},
        65534: more.get("ttl", TTL),
    }


def list_of(said: object, **more: Any) -> bytes:
    return signed(more.pop("protected", list_header()), cbor(said), **more)


def good_lists() -> Iterator[tuple[str, bytes, tuple[int, ...]]]:
    yield "ordinary", list_of(list_claims()), WITHDRAWN
    yield "nothing withdrawn", list_of(list_claims(compressed(()))), ()
    stored = b"\x78\x01" + stored_blocks() + struct.pack(">L", zlib.adler32(bytes(PLACES // 8)))
    yield "compressed otherwise", list_of(list_claims(stored)), ()
    retired = list_header(kid=RETIRED_KID)
    yield (
        "by a retired list key",
        list_of(list_claims(), protected=retired, key=RETIRED_KEY),
        WITHDRAWN,
    )


def stored_blocks() -> bytes:
    """Zeros of a whole list: a block of the fixed codes, and empty stored blocks after it."""
    body = bytearray(deflated(bytes(PLACES // 8)))
    body[0] &= 0xFE  # not the last block
    return bytes(body) + b"\x00\x00\x00\xff\xff" + b"\x01\x00\x00\xff\xff"


def unusable_lists() -> Iterator[tuple[str, str, bytes, int]]:
    whole = list_of(list_claims())
    broken = "status_list.signature_broken"
    cleared = list_of(list_claims(compressed(WITHDRAWN[1:])))
    unknown = list_header(kid=UNKNOWN_KID)
    yield "a withdrawal removed after signing", broken, cleared[:-64] + whole[-64:], NOW
    yield (
        "end put off after signing",
        broken,
        list_of(list_claims(exp=LIST_END + 1))[:-64] + whole[-64:],
        NOW,
    )
    yield "list by a stranger in our name", broken, list_of(list_claims(), key=STRANGER), NOW
    yield "list by our other key", broken, list_of(list_claims(), key=RETIRED_KEY), NOW
    yield (
        "list by an unknown key",
        "status_list.unknown_key",
        list_of(list_claims(), protected=unknown, key=STRANGER),
        NOW,
    )
    other = "status_list.of_another_address"
    yield "list of another address", other, list_of(list_claims(sub=OTHER_URI)), NOW
    yield "list whose address has a slash more", other, list_of(list_claims(sub=URI + "/")), NOW
    expired = "status_list.expired"
    yield "list at the moment of its end", expired, whole, LIST_END
    yield "list long past its end", expired, whole, LIST_END + 10**8


def malformed_lists() -> Iterator[tuple[str, bytes]]:
    payload, whole = cbor(list_claims()), list_of(list_claims())
    size = PLACES // 8
    for name, lst in (
        ("bits one byte short", compressed((), size=size - 1)),
        ("bits one byte long", compressed((), size=size + 1)),
        ("bits are a bomb", compressed((), size=16 * size)),
        ("bits cut off", LST[:-1]),
        ("bytes after the bits", LST + b"\0"),
        ("bits with a wrong checksum", LST[:-1] + bytes([LST[-1] ^ 1])),
        ("bits in bare DEFLATE", LST[2:-4]),
        ("bits of no compression", bytes(64)),
        ("bits as text", "eNrt"),
        ("bits of nothing", b""),
    ):
        yield name, list_of(list_claims(lst))
    said = list_claims()
    for key, name in ((2, "address"), (4, "end"), (6, "time"), (65533, "bits"), (65534, "ttl")):
        yield f"list without {name}", list_of({each: said[each] for each in said if each != key})
    yield "list with an issuer", list_of({1: "verify.tamin.ir"} | said)
    for name, more in (
        ("two bits a place", {"bits": 2}),
        ("bits is true", {"bits": True}),
        ("address as bytes in the list", {"sub": URI.encode()}),
        ("end as text", {"exp": str(LIST_END)}),
        ("end as a float", {"exp": LIST_END + 0.5}),
        ("end is 2 to the 36th", {"exp": 2**36}),
        ("end below zero", {"exp": -1}),
        ("time below zero", {"iat": -1}),
        ("ttl is zero", {"ttl": 0}),
        ("ttl below zero", {"ttl": -300}),
        ("ttl as a float", {"ttl": 300.5}),
        ("ttl is true", {"ttl": True}),
        ("ttl is 2 to the 36th", {"ttl": 2**36}),
    ):
        yield name, list_of(list_claims(**more))
    more = {"bits": 1, "lst": LST, "aggregation_uri": URI}
    yield "a third entry beside the bits", list_of(said | {65533: more})
    for name, protected in (
        ("list without type", cbor({1: -7, 4: KID})),
        ("type of the JWT form", list_header(typ="application/statuslist+jwt")),
        ("type in short", list_header(typ="statuslist+cwt")),
        ("list algorithm EdDSA", list_header(alg=-8)),
        ("list kid of 7 bytes", list_header(kid=KID[:7])),
    ):
        yield name, signed(protected, payload)
    yield "list with an unprotected header", signed(list_header(), payload, unprotected={4: KID})
    yield "list without tag", whole[1:]
    yield "list in the CWT tag", b"\xd8\x3d" + whole
    yield "list tagged COSE_Mac0", signed(list_header(), payload, tag=17)
    yield "list with one byte too many", whole + b"\0"
    yield "list with one byte too few", whole[:-1]
    yield "a token in place of the list", token_of(claims())
    one, *others = (cbor(key) + cbor(value) for key, value in said.items())
    for name, content in (
        ("list claims out of order", b"\xa5" + b"".join([*others, one])),
        ("list with an address twice", b"\xa6" + one + one + b"".join(others)),
        ("list claims of indefinite length", b"\xbf" + payload[1:] + b"\xff"),
        ("list ttl in a longer form", payload[:-3] + b"\x1a\0\0" + payload[-2:]),
    ):
        yield name, signed(list_header(), content)
    yield "list of nothing", b""


def status_lists() -> list[dict[str, Any]]:
    def vector(name: str, answer: str, token: bytes, now: int, **more: Any) -> dict[str, Any]:
        encoded = base64.b64encode(token).decode()
        return {"name": name, "list": encoded, "uri": URI, "now": now, "answer": answer} | more

    usable = "status_list.usable"
    made = [
        vector(name, usable, token, NOW, withdrawn=list(withdrawn))
        for name, token, withdrawn in good_lists()
    ]
    whole = list_of(list_claims())
    for name, now in (
        ("past its ttl, a second before its end", LIST_END - 1),
        ("read by a clock that is behind", LIST_TIME - 600),
    ):
        made.append(vector(name, usable, whole, now, withdrawn=list(WITHDRAWN)))
    made += [vector(name, answer, token, now) for name, answer, token, now in unusable_lists()]
    malformed = "status_list.malformed"
    return made + [vector(name, malformed, token, NOW) for name, token in malformed_lists()]


# --- a token with a list, and the trust file


def checks() -> list[dict[str, Any]]:
    """What is known of a clearance from one of the tokens and one of the lists above."""
    return [
        {"token": token, "list": listed, "now": now, "answer": answer}
        for token, listed, now, answer in (
            ("worked example", "ordinary", NOW, "not_withdrawn"),
            ("of a withdrawn place", "ordinary", NOW, "withdrawn"),
            ("of a withdrawn place", "ordinary", LIST_END - 1, "withdrawn"),
            ("of a withdrawn place", "nothing withdrawn", NOW, "not_withdrawn"),
            ("of the last place", "ordinary", NOW, "withdrawn"),
            ("of the last place", "nothing withdrawn", NOW, "not_withdrawn"),
            ("issued after the list was made", "ordinary", NOW, "not_withdrawn"),
            ("by a retired key", "by a retired list key", NOW, "not_withdrawn"),
            ("of a place beyond its list", "ordinary", NOW, "status_list.no_such_place"),
            ("of the second list", "ordinary", NOW, "status_list.of_another_address"),
            ("of the second list", "list of another address", NOW, "not_withdrawn"),
            ("of a withdrawn place", "ordinary", LIST_END, "status_list.expired"),
            ("worked example", "bits are a bomb", NOW, "status_list.malformed"),
            ("worked example", "list by an unknown key", NOW, "status_list.unknown_key"),
            (
                "worked example",
                "list by a stranger in our name",
                NOW,
                "status_list.signature_broken",
            ),
            ("amount changed after signing", "ordinary", NOW, "token.signature_broken"),
            ("signed by an unknown key", "ordinary", NOW, "token.unknown_key"),
            ("padded", "ordinary", NOW, "token.malformed"),
        )
    ]


def coordinates(key: ec.EllipticCurvePrivateKey) -> tuple[bytes, bytes]:
    numbers = key.public_key().public_numbers()
    return numbers.x.to_bytes(32), numbers.y.to_bytes(32)


KEY_IDENTIFIER = 2


def cose_key(kid: object, key: ec.EllipticCurvePrivateKey, **more: Any) -> dict[int, Any]:
    x, y = coordinates(key)
    named = {1: more.get("kty", 2), 2: kid, 3: -7, 4: [2], -1: more.get("crv", 1), -2: x}
    return named | {-3: more.get("y", y)}


def trust_files() -> list[dict[str, Any]]:
    """COSE key sets; the first is the one that all other vectors are judged by."""
    ours, retired = cose_key(KID, KEY), cose_key(RETIRED_KID, RETIRED_KEY)
    odd = bool(coordinates(KEY)[1][-1] & 1)
    off_curve = cose_key(KID, KEY, y=bytes(31) + b"\1")
    other_kind = {1: 1, 2: UNKNOWN_KID, -1: 6, -2: bytes(32)}
    malformed = "trust.malformed"
    return [
        {"name": name, "cose": base64.b64encode(document).decode(), "answer": answer}
        | ({"kids": [kid.hex() for kid in kids]} if kids else {})
        for name, document, answer, kids in (
            ("two keys", cbor([ours, retired]), "trust.usable", (KID, RETIRED_KID)),
            (
                "the sign of y in place of y",
                cbor([cose_key(KID, KEY, y=odd)]),
                "trust.usable",
                (KID,),
            ),
            ("a key of another kind beside ours", cbor([other_kind, ours]), "trust.usable", (KID,)),
            ("only a key of another kind", cbor([other_kind]), "trust.no_keys", ()),
            ("no keys", cbor([]), "trust.no_keys", ()),
            ("a point off the curve", cbor([off_curve]), malformed, ()),
            ("a kid of 7 bytes", cbor([cose_key(KID[:7], KEY)]), malformed, ()),
            (
                "a key without kid",
                cbor([{k: v for k, v in ours.items() if k != KEY_IDENTIFIER}]),
                malformed,
                (),
            ),
            ("a key set cut off", cbor([ours])[:-1], malformed, ()),
            ("a key without set", cbor(ours), malformed, ()),
        )
    ]


def vectors() -> dict[str, Any]:
    return {
        "version": 1,
        "trust": trust_files(),
        "tokens": tokens(),
        "status_lists": status_lists(),
        "checks": checks(),
    }


def written() -> str:
    return json.dumps(vectors(), ensure_ascii=False, indent=1) + "\n"


if __name__ == "__main__":
    FILE.write_text(written(), encoding="utf-8")
    print(FILE, hashlib.sha256(FILE.read_bytes()).hexdigest())
