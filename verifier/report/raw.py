"""Verdicts as JSON objects, for the interface and the command line."""

from typing import Any

from clearance.clock import format_moment
from clearance.token import TokenClaims
from clearance.verdict import Finding, Verdict
from verifier.token import TokenVerdict


def verdict_object(verdict: Verdict) -> dict[str, Any]:
    """Return a verdict as plain JSON values; codes are stable, times RFC 3339 in UTC."""
    return {
        "outcome": verdict.outcome.value,
        "reasons": [reason.value for reason in verdict.reasons],
        "number": verdict.number,
        "sha256": verdict.sha256,
        "checked_at": format_moment(verdict.checked_at),
        "findings": [_finding_object(finding) for finding in verdict.findings],
        "differences": [
            {"field": each.field, "issued": each.issued, "found": each.found}
            for each in verdict.differences
        ],
    }


def token_verdict_object(verdict: TokenVerdict) -> dict[str, Any]:
    """Return an offline token verdict as plain JSON values; ``claims`` is null unless valid."""
    return {
        "valid": verdict.valid,
        "reason": verdict.reason.value,
        "claims": _claims_object(verdict.claims) if verdict.claims else None,
    }


def _finding_object(finding: Finding) -> dict[str, Any]:
    return {
        "stage": finding.stage.value,
        "level": finding.level.value,
        "reason": finding.reason.value,
        "parameters": dict(finding.parameters),
    }


def _claims_object(claims: TokenClaims) -> dict[str, Any]:
    return {
        "issuer": claims.issuer,
        "issued_at": format_moment(claims.issued_at),
        "number": claims.number,
        "kind": claims.kind.value,
        "branch_code": claims.branch_code,
        "contract_row": claims.contract_row,
        "contract_sequence": claims.contract_sequence,
        "work_assigner_identifier": claims.work_assigner_identifier,
        "contractor_identifier": claims.contractor_identifier,
        "amount_collected": int(claims.amount_collected),
        "currency": "IRR",
        "verification_code": claims.verification_code,
        "content_hash": claims.content_hash.hex(),
        "status_list": {"uri": claims.status_list_uri, "index": claims.status_list_index},
    }
