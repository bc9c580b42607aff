"""The receipt of a verification: what was judged, how, when, on what basis.

A receipt attests one verdict of one moment. It is no clearance, and the judged file is not kept:
whoever holds both can compare the digest.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Self

from clearance.canonical import canonical_bytes
from clearance.certificate import ClearanceCertificate
from clearance.clock import format_moment, parse_moment
from clearance.errors import InvalidValue
from clearance.identifiers import ClearanceNumber, VerificationCode
from clearance.money import Rials
from clearance.text import ascii_digits
from clearance.verdict import Outcome, Reason

SCHEMA_VERSION = 1


class ReceiptNumber(str):
    """``R-YYYY-NNNNNN``: the Jalali year and a serial that runs through it without a gap."""

    __slots__ = ()

    def __new__(cls, text: str) -> Self:
        """Raise ``InvalidValue("receipt_number.invalid")`` for another form."""
        if re.fullmatch("R-[0-9]{4}-[0-9]{6}", text) is None:
            raise InvalidValue("receipt_number.invalid")
        return super().__new__(cls, text)

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read the number in any digits and either case."""
        return cls(ascii_digits(text).strip().upper())

    @classmethod
    def make(cls, jalali_year: int, serial: int) -> Self:
        """Return the number of a year's serial, from 1 on."""
        return cls(f"R-{jalali_year:04}-{serial:06}")


@dataclass(frozen=True, kw_only=True)
class JudgedFile:
    """The file that the verdict was about."""

    sha256: str
    """Lowercase hexadecimal."""
    size: int
    """Bytes."""


@dataclass(frozen=True, kw_only=True)
class ReceiptFacts:
    """What the register said of the clearance, for whoever held what was issued."""

    number: ClearanceNumber
    issued_at: datetime
    branch_code: str
    branch_name: str
    work_assigner: str
    contractor: str
    contract_number: str
    contract_row: str
    contract_sequence: str
    amount_collected: Rials


@dataclass(frozen=True, kw_only=True)
class ReceiptAnchor:
    """A trust anchor that the verdict rested on."""

    subject: str
    """RFC 4514."""
    sha256: str
    """Of the certificate in DER, lowercase hexadecimal."""


@dataclass(frozen=True, kw_only=True)
class Judgement:
    """What a receipt attests."""

    file: JudgedFile
    outcome: Outcome
    reasons: tuple[Reason, ...]
    """Those that decided, most weighty first."""
    checked_at: datetime
    """UTC, whole seconds."""
    policy: str
    anchors: tuple[ReceiptAnchor, ...]
    clearance: ReceiptFacts | None


@dataclass(frozen=True, kw_only=True)
class VerificationReceipt:
    """A judgement with the number and code under which the register knows it."""

    number: ReceiptNumber
    verification_code: VerificationCode
    judgement: Judgement


def receipt_facts(certificate: ClearanceCertificate) -> ReceiptFacts:
    """Return what a receipt names of a clearance."""
    request = certificate.request
    return ReceiptFacts(
        number=certificate.number,
        issued_at=certificate.issued_at,
        branch_code=request.branch.code,
        branch_name=request.branch.name,
        work_assigner=request.work_assigner.name,
        contractor=request.contractor.name,
        contract_number=request.contract.number,
        contract_row=request.contract.row,
        contract_sequence=request.contract.sequence,
        amount_collected=request.premium.amount_collected,
    )


def receipt_bytes(receipt: VerificationReceipt) -> bytes:
    """Return the canonical JSON (RFC 8785) of a receipt."""
    return canonical_bytes(receipt_object(receipt))


def receipt_object(receipt: VerificationReceipt) -> dict[str, Any]:
    """Return a receipt as JSON data; moments are RFC 3339 in UTC, the amount whole rials."""
    judgement = receipt.judgement
    return {
        "schema": SCHEMA_VERSION,
        "number": receipt.number,
        "verification_code": receipt.verification_code,
        "file": {"sha256": judgement.file.sha256, "size": judgement.file.size},
        "outcome": judgement.outcome.value,
        "reasons": [reason.value for reason in judgement.reasons],
        "checked_at": format_moment(judgement.checked_at),
        "policy": judgement.policy,
        "anchors": [{"subject": each.subject, "sha256": each.sha256} for each in judgement.anchors],
        "clearance": _facts_object(judgement.clearance) if judgement.clearance else None,
    }


def receipt_from_object(obj: Mapping[str, Any]) -> VerificationReceipt:
    """Read what ``receipt_object`` wrote."""
    return VerificationReceipt(
        number=ReceiptNumber(obj["number"]),
        verification_code=VerificationCode.parse(obj["verification_code"]),
        judgement=Judgement(
            file=JudgedFile(**obj["file"]),
            outcome=Outcome(obj["outcome"]),
            reasons=tuple(map(Reason, obj["reasons"])),
            checked_at=parse_moment(obj["checked_at"]),
            policy=obj["policy"],
            anchors=tuple(ReceiptAnchor(**each) for each in obj["anchors"]),
            clearance=_facts(obj["clearance"]) if obj["clearance"] else None,
        ),
    )


def _facts_object(facts: ReceiptFacts) -> dict[str, Any]:
    return {
        **vars(facts),
        "issued_at": format_moment(facts.issued_at),
        "amount_collected": int(facts.amount_collected),
        "currency": "IRR",
    }


def _facts(obj: Mapping[str, Any]) -> ReceiptFacts:
    values = {name: value for name, value in obj.items() if name != "currency"}
    return ReceiptFacts(
        **values
        | {
            "number": ClearanceNumber(values["number"]),
            "issued_at": parse_moment(values["issued_at"]),
            "amount_collected": Rials(values["amount_collected"]),
        }
    )
