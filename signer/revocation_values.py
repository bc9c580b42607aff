"""The evidence of a seal once more, inside its timestamp token.

A DSS dictionary under the signature is read by pyHanko and by us, but EU DSS reads revocation data
from one only if a revision after the signature brought it. It also reads the unsigned attribute
``revocation-values`` of a timestamp token (ETSI EN 319 122-1, A.1.5.2), for the path of the seal
too. No signature covers the attribute: whoever takes it out leaves a valid seal and another file.

Bytes are put together as they came, not through asn1crypto's classes: those encode a token anew
where its length happens to look like an indefinite one.
"""

from collections.abc import Iterable, Iterator

from asn1crypto import core, ocsp
from asn1crypto.parser import emit, parse, peek

from signer.ports import Evidence

_TYPE = core.ObjectIdentifier("1.2.840.113549.1.9.16.2.24").dump()
_UNIVERSAL, _CONTEXT = 0, 2
_CONSTRUCTED = 1
_SEQUENCE, _SET = 16, 17
_UNSIGNED = 0xA1
"""First byte of ``[1] IMPLICIT UnsignedAttributes`` (RFC 5652, 5.3)."""


def revocation_values(evidence: Evidence) -> bytes:
    """Return the attribute with all answers of ``evidence`` in DER; empty if it holds none.

    ``RevocationValues`` holds revocation lists in ``[0]`` and OCSP answers in ``[1]``, these
    without the envelope that they came in (``BasicOCSPResponse`` of RFC 6960).
    """
    answers = [_without_envelope(each) for each in evidence.ocsp_responses]
    parts = [
        emit(_CONTEXT, _CONSTRUCTED, number, _sequence(values))
        for number, values in enumerate((evidence.crls, answers))
        if values
    ]
    values = emit(_UNIVERSAL, _CONSTRUCTED, _SET, _sequence(parts))
    return _sequence([_TYPE, values]) if parts else b""


def with_unsigned_attribute(token: bytes, attribute: bytes) -> bytes:
    """Return the timestamp token (``ContentInfo`` of RFC 5652) with an unsigned attribute more.

    An attribute of the same type that the authority set is replaced: there may be one only.
    Everything else keeps its bytes, but for the lengths around the attribute. Raises
    ``ValueError`` if ``token`` is not a signed message with one signer.
    """
    content_type, wrapped = _members(token)
    (signed_data,) = _members(wrapped)
    *before, signer_infos = _members(signed_data)
    (signer_info,) = _members(signer_infos)
    members = list(_members(signer_info))
    present = list(_members(members.pop())) if members[-1][0] == _UNSIGNED else []
    kept = [each for each in present if next(_members(each)) != next(_members(attribute))]
    # A set in DER order (X.690, 11.6).
    attributes = emit(_CONTEXT, _CONSTRUCTED, 1, b"".join(sorted([*kept, attribute])))
    signed = emit(_UNIVERSAL, _CONSTRUCTED, _SET, _sequence([*members, attributes]))
    content = emit(_CONTEXT, _CONSTRUCTED, 0, _sequence([*before, signed]))
    return _sequence([content_type, content])


def _without_envelope(response: bytes) -> bytes:
    return bytes(ocsp.OCSPResponse.load(response)["response_bytes"]["response"])


def _sequence(members: Iterable[bytes]) -> bytes:
    encoded: bytes = emit(_UNIVERSAL, _CONSTRUCTED, _SEQUENCE, b"".join(members))
    return encoded


def _members(encoded: bytes) -> Iterator[bytes]:
    """Yield what a constructed value holds, each member with its own header."""
    contents = parse(encoded)[4]
    while contents:
        size = peek(contents)
        yield contents[:size]
        contents = contents[size:]
