"""Loads an invented province into the register, at the moments at which it all happened.

Every step can be repeated and does nothing a second time, so a load that was broken off goes on
where it stopped. Clearances are issued like any other: rendered, sealed, registered.
"""

import datetime as dt
import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Final, Protocol

from clearance.canonical import canonical_bytes, request_object
from clearance.certificate import ClearanceRequest
from clearance.clock import Clock
from clearance.directory_shapes import ReviewStatement
from clearance.identifiers import BranchCode, ClearanceNumber
from clearance.roles import Officer
from demonstration.clearance_maker import PlannedClearance
from demonstration.paper_forms import load_forms
from demonstration.province import Province
from register.collections.recording import Collections
from register.directory.directory import Directory
from register.paper_forms.ledger import PaperFormLedger
from register.records import IssuedClearance, RevocationReason
from register.revocations import Decision, Revocations

ACTOR: Final = "demonstration"
_LEAD: Final = dt.timedelta(days=70)
"""How long before its last moment the province was known to the register."""


class IssueAt(Protocol):
    """Issues as if the clock stood at a moment."""

    def __call__(
        self, at: dt.datetime, request: ClearanceRequest, *, idempotency_key: str
    ) -> IssuedClearance:
        """Return the clearance, the same for the same key."""


@dataclass(frozen=True, kw_only=True)
class Parts:
    """What the province is loaded into; each factory takes the clock to write by."""

    directory: Callable[[Clock], Directory]
    collections: Callable[[Clock], Collections]
    revocations: Callable[[Clock], Revocations]
    ledger: Callable[[Clock], PaperFormLedger]
    issue: IssueAt


@dataclass(frozen=True, kw_only=True)
class Revoked:
    """What became of a clearance of the province, counted by its place among the issued ones."""

    place: int
    reason: RevocationReason
    decision: Decision | None
    """Empty where the second officer has not decided yet."""
    replaced: bool = False


_REVOKED: Final = (
    Revoked(
        place=12,
        reason=RevocationReason.DATA_CORRECTED,
        decision=Decision.CONFIRM,
        replaced=True,
    ),
    Revoked(place=57, reason=RevocationReason.COLLECTION_REVERSED, decision=Decision.CONFIRM),
    Revoked(place=101, reason=RevocationReason.ISSUED_IN_ERROR, decision=Decision.CONFIRM),
    Revoked(place=149, reason=RevocationReason.DATA_CORRECTED, decision=Decision.REJECT),
    Revoked(place=203, reason=RevocationReason.OBTAINED_BY_FRAUD, decision=Decision.CONFIRM),
    Revoked(place=241, reason=RevocationReason.DATA_CORRECTED, decision=None),
    Revoked(place=262, reason=RevocationReason.COLLECTION_REVERSED, decision=None),
)


def load_directory(province: Province, parts: Parts, now: dt.datetime) -> None:
    """Feed branches, workshops and rows, and file the undertakings."""
    directory = parts.directory(_standing_at(now - _LEAD))
    for branch in province.branches:
        directory.put_branch(branch, actor=ACTOR)
    for workshop in province.workshops:
        directory.put_workshop(workshop, actor=ACTOR)
    for row in province.rows:
        directory.put_contract_row(row, actor=ACTOR)
    for undertaking in province.undertakings:
        directory.file_undertaking(undertaking, actor=ACTOR)


def load_reviews(
    province: Province, parts: Parts, now: dt.datetime, officers: Mapping[BranchCode, Officer]
) -> None:
    """Record the reviews of contract rows."""
    directory = parts.directory(_standing_at(now - _LEAD))
    for review in province.reviews:
        if not directory.reviews(review.key):
            statement = ReviewStatement(
                sequence=review.key.sequence, row_version=1, claims_file=review.claims_file
            )
            officer = officers[review.key.branch_code]
            directory.review(review.key.branch_code, review.key.row, statement, officer)


def load_uncleared(province: Province, parts: Parts) -> None:
    """Record the collections that no request has followed."""
    for collection in province.uncleared:
        recording = parts.collections(_standing_at(collection.collected_at))
        recording.record(collection, actor=ACTOR)


def load_clearance(planned: PlannedClearance, parts: Parts) -> IssuedClearance:
    """Record a collection and issue the clearance that followed it."""
    collected = planned.collection.collected_at
    parts.collections(_standing_at(collected)).record(planned.collection, actor=ACTOR)
    key = f"{ACTOR}-{planned.collection.id}"
    return parts.issue(planned.at, planned.request, idempotency_key=key)


def load_revocations(
    issued: tuple[tuple[PlannedClearance, ClearanceNumber], ...],
    parts: Parts,
    now: dt.datetime,
    officers: Mapping[BranchCode, Officer],
    supervisor: Officer,
) -> None:
    """Ask for revocations, decide on most of them, and replace one clearance."""
    for each in _REVOKED:
        if each.place >= len(issued):
            continue
        planned, number = issued[each.place]
        asked_at = min(planned.at + dt.timedelta(days=2), now - dt.timedelta(hours=3))
        asking = parts.revocations(_standing_at(asked_at))
        if asking.of(number, officer=supervisor):
            continue
        officer = officers[planned.request.branch.code]
        asked = asking.open(number, reason=each.reason, remark=None, officer=officer)
        if each.decision is None:
            continue
        decided_at = asked_at + dt.timedelta(hours=2)
        deciding = parts.revocations(_standing_at(decided_at))
        deciding.decide(number, asked.id, each.decision, officer=supervisor)
        if each.replaced:
            request = replace(planned.request, replaces=number)
            key = f"{ACTOR}-replaces-{number}"
            parts.issue(decided_at + dt.timedelta(hours=1), request, idempotency_key=key)


def load_paper_forms(
    province: Province,
    parts: Parts,
    now: dt.datetime,
    officers: Mapping[BranchCode, Officer],
    supervisor: Officer,
) -> None:
    """Load the ledger of Form 22, half of it handed over."""
    load_forms(province.branches, parts.ledger(_standing_at(now - _LEAD)), officers, supervisor)


def request_digest(request: ClearanceRequest) -> bytes:
    """Return the SHA-256 of a request's canonical JSON, by which repeats are told."""
    return hashlib.sha256(canonical_bytes(request_object(request))).digest()


def _standing_at(moment: dt.datetime) -> Clock:
    return lambda: moment
