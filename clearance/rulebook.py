"""The rules at issue: which obligation each belongs to, its stable code, and what it demands.

``clearance.rules`` judges by them; what they say to a person stands in
``templates/messages/rules.toml`` under the same codes.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, kw_only=True)
class Rule:
    """One thing without which nothing is issued."""

    requirement: str
    """The obligation of the circular: R1 to R11."""
    code: str
    """``rules.what``: what is the case if the rule is broken."""
    demands: str
    """What must be so."""


@dataclass(frozen=True, kw_only=True)
class Failure:
    """One rule that a request breaks."""

    requirement: str
    """The obligation of the circular, such as ``R5``."""
    code: str
    """As in ``RULES``."""
    fields: tuple[str, ...]
    """JSON Pointers (RFC 6901) to what in the request is concerned."""
    parameters: Mapping[str, str] = field(default_factory=dict)
    """For the placeholders of its text."""


def _rules(requirement: str, demands: dict[str, str]) -> tuple[Rule, ...]:
    return tuple(
        Rule(requirement=requirement, code=f"rules.{name}", demands=text)
        for name, text in demands.items()
    )


RULES: tuple[Rule, ...] = (
    *_rules(
        "R1",
        {
            "work_assigner_workshop_missing": "The work assigner's workshop is in the directory.",
            "contractor_workshop_missing": "The contractor's workshop is in the directory.",
        },
    ),
    *_rules(
        "R2",
        {
            "work_assigner_account_missing": "The work assigner's workshop has a user account in "
            "the e-services system.",
            "contractor_account_missing": "The contractor's workshop has one, too.",
        },
    ),
    *_rules(
        "R3",
        {
            "work_assigner_eservices_not_accepted": "The work assigner has accepted the "
            "undertaking for electronic services.",
            "contractor_eservices_not_accepted": "The contractor has accepted it, too.",
        },
    ),
    *_rules(
        "R5",
        {
            "branch_unknown": "The branch is in the directory.",
            "row_unknown": "The contract row is in the directory of its branch.",
            "row_without_work_assigner": "The contract row has a work assigner's workshop, the one "
            "allotted to the address in the contract.",
            "data_differs": "Branch, contract and parties are as the directory has them.",
        },
    ),
    *_rules(
        "R6",
        {
            "row_closed": "The contract row is active.",
            "row_unreviewed": "The row's present data were reviewed against the claims file.",
            "row_mismatched": "That review found no contradiction.",
            "row_incomplete": "That review found no gap.",
        },
    ),
    *_rules(
        "R7",
        {
            "undertaking_missing": "A clearance before the inspection of the books rests on an "
            "undertaking that is on file.",
            "undertaking_differs": "That undertaking is the contractor's and covers the fiscal "
            "period of the request.",
        },
    ),
    *_rules(
        "R8",
        {
            "undertaking_second": "It is the first of this contractor and fiscal period: a second "
            "one does not count, the first is used again.",
        },
    ),
    *_rules(
        "R9",
        {
            "replaced_unknown": "What a clearance is to replace was issued.",
            "replaced_other_row": "It was issued for the same contract row and sequence.",
            "replaced_in_force": "It has been revoked.",
            "replaced_already": "Nothing has taken its place yet.",
        },
    ),
    *_rules(
        "R10",
        {
            "final_second": "The contract row and sequence have no other final clearance.",
            "interim_after_final": "No interim clearance follows the final one.",
        },
    ),
    *_rules(
        "R11",
        {
            "collection_missing": "The collection of the premium is on record for the row.",
            "collection_used": "No other clearance rests on that collection.",
            "collection_differs": "Debits, amount and receipts of the request are those on record.",
            "collection_short": "The recorded amount reaches the sum of debits.",
            "collection_in_future": "The premium has been collected (or, with nothing to collect, "
            "the assessment approved) by now.",
        },
    ),
)
"""All rules, in the order in which failures are named."""
