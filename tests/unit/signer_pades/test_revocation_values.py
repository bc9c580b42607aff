"""The attribute with the evidence in a timestamp token, byte by byte.

The tokens have the frame of real ones (RFC 5652, 5.1 and 5.3) and next to nothing in it, so that
every byte of what is expected can be read here.
"""

from datetime import UTC, datetime

import pytest

from signer.ports import Evidence
from signer.revocation_values import revocation_values, with_unsigned_attribute

MOMENT = datetime(2026, 1, 1, tzinfo=UTC)
LIST = bytes.fromhex("3003 020107")
BASIC = bytes.fromhex("3003 020109")
ENVELOPE = bytes.fromhex("3019 0a0100 a014 3012 0609 2b0601050507300101 0405 3003020109")
"""An ``OCSPResponse``: successful, id-pkix-ocsp-basic, and ``BASIC`` as an octet string."""
TYPE = "060b 2a864886f70d0109100218"


def _evidence(crls: tuple[bytes, ...], answers: tuple[bytes, ...]) -> Evidence:
    return Evidence(
        certificates=(),
        ocsp_responses=answers,
        crls=crls,
        gathered_at=MOMENT,
        valid_until=MOMENT,
    )


@pytest.mark.parametrize(
    ("crls", "answers", "expected"),
    [
        (
            (LIST,),
            (ENVELOPE,),
            f"3023 {TYPE} 3114 3012 a007 3005 3003020107 a107 3005 3003020109",
        ),
        ((LIST, LIST), (), f"301f {TYPE} 3110 300e a00c 300a 3003020107 3003020107"),
        ((), (ENVELOPE,), f"301a {TYPE} 310b 3009 a107 3005 3003020109"),
        ((), (), ""),
    ],
)
def test_attribute_is_what_the_standard_says(
    crls: tuple[bytes, ...], answers: tuple[bytes, ...], expected: str
) -> None:
    assert revocation_values(_evidence(crls, answers)) == bytes.fromhex(expected)


ATTRIBUTE = bytes.fromhex(f"3013 {TYPE} 3104 3002 a100")
SMALLER = bytes.fromhex("3005 06012a 3100")
"""An attribute of another type, which DER puts before ours: it is shorter."""
LARGER = bytes.fromhex("3014 06012a 310f 040d 61616161616161616161616161")


def _token(unsigned: str = "", *, certificates: str = "", filling: int = 0) -> bytes:
    """``ContentInfo``, ``SignedData`` with version 3, ``SignerInfo`` with version 1."""

    def tlv(tag: int, *members: bytes) -> bytes:
        body = b"".join(members)
        size = len(body)
        width = 0 if size < 128 else 1 if size < 256 else 2
        length = bytes([128 | width]) + size.to_bytes(width, "big") if width else bytes([size])
        return bytes([tag]) + length + body

    signature = tlv(0x04, bytes(200 + filling))
    signed_attributes = bytes.fromhex("a005 3003 020105")
    info = tlv(
        0x30,
        bytes.fromhex("020101 3000 3000"),
        signed_attributes,
        bytes.fromhex("3000"),
        signature,
        bytes.fromhex(unsigned),
    )
    data = tlv(
        0x30,
        bytes.fromhex("020103 3100 3000"),
        bytes.fromhex(certificates),
        tlv(0x31, info),
    )
    return tlv(0x30, bytes.fromhex("0609 2a864886f70d010702"), tlv(0xA0, data))


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("", f"a115 {ATTRIBUTE.hex()}"),
        (f"a107 {SMALLER.hex()}", f"a11c {SMALLER.hex()} {ATTRIBUTE.hex()}"),
        (f"a116 {LARGER.hex()}", f"a12b {ATTRIBUTE.hex()} {LARGER.hex()}"),
        # One of the same type that the authority set.
        (f"a11c {SMALLER.hex()} 3013 {TYPE} 3104 3002 a000", None),
    ],
)
def test_token_gains_the_attribute_and_nothing_else(before: str, after: str | None) -> None:
    expected = after or f"a11c {SMALLER.hex()} {ATTRIBUTE.hex()}"
    assert with_unsigned_attribute(_token(before), ATTRIBUTE) == _token(expected)


def test_certificates_in_the_token_stay() -> None:
    held = "a005 3003 020104"
    changed = with_unsigned_attribute(_token(certificates=held), ATTRIBUTE)
    assert changed == _token(f"a115 {ATTRIBUTE.hex()}", certificates=held)


@pytest.mark.parametrize("filling", range(0, 160, 7))
def test_lengths_that_look_indefinite_are_none(filling: int) -> None:
    """asn1crypto takes a length that ends with 0x80 for an indefinite one."""
    changed = with_unsigned_attribute(_token(filling=filling), ATTRIBUTE)
    assert changed == _token(f"a115 {ATTRIBUTE.hex()}", filling=filling)


@pytest.mark.parametrize("broken", [b"", b"\x30\x00", bytes.fromhex("3003020101")])
def test_what_is_no_token_is_refused(broken: bytes) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - asn1crypto's words
        with_unsigned_attribute(broken, ATTRIBUTE)
