"""Compresses the bits of a status list; each zlib does it in its own way, this always in one."""

import struct
import zlib

from offline.example import PLACES

NINE_BITS = 144  # from this literal on a fixed code has nine bits, not eight


def compressed(withdrawn: tuple[int, ...], *, size: int = PLACES // 8) -> bytes:
    """A list's bits as a zlib stream; made here, since each zlib compresses in its own way."""
    bits = bytearray(size)
    for place in withdrawn:
        bits[place // 8] |= 1 << place % 8
    return b"\x78\xda" + deflated(bytes(bits)) + struct.pack(">L", zlib.adler32(bits))


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
