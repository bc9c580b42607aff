"""Makes files whose seal attacks whoever reads it, each function named by its lie."""

from hostile_parts import MEGABYTE, signed_with


def a_length_of_four_gigabytes() -> bytes:
    return signed_with(b"\x30\x84\xff\xff\xff\xff" + bytes(100))


def a_seal_without_end() -> bytes:
    """BER's indefinite length, never ended."""
    return signed_with(b"\x30\x80" * 1000)


def deep_sequences() -> bytes:
    """A hundred thousand SEQUENCEs, each inside the one before."""
    data = b""
    for _ in range(3000):
        data = b"\x30" + _length(data) + data
    return signed_with(data)


def a_number_of_a_megabyte() -> bytes:
    """An object identifier that no name has."""
    body = b"\x06" + _length(bytes(MEGABYTE)) + b"\x81" * MEGABYTE
    return signed_with(b"\x30" + _length(body) + body)


def a_hundred_thousand_signers() -> bytes:
    signer = bytes.fromhex("3009020101300430020500")
    signers = signer * 100_000
    signed = b"\x02\x01\x01\x31\x00\x30\x0b" + bytes.fromhex("06092a864886f70d010701")
    signed += b"\x31" + _length(signers) + signers
    data = b"\x30" + _length(signed) + signed
    body = bytes.fromhex("06092a864886f70d010702") + b"\xa0" + _length(data) + data
    return signed_with(b"\x30" + _length(body) + body)


def ranges_without_end() -> bytes:
    """A byte range of two hundred thousand numbers."""
    return signed_with(b"\x30\x00", byte_range=b"0 1 " * 100_000)


def ranges_beyond_all_bounds() -> bytes:
    return signed_with(b"\x30\x00", byte_range=b"0 9%s -9%s 1e999" % (b"9" * 4000, b"9" * 4000))


def _length(data: bytes) -> bytes:
    """DER's length octets (X.690, 8.1.3)."""
    size = len(data)
    if size < 128:
        return bytes([size])
    octets = size.to_bytes((size.bit_length() + 7) // 8)
    return bytes([0x80 | len(octets)]) + octets
