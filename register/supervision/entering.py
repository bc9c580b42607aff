"""Enters an issued clearance into what supervision searches.

Functions over one connection; the caller owns the transaction.
"""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import Connection, text

from clearance.certificate import ClearanceCertificate, UndertakingBasis
from clearance.parties import Party
from register.supervision.words import words_of

_ENTER = text(
    """
    INSERT INTO clearance_search (
        number, branch_code, contract_row, contract_sequence, kind, issued_at,
        work_assigner, contractor, amount_collected, words)
    VALUES (
        :number, :branch_code, :contract_row, :contract_sequence, :kind, :issued_at,
        :work_assigner, :contractor, :amount_collected,
        array_to_tsvector(CAST(:words AS text[])))
    """
)


def enter(connection: Connection, certificates: Iterable[ClearanceCertificate]) -> None:
    """Enter clearances that are being issued, or were before there was this table."""
    connection.execute(_ENTER, list(map(_row, certificates)))


def _row(certificate: ClearanceCertificate) -> dict[str, Any]:
    request = certificate.request
    contract = request.contract
    return {
        "number": str(certificate.number),
        "branch_code": str(request.branch.code),
        "contract_row": str(contract.row),
        "contract_sequence": str(contract.sequence),
        "kind": request.kind.value,
        "issued_at": certificate.issued_at,
        "work_assigner": request.work_assigner.name,
        "contractor": request.contractor.name,
        "amount_collected": int(request.premium.amount_collected),
        "words": words_of(_texts(certificate)),
    }


def _texts(certificate: ClearanceCertificate) -> tuple[str, ...]:
    request = certificate.request
    basis = request.basis
    return (
        certificate.number,
        request.contract.row,
        request.contract.number,
        request.contract.subject,
        *_party(request.work_assigner),
        *_party(request.contractor),
        *(receipt.id for receipt in request.premium.receipts),
        *((basis.undertaking_id,) if isinstance(basis, UndertakingBasis) else ()),
    )


def _party(party: Party) -> tuple[str, ...]:
    return party.name, party.identifier, party.workshop_number
