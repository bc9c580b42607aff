"""Tokens: their claims, and the good ones."""

import base64
from collections.abc import Iterator
from typing import Any

from offline.cose import KID, ORDER, RETIRED_KEY, RETIRED_KID, cbor, signed
from offline.example import (
    AMOUNT,
    ASSIGNER,
    CLEARANCE,
    CODE,
    CONTRACTOR,
    CROCKFORD,
    HASH,
    KIND,
    LIST_END,
    NUMBER,
    OTHER_URI,
    PLACES,
    ROW,
    SEQUENCE,
    TOKEN_TIME,
    URI,
)


def text(token: bytes) -> str:
    return base64.b32encode(token).decode().rstrip("=")


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
