"""Trust files, in their three forms."""

import base64
import json
from collections.abc import Iterator
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec
from offline.certificates import certificate, kid_of, of_unknown_kind, pem
from offline.cose import KEY, KID, RETIRED_KEY, RETIRED_KID, STRANGER, UNKNOWN_KID, cbor

USABLE, MALFORMED, NO_KEYS = "trust.usable", "trust.malformed", "trust.no_keys"
KEY_IDENTIFIER = 2
OF_TOKENS = certificate("Published test key", KEY)
AUTHORITY = certificate("Published test authority", STRANGER, authority=True)
OF_OTHER_CURVE = certificate("Published P-384 key", ec.derive_private_key(0x1404, ec.SECP384R1()))

Vector = tuple[str, str, tuple[bytes, ...]]
"""Name, answer, kids."""


def coordinates(key: ec.EllipticCurvePrivateKey) -> tuple[bytes, bytes]:
    numbers = key.public_key().public_numbers()
    return numbers.x.to_bytes(32), numbers.y.to_bytes(32)


def cose_key(kid: object, key: ec.EllipticCurvePrivateKey, **more: Any) -> dict[int, Any]:
    x, y = coordinates(key)
    named = {1: more.get("kty", 2), 2: kid, 3: -7, 4: [2], -1: more.get("crv", 1)}
    return named | {-2: more.get("x", x), -3: more.get("y", y)}


def cose_sets() -> Iterator[tuple[Vector, bytes]]:
    """The first one is what all other vectors are judged by."""
    ours, retired = cose_key(KID, KEY), cose_key(RETIRED_KID, RETIRED_KEY)
    x, y = coordinates(KEY)
    other_kind = {1: 1, 2: UNKNOWN_KID, -1: 6, -2: bytes(32)}
    yield ("two keys", USABLE, (KID, RETIRED_KID)), cbor([ours, retired])
    signed = cose_key(KID, KEY, y=bool(y[-1] & 1))
    yield ("the sign of y in place of y", USABLE, (KID,)), cbor([signed])
    yield ("a key of another kind beside ours", USABLE, (KID,)), cbor([other_kind, ours])
    yield ("only a key of another kind", NO_KEYS, ()), cbor([other_kind])
    yield ("no keys", NO_KEYS, ()), cbor([])
    for name, key in (
        ("a point off the curve", cose_key(KID, KEY, y=bytes(31) + b"\1")),
        ("a kid of 7 bytes", cose_key(KID[:7], KEY)),
        ("a key without kid", {k: v for k, v in ours.items() if k != KEY_IDENTIFIER}),
        ("x with a zero more", cose_key(KID, KEY, x=b"\0" + x)),
        ("x as an array", cose_key(KID, KEY, x=list(x))),
        ("y as text", cose_key(KID, KEY, y=y.hex())),
    ):
        yield (name, MALFORMED, ()), cbor([key])
    yield ("bytes in place of a set", MALFORMED, ()), cbor(b"")
    yield ("a map in place of a set", MALFORMED, ()), cbor({1: ours})
    yield ("a key set cut off", MALFORMED, ()), cbor([ours])[:-1]
    yield ("a key without set", MALFORMED, ()), cbor(ours)


def base64url(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).decode().rstrip("=")


def jwk(kid: bytes, key: ec.EllipticCurvePrivateKey, **more: Any) -> dict[str, Any]:
    x, y = map(base64url, coordinates(key))
    named = {"kty": "EC", "crv": "P-256", "alg": "ES256", "use": "sig", "kid": base64url(kid)}
    return named | {"x": x, "y": y} | more


def jwk_sets() -> Iterator[tuple[Vector, str]]:
    def jwks(*keys: object) -> str:
        return json.dumps({"keys": keys})

    ours, retired = jwk(KID, KEY), jwk(RETIRED_KID, RETIRED_KEY)
    x, _ = coordinates(KEY)
    others = {"kty": "RSA", "n": "AQAB", "e": "AQAB"}, ours | {"crv": "P-384"}
    yield ("two JWKs", USABLE, (KID, RETIRED_KID)), jwks(ours, retired)
    chain = [base64.b64encode(b"certificate").decode()]
    yield ("a JWK with more in it", USABLE, (KID,)), jwks(ours | {"x5c": chain, "name": "مهر"})
    yield ("JWKs of other kinds beside ours", USABLE, (KID,)), jwks(*others, ours)
    yield ("only JWKs of other kinds", NO_KEYS, ()), jwks(*others)
    yield ("no JWKs", NO_KEYS, ()), jwks()
    for name, key in (
        ("a JWK off the curve", jwk(KID, KEY, y=base64url(bytes(31) + b"\1"))),
        ("a JWK with a kid of 7 bytes", jwk(KID[:7], KEY)),
        ("a JWK without kid", {k: v for k, v in ours.items() if k != "kid"}),
        ("a JWK whose x has a zero more", jwk(KID, KEY, x=base64url(b"\0" + x))),
        ("a JWK whose x is in hexadecimal", jwk(KID, KEY, x=x.hex())),
        ("a JWK whose x is padded", jwk(KID, KEY, x=base64url(x) + "=")),
        ("a JWK whose x is a number", jwk(KID, KEY, x=int.from_bytes(x))),
    ):
        yield (name, MALFORMED, ()), jwks(key)
    yield ("a JWK set cut off", MALFORMED, ()), jwks(ours)[:-1]
    yield ("a JWK without set", MALFORMED, ()), json.dumps(ours)


def pem_files() -> Iterator[tuple[Vector, str]]:
    ours = kid_of(OF_TOKENS)
    yield ("a certificate", USABLE, (ours,)), pem(OF_TOKENS)
    everything = pem(AUTHORITY, OF_OTHER_CURVE, OF_TOKENS)
    yield ("certificates of others before ours", USABLE, (ours,)), everything
    unknown = pem(of_unknown_kind(OF_TOKENS), OF_TOKENS)
    yield ("a certificate of an unknown kind before ours", USABLE, (ours,)), unknown
    noted = "subject=CN=Published test key\n" + pem(OF_TOKENS)
    yield ("a certificate below a note", USABLE, (ours,)), noted
    yield ("only an authority's certificate", NO_KEYS, ()), pem(AUTHORITY)
    yield ("only a certificate of another curve", NO_KEYS, ()), pem(OF_OTHER_CURVE)
    whole = pem(OF_TOKENS)
    yield ("a damaged certificate", MALFORMED, ()), whole.replace("MII", "AAA", 1)
    yield ("a certificate cut off", MALFORMED, ()), whole[: len(whole) // 2]


def trust_files() -> list[dict[str, Any]]:
    forms = (
        *(("cose", made, base64.b64encode(file).decode()) for made, file in cose_sets()),
        *(("jwks", made, file) for made, file in jwk_sets()),
        *(("pem", made, file) for made, file in pem_files()),
    )
    return [
        {"name": name, form: file, "answer": answer}
        | ({"kids": [kid.hex() for kid in kids]} if kids else {})
        for form, (name, answer, kids), file in forms
    ]
