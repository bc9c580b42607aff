"""Canonical JSON (RFC 8785) of a certificate, and its SHA-256, the content hash.

The same bytes are attached to the PDF, hashed into the QR token and bound in the register.
Money is whole rials, dates are ISO 8601 Gregorian, moments RFC 3339 in UTC with ``Z``.
"""

import hashlib
from dataclasses import fields
from datetime import date, datetime
from typing import Any, cast

import rfc8785

from clearance.certificate import (
    Basis,
    ClearanceCertificate,
    ClearanceRequest,
    InspectedBasis,
    UndertakingBasis,
)
from clearance.clock import format_moment, parse_moment
from clearance.errors import InvalidRequest, InvalidValue
from clearance.identifiers import ClearanceNumber, VerificationCode
from clearance.money import CURRENCY
from clearance.request import OPTIONAL_MEMBERS, REQUEST_MEMBERS, SCHEMA_VERSION, read_whole
from clearance.shapes import Leaf, Record, one_of


def canonical_bytes(obj: object) -> bytes:
    """Serialise parsed JSON by RFC 8785.

    Raises ``InvalidValue`` with ``json.not_canonical`` for what JSON cannot say to everyone:
    lone surrogates, integers beyond 53 bits, NaN, types that JSON does not have.
    """
    try:
        return rfc8785.dumps(cast("Any", obj))
    except (rfc8785.CanonicalizationError, RecursionError) as error:
        raise InvalidValue("json.not_canonical") from error


def request_object(request: ClearanceRequest) -> dict[str, Any]:
    """Return the request as JSON data; ``parse_request`` reads it back to an equal request."""
    members = _plain_members(request)
    # Younger than the first certificates, whose bytes and hashes must stay what they are.
    if request.replaces is None:
        del members["replaces"]
    return {"schema": SCHEMA_VERSION, **members}


def certificate_object(certificate: ClearanceCertificate) -> dict[str, Any]:
    """Return the certificate as JSON data: the request's members and what the register added."""
    return {
        **request_object(certificate.request),
        "number": certificate.number,
        "serial": certificate.number.serial,
        "verification_code": certificate.verification_code,
        "issued_at": format_moment(certificate.issued_at),
        "currency": CURRENCY,
    }


def certificate_bytes(certificate: ClearanceCertificate) -> bytes:
    """Return the canonical JSON of the certificate."""
    return canonical_bytes(certificate_object(certificate))


def content_hash(certificate: ClearanceCertificate) -> bytes:
    """Return the SHA-256 (32 bytes) of the canonical JSON."""
    return hashlib.sha256(certificate_bytes(certificate)).digest()


def certificate_from_object(obj: object) -> ClearanceCertificate:
    """Read a certificate back; the exact inverse of ``certificate_object``.

    Raises ``InvalidRequest`` for anything that ``certificate_object`` would not have written just
    so, down to the spelling of a name: what is hashed has one form.
    """
    certificate = cast("ClearanceCertificate", read_whole(_CERTIFICATE, obj, now=None))
    if certificate_object(certificate) != obj:
        raise InvalidRequest((InvalidValue("certificate.not_canonical"),))
    return certificate


def plain_value(value: object) -> Any:
    """Return a value of the domain, or a whole part of a request, as the canonical JSON has it."""
    match value:
        case None | str() | int():
            return value
        case datetime():
            return format_moment(value)
        case date():
            return value.isoformat()
        case tuple():
            return [plain_value(item) for item in value]
        case InspectedBasis() | UndertakingBasis():
            return _plain_basis(value)
        case _:
            return _plain_members(value)


def _plain_members(value: Any) -> dict[str, Any]:
    return {member.name: plain_value(getattr(value, member.name)) for member in fields(value)}


def _plain_basis(basis: Basis) -> dict[str, Any]:
    if isinstance(basis, InspectedBasis):
        return {"type": "inspected", **_plain_members(basis)}
    return {
        "type": "undertaking",
        "undertaking_id": basis.undertaking_id,
        "fiscal_period": {
            "start": plain_value(basis.fiscal_period_start),
            "end": plain_value(basis.fiscal_period_end),
        },
    }


def _certificate(
    *,
    number: ClearanceNumber,
    verification_code: VerificationCode,
    issued_at: datetime,
    **members: Any,
) -> ClearanceCertificate:
    # The rest follows from these: it is compared once the certificate is written again.
    for derived in ("schema", "serial", "currency"):
        del members[derived]
    return ClearanceCertificate(
        number=number,
        verification_code=verification_code,
        issued_at=issued_at,
        request=ClearanceRequest(**members),
    )


_CERTIFICATE = Record(
    members={
        **REQUEST_MEMBERS,
        "number": Leaf(json_type=str, parse=ClearanceNumber.parse),
        "serial": Leaf(json_type=int, parse=int),
        "verification_code": Leaf(json_type=str, parse=VerificationCode.parse),
        "issued_at": Leaf(json_type=str, parse=parse_moment),
        "currency": one_of(CURRENCY),
    },
    optional=OPTIONAL_MEMBERS,
    build=_certificate,
)
