"""Status lists: good ones, unusable ones, and malformed ones."""

import base64
import struct
import zlib
from collections.abc import Iterator
from typing import Any

from offline.cose import KID, RETIRED_KEY, RETIRED_KID, STRANGER, UNKNOWN_KID, cbor, signed
from offline.deflate import compressed, deflated
from offline.example import (
    LIST_END,
    LIST_TIME,
    NOW,
    OTHER_URI,
    PLACES,
    TTL,
    URI,
    WITHDRAWN,
)
from offline.tokens import claims, token_of

LIST_TYPE = "application/statuslist+cwt"
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
