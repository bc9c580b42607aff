"""A second reader of tokens and status lists, from ``docs/token.md`` and ``offline.md`` only.

It shares no code with the project and imports none of it: if the two disagree, either one of them
or the documents are wrong.
"""

import base64
import hashlib
import json
import re
import zlib
from collections.abc import Mapping
from typing import Any

import cbor2
from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, utils

CURVE = ec.SECP256R1()
LIST_BYTES = 131_072
WEIGHTS = (29, 27, 23, 19, 17) * 2
SYMBOLS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
Keys = dict[bytes, ec.EllipticCurvePublicKey]


class Answer(Exception):
    pass


def demand(condition: object) -> None:
    if not condition:
        raise ValueError


def strict(encoded: bytes) -> Any:
    """Decode CBOR and refuse whatever is not written as we would write it."""
    value = cbor2.loads(encoded)
    demand(written(value) == encoded)
    return value


def written(value: Any) -> bytes:
    """Deterministic CBOR (RFC 8949, 4.2.1) of the few kinds of values that there are here."""
    match value:
        case cbor2.CBORTag():
            return head(6, value.tag) + written(value.value)
        case Mapping():
            entries = sorted(written(key) + written(each) for key, each in value.items())
            return head(5, len(entries)) + b"".join(entries)
        case list() | tuple():
            return head(4, len(value)) + b"".join(map(written, value))
        case str():
            return head(3, len(value.encode())) + value.encode()
        case bytes():
            return head(2, len(value)) + value
        case _:
            demand(type(value) is int)
            return head(0, value) if value >= 0 else head(1, -1 - value)


def head(major: int, number: int) -> bytes:
    if number < 24:
        return bytes([major << 5 | number])
    size = next(size for size in (1, 2, 4, 8, 0) if number < 256**size or not size)
    demand(size)
    return bytes([major << 5 | 23 + size.bit_length()]) + number.to_bytes(size)


def unsigned(value: Any, below: int = 2**64) -> int:
    demand(type(value) is int and 0 <= value < below)
    return value


def sign1(encoded: bytes, headers: dict[int, Any]) -> tuple[bytes, Any, bytes, bytes]:
    """Return kid, claims, what is signed, and the signature of a COSE_Sign1."""
    message = strict(encoded)
    demand(isinstance(message, cbor2.CBORTag) and message.tag == 18)
    demand(isinstance(message.value, list | tuple))
    protected, unprotected, payload, signature = message.value
    demand(isinstance(signature, bytes) and len(signature) == 64)
    demand(isinstance(unprotected, Mapping) and not unprotected)
    demand(isinstance(protected, bytes) and isinstance(payload, bytes))
    found = strict(protected)
    kid = found[4]
    demand(isinstance(kid, bytes) and len(kid) == 8 and found == headers | {4: kid})
    return kid, strict(payload), written(["Signature1", protected, b"", payload]), signature


def verify(keys: Keys, kid: bytes, signed: bytes, signature: bytes, area: str) -> None:
    if kid not in keys:
        raise Answer(f"{area}.unknown_key")
    r, s = int.from_bytes(signature[:32]), int.from_bytes(signature[32:])
    try:
        keys[kid].verify(utils.encode_dss_signature(r, s), signed, ec.ECDSA(hashes.SHA256()))
    except InvalidSignature:
        raise Answer(f"{area}.signature_broken") from None


ERRORS = (
    *(ArithmeticError, AttributeError, EOFError, LookupError, TypeError, ValueError),
    *(cbor2.CBORError, zlib.error),
)


# --- the trust file


def trust(document: bytes) -> Keys:
    """Read any of the three forms."""
    if b"-----BEGIN CERTIFICATE-----" in document:
        read = certificates
    else:
        read = jwks if document[:1] == b"{" else cose_keys
    try:
        keys = read(document)
    except ERRORS:
        raise Answer("trust.malformed") from None
    if not keys:
        raise Answer("trust.no_keys")
    return keys


def cose_keys(document: bytes) -> Keys:
    found = cbor2.loads(document)
    demand(isinstance(found, list))
    return dict(
        public_key(each[2], each[-2], each[-3])
        for each in found
        if each.get(1) == 2 and each.get(-1) == 1
    )


def jwks(document: bytes) -> Keys:
    return dict(
        public_key(*(base64url(each[name]) for name in ("kid", "x", "y")))
        for each in json.loads(document)["keys"]
        if each.get("kty") == "EC" and each.get("crv") == "P-256"
    )


def base64url(text: Any) -> bytes:
    demand(re.fullmatch("[A-Za-z0-9_-]*", text))
    return base64.urlsafe_b64decode(text + "==")


def certificates(document: bytes) -> Keys:
    keys = {}
    for each in x509.load_pem_x509_certificates(document):
        try:
            key = each.public_key()
        except UnsupportedAlgorithm:
            continue
        authority = False
        for extension in each.extensions:
            if isinstance(extension.value, x509.BasicConstraints):
                authority = extension.value.ca
        p_256 = isinstance(key, ec.EllipticCurvePublicKey) and key.curve.name == CURVE.name
        if p_256 and not authority:
            der = each.public_bytes(serialization.Encoding.DER)
            keys[hashlib.sha256(der).digest()[:8]] = key
    return keys


def public_key(kid: Any, x: Any, y: Any) -> tuple[bytes, ec.EllipticCurvePublicKey]:
    demand(isinstance(kid, bytes) and len(kid) == 8)
    demand(isinstance(x, bytes) and len(x) == 32)
    demand(isinstance(y, bool) or (isinstance(y, bytes) and len(y) == 32))
    point = bytes([2 + y]) + x if isinstance(y, bool) else b"\4" + x + y
    return kid, ec.EllipticCurvePublicKey.from_encoded_point(CURVE, point)


