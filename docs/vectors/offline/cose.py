"""Published keys, and COSE_Sign1 messages (RFC 9052) that lie wherever they are told to."""

from typing import Any

import cbor2
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256

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
