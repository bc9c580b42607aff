"""The circular, clause by clause: each obligation, what holds it here, and the proof.

The numbers R1 to R17 are used everywhere: in comments, tests, refusals. ``service.rule_table``
writes this table into docs/circular.md; tests hold it against the rules, routes and tests that it
names.
"""

from dataclasses import dataclass

from clearance.rulebook import RULES, Rule


@dataclass(frozen=True, kw_only=True)
class Obligation:
    """One thing that the circular orders."""

    number: str
    """R1 to R17."""
    clause: str
    """Where the circular orders it."""
    who: str
    """Whose duty it is."""
    duty: str
    """What they must do, in our words."""
    held_by: str
    """What the software does about it."""
    carried_by: tuple[str, ...]
    """Routes (``GET /path``) and commands (``mohr …``) that carry it."""
    test: str
    """The test named after it: a file below tests/circular, and the function."""

    @property
    def rules(self) -> tuple[Rule, ...]:
        """The rules at issue that belong to it."""
        return tuple(rule for rule in RULES if rule.requirement == self.number)


OBLIGATIONS: tuple[Obligation, ...] = (
    Obligation(
        number="R1",
        clause="1",
        who="work assigner and contractor",
        duty="Hold a workshop number.",
        held_by="The directory has both workshops, or nothing is issued.",
        carried_by=("PUT /v1/workshops/{number}", "mohr directory import", "POST /v1/clearances"),
        test="test_before_issue.py::test_r1_both_parties_hold_a_workshop_number",
    ),
    Obligation(
        number="R2",
        clause="1",
        who="work assigner and contractor",
        duty="Hold a user account in the e-services system.",
        held_by="The account's id stands with the workshop, or nothing is issued.",
        carried_by=("PUT /v1/workshops/{number}", "POST /v1/clearances"),
        test="test_before_issue.py::test_r2_both_parties_hold_a_user_account",
    ),
    Obligation(
        number="R3",
        clause="1",
        who="work assigner and contractor",
        duty="Complete the application and the undertaking for electronic services.",
        held_by="The time of its acceptance stands with the workshop, or nothing is issued.",
        carried_by=("PUT /v1/workshops/{number}", "POST /v1/clearances"),
        test="test_before_issue.py::test_r3_both_parties_accepted_electronic_services",
    ),
    Obligation(
        number="R4",
        clause="2",
        who="the Organization",
        duty="Notify the clearance to the assigner's account, found through the workshop that is "
        "allotted to the address in the contract.",
        held_by="Issuing opens the notice in the same transaction; the recipient follows from the "
        "contract row, never from the caller. Delivered and first viewed are kept as evidence.",
        carried_by=(
            "GET /v1/workshops/{number}/notices",
            "POST /v1/notices/{id}/views",
            "GET /v1/clearances/{number}/notices",
            "mohr notices dead",
        ),
        test="test_at_issue.py::test_r4_the_assigners_account_is_notified_on_issue",
    ),
    Obligation(
        number="R5",
        clause="2",
        who="branch",
        duty="Record that workshop when the contract row is allotted.",
        held_by="A row without it is not cleared, nor a request that says otherwise than the row.",
        carried_by=("PUT /v1/contract-rows/{branch}/{row}", "POST /v1/clearances"),
        test="test_before_issue.py::test_r5_the_row_bears_the_assigners_workshop",
    ),
    Obligation(
        number="R6",
        clause="note 1",
        who="branch",
        duty="Review and complete the data of all active contract rows against the claims file.",
        held_by="A row is cleared only after a matching review of its present version. What is "
        "unreviewed, mismatched or incomplete is listed by province and branch.",
        carried_by=(
            "POST /v1/contract-rows/{branch}/{row}/reviews",
            "GET /v1/reconciliation",
            "POST /v1/clearances",
        ),
        test="test_before_issue.py::test_r6_the_row_was_reviewed_against_its_claims_file",
    ),
    Obligation(
        number="R7",
        clause="3",
        who="branch",
        duty="May issue before the inspection of the books, against an undertaking.",
        held_by="The basis is an inspection, or an undertaking that is on file.",
        carried_by=("PUT /v1/inspection-undertakings/{id}", "POST /v1/clearances"),
        test="test_before_issue.py::test_r7_before_the_inspection_only_against_an_undertaking",
    ),
    Obligation(
        number="R8",
        clause="3",
        who="branch",
        duty="Take that undertaking only once for each fiscal period.",
        held_by="A contractor's periods on file never touch; a second undertaking is refused with "
        "a pointer to the first, also under two requests at once.",
        carried_by=("PUT /v1/inspection-undertakings/{id}", "POST /v1/clearances"),
        test="test_before_issue.py::test_r8_one_undertaking_for_a_fiscal_period",
    ),
    Obligation(
        number="R9",
        clause="4",
        who="branch",
        duty="Issue and notify only electronically.",
        held_by="The register is the one channel: it takes two officers to revoke, a replacement "
        "is linked both ways, and nothing is deleted.",
        carried_by=(
            "POST /v1/clearances",
            "POST /v1/batches",
            "POST /v1/clearances/{number}/revocations",
            "POST /v1/clearances/{number}/revocations/{id}/decision",
            "GET /panel/revocations",
        ),
        test="test_at_issue.py::test_r9_the_register_is_the_one_channel",
    ),
    Obligation(
        number="R10",
        clause="4",
        who="everybody",
        duty="What is done against these rules is void.",
        held_by="What is not in the register is not authentic, on paper too; a row and sequence "
        "has one final clearance, and no interim one follows it.",
        carried_by=(
            "POST /v1/verifications",
            "GET /v1/tokens/{token}",
            "GET /s/{number}",
            "GET /paper-forms",
            "POST /v1/clearances",
        ),
        test="test_at_issue.py::test_r10_what_is_outside_the_channel_is_void",
    ),
    Obligation(
        number="R11",
        clause="note 2",
        who="branch",
        duty="Issue at most one day after the premium was collected.",
        held_by="The collection starts the clock before any request comes; a warning at 80 % of "
        "the time, and a breach at its end that stays on record.",
        carried_by=(
            "POST /v1/collections",
            "GET /v1/breaches",
            "GET /panel/timeliness",
            "POST /v1/clearances",
        ),
        test="test_at_issue.py::test_r11_one_day_after_collection",
    ),
    Obligation(
        number="R12",
        clause="5",
        who="branch",
        duty="Hand all unused Form 22 in, each with the hologram of its serial, with minutes.",
        held_by="Every serial is in one state; minutes close only if the states add up to what was "
        "allotted, and are sealed like a clearance.",
        carried_by=(
            "POST /v1/paper-ranges",
            "POST /v1/paper-forms/states",
            "POST /v1/paper-minutes",
            "POST /v1/paper-minutes/{number}/closing",
        ),
        test="test_paper.py::test_r12_unused_forms_are_handed_in_with_minutes",
    ),
    Obligation(
        number="R13",
        clause="5",
        who="province",
        duty="Send them on with consolidated minutes and report to Premium Collection, in time.",
        held_by="Despatch and report are two acts on record; who is late is shown.",
        carried_by=("POST /v1/paper-minutes", "GET /v1/paper-ledger"),
        test="test_paper.py::test_r13_the_province_sends_on_and_reports",
    ),
    Obligation(
        number="R14",
        clause="5",
        who="branch",
        duty="Cancel forms that were filled in but never issued, hologram attached, and issue "
        "electronically instead.",
        held_by="A cancelled serial points to the electronic clearance in its place.",
        carried_by=("POST /v1/paper-forms/states", "GET /v1/paper-forms/{serial}"),
        test="test_paper.py::test_r14_a_cancelled_form_points_to_its_clearance",
    ),
    Obligation(
        number="R15",
        clause="6",
        who="provincial units",
        duty="Control the issuing process through the panel for staff.",
        held_by="The panel shows what needs attention first, on each of its pages only what lies "
        "within the person's reach; every act leaves its trace.",
        carried_by=(
            "GET /panel",
            "GET /panel/clearances",
            "GET /panel/timeliness",
            "GET /panel/trail",
        ),
        test="test_supervision.py::test_r15_the_province_controls_its_own_branches",
    ),
    Obligation(
        number="R16",
        clause="7",
        who="IT centre with Premium Collection",
        duty="Produce, install and develop the software.",
        held_by="This project: one program, its setup, its documents, its tests.",
        carried_by=("GET /health/ready", "mohr serve", "mohr worker"),
        test="test_supervision.py::test_r16_the_software_runs_and_says_so",
    ),
    Obligation(
        number="R17",
        clause="7",
        who="directors-general to officers",
        duty="Answer for the proper execution.",
        held_by="Six roles, each with its reach; who does not hold the permission is refused, and "
        "the audit trail names who acted.",
        carried_by=("GET /panel/staff", "mohr staff add"),
        test="test_supervision.py::test_r17_each_office_does_what_it_answers_for",
    ),
)
"""R1 to R17, in their order."""