# --- the token


def token(text: str, keys: Keys) -> dict[str, Any]:
    """Steps 1-3: answer the facts, or raise the answer of the step that fails."""
    try:
        encoded = base32(text)
        demand(len(encoded) <= 280)
        kid, said, signed, signature = sign1(encoded, {1: -7})
        told = facts(said)
    except ERRORS:
        raise Answer("token.malformed") from None
    verify(keys, kid, signed, signature, "token")
    return told


def base32(text: str) -> bytes:
    demand(re.fullmatch("[A-Za-z2-7]*", text))
    bits = "".join(f"{'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.index(each):05b}" for each in text.upper())
    whole, rest = bits[: len(bits) // 8 * 8], bits[len(bits) // 8 * 8 :]
    demand(len(rest) < 5 and "1" not in rest)
    return bytes(int(whole[at : at + 8], 2) for at in range(0, len(whole), 8))


def facts(said: Any) -> dict[str, Any]:
    demand(set(said) == {1, 6, 65535, -65537} and set(said[65535]) == {"status_list"})
    place = said[65535]["status_list"]
    demand(set(place) == {"idx", "uri"} and isinstance(place["uri"], str))
    demand(isinstance(said[1], str) and isinstance(said[-65537], list))
    number, kind, row, sequence, assigner, contractor, amount, code, content = said[-65537]
    demand(isinstance(code, bytes) and len(code) == 10)
    demand(isinstance(content, bytes) and len(content) == 32)
    unsigned(place["idx"])
    return {
        "iss": said[1],
        "iat": unsigned(said[6], 2**36),
        "number": clearance_number(str(unsigned(number))),
        "kind": ("final", "interim")[unsigned(kind, 2)],
        "contract_row": marked(row, 3, 8),
        "contract_sequence": marked(sequence, 2),
        "work_assigner_identifier": party(marked(assigner, 10, 11)),
        "contractor_identifier": party(marked(contractor, 10, 11)),
        "amount_collected": unsigned(amount, 10**15),
        "verification_code": crockford(int.from_bytes(code)),
        "content_hash": content.hex(),
        "status_list": place,
    }


def marked(number: Any, *lengths: int) -> str:
    digits = str(unsigned(number))
    demand(digits[0] == "1" and len(digits) - 1 in lengths)
    return digits[1:]


def clearance_number(digits: str) -> str:
    demand(len(digits) == 15 and 1300 <= int(digits[:4]) <= 1599 and digits[8:14] != "000000")
    p = 10
    for each in digits[:14]:
        p = 2 * ((p + int(each)) % 10 or 10) % 11
    demand(int(digits[14]) == (11 - p) % 10)
    return "-".join((digits[:4], digits[4:8], digits[8:14], digits[14]))


def party(digits: str) -> str:
    d = [int(each) for each in digits]
    if len(d) == 10:
        r = sum(each * (10 - i) for i, each in enumerate(d[:9])) % 11
        demand(len(set(d)) > 1 and d[9] == (r if r < 2 else 11 - r))
    else:
        o = d[9] + 2
        total = sum((each + o) * w for each, w in zip(d[:10], WEIGHTS, strict=True))
        demand(any(d[3:9]) and d[10] == total % 11 % 10)
    return digits


def crockford(bits: int) -> str:
    symbols = [SYMBOLS[bits >> 5 * place & 31] for place in reversed(range(16))]
    return "-".join("".join(symbols[at : at + 4]) for at in (0, 4, 8, 12))


# --- the status list


def status_list(encoded: bytes, keys: Keys, *, uri: str, now: int) -> bytes:
    """Steps 4-8: answer the bits, or raise the answer of the step that fails."""
    try:
        demand(len(encoded) <= 262_144)
        headers = {1: -7, 16: "application/statuslist+cwt"}
        kid, said, signed, signature = sign1(encoded, headers)
        demand(set(said) == {2, 4, 6, 65533, 65534} and isinstance(said[2], str))
        exp = unsigned(said[4], 2**36)
        unsigned(said[6], 2**36)
        demand(unsigned(said[65534], 2**36) > 0)
        listed = said[65533]
        demand(set(listed) == {"bits", "lst"} and unsigned(listed["bits"]) == 1)
        bits = inflated(listed["lst"])
    except ERRORS:
        raise Answer("status_list.malformed") from None
    verify(keys, kid, signed, signature, "status_list")
    if said[2] != uri:
        raise Answer("status_list.of_another_address")
    if now >= exp:
        raise Answer("status_list.expired")
    return bits


def inflated(compressed: Any) -> bytes:
    demand(isinstance(compressed, bytes))
    stream = zlib.decompressobj()
    bits = stream.decompress(compressed, LIST_BYTES + 1)
    demand(len(bits) == LIST_BYTES and stream.eof and not stream.unused_data)
    return bits


def check(text: str, encoded: bytes, keys: Keys, *, now: int) -> str:
    """All steps: answer what is known of the token's clearance."""
    try:
        place = token(text, keys)["status_list"]
        bits = status_list(encoded, keys, uri=place["uri"], now=now)
    except Answer as answer:
        return str(answer)
    if place["idx"] >= 8 * LIST_BYTES:
        return "status_list.no_such_place"
    withdrawn = bits[place["idx"] // 8] >> place["idx"] % 8 & 1
    return "withdrawn" if withdrawn else "not_withdrawn"
