"""What the register knows about a request, as the rules at issue ask for it."""

from dataclasses import dataclass

from clearance.certificate import ClearanceKind
from clearance.deadline import Collection
from clearance.directory import (
    BranchRecord,
    ContractRowKey,
    ContractRowRecord,
    InspectionUndertaking,
    Review,
    Workshop,
)
from clearance.identifiers import ClearanceNumber


@dataclass(frozen=True, kw_only=True)
class EarlierClearance:
    """Another clearance of the same contract row: in force, or given and not given up."""

    number: ClearanceNumber
    kind: ClearanceKind
    replaces: ClearanceNumber | None
    """The clearance in whose place it stands or shall stand, if any."""
    receipts: frozenset[str]
    """Ids of the payment receipts that it rests on."""


@dataclass(frozen=True, kw_only=True)
class ReplacedClearance:
    """The issued clearance that a request names in ``replaces``."""

    number: ClearanceNumber
    key: ContractRowKey
    revoked: bool
    replacement: ClearanceNumber | None
    """What has taken its place already."""


@dataclass(frozen=True, kw_only=True)
class Facts:
    """What the register knows about a request; ``None`` stands for what it does not know."""

    branch: BranchRecord | None
    work_assigner_workshop: Workshop | None
    """The workshop whose number the request gives for the work assigner."""
    contractor_workshop: Workshop | None
    contract_row: ContractRowRecord | None
    review: Review | None
    """The newest review of the row's present version."""
    undertaking: InspectionUndertaking | None
    """The one that the request names."""
    undertakings_of_period: tuple[InspectionUndertaking, ...] = ()
    """All of this contractor that touch the request's fiscal period, in the order of filing."""
    collection: Collection | None = None
    """The collection of the row that the request rests on."""
    earlier: tuple[EarlierClearance, ...] = ()
    replaced: ReplacedClearance | None = None
    """``None`` too if nothing was issued under the number that the request names."""
