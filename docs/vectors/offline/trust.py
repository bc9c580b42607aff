"""Trust files."""

import base64
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec
from offline.cose import KEY, KID, RETIRED_KEY, RETIRED_KID, UNKNOWN_KID, cbor

KEY_IDENTIFIER = 2


def coordinates(key: ec.EllipticCurvePrivateKey) -> tuple[bytes, bytes]:
    numbers = key.public_key().public_numbers()
    return numbers.x.to_bytes(32), numbers.y.to_bytes(32)


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
