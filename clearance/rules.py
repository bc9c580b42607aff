"""The rules at issue (R1-R3, R5-R11): facts in, failures out.

1. The register gathers the facts of a request from the directory, the collections and earlier
   clearances, in the transaction that gives the number.
2. Each rule of ``clearance.rulebook`` is held against them. What the caller claims is compared,
   never believed.
3. Every failure is answered at once, in the order of the rules, so that a branch mends them in one
   go. A rule that cannot be judged because an earlier one failed (the data of an unknown row) is
   silent.
"""

import datetime as dt
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace

from clearance.certificate import ClearanceKind, ClearanceRequest, PaymentReceipt, UndertakingBasis
from clearance.directory import ContractRowKey, ReviewOutcome, RowState, same
from clearance.facts import Facts
from clearance.rulebook import RULES, Failure

Evaluate = Callable[[ClearanceRequest, Facts, dt.datetime], tuple[Failure, ...]]
"""What judges a request by the facts at a moment."""

_RULES = {rule.code: rule for rule in RULES}


def evaluate(request: ClearanceRequest, facts: Facts, now: dt.datetime) -> tuple[Failure, ...]:
    """Return every rule that a request breaks at ``now`` (aware); none if it may be issued."""
    return (
        *_parties(request, facts, now),
        *_contract_row(request, facts),
        *_review(facts),
        *_undertaking(request, facts),
        *_replacement(request, facts),
        *_once(request, facts),
        *_collection(request, facts, now),
    )


def key_of(request: ClearanceRequest) -> ContractRowKey:
    """Return the contract row that a request is for."""
    return ContractRowKey(
        branch_code=request.branch.code,
        row=request.contract.row,
        sequence=request.contract.sequence,
    )


def _failure(name: str, *fields: str, **parameters: str) -> Failure:
    rule = _RULES[f"rules.{name}"]
    return Failure(
        requirement=rule.requirement, code=rule.code, fields=fields, parameters=parameters
    )


def _differs(name: str, compared: Iterable[tuple[str, object, object]]) -> Iterator[Failure]:
    """Name the fields whose claimed value is not the known one; an unknown value differs, too."""
    fields = [pointer for pointer, claimed, known in compared if not same(claimed, known)]
    if fields:
        yield _failure(name, *fields, fields=", ".join(fields))


def _parties(request: ClearanceRequest, facts: Facts, now: dt.datetime) -> Iterator[Failure]:
    """R1-R3: both parties need them, although only the work assigner is notified (R4)."""
    failures = []
    for party, number, workshop in (
        ("work_assigner", request.work_assigner.workshop_number, facts.work_assigner_workshop),
        ("contractor", request.contractor.workshop_number, facts.contractor_workshop),
    ):
        broken = []
        if workshop is None:
            broken.append("workshop_missing")
        else:
            accepted = workshop.undertaking_accepted_at
            if workshop.account_id is None:
                broken.append("account_missing")
            if accepted is None or accepted > now:
                broken.append("eservices_not_accepted")
        failures += [
            _failure(f"{party}_{what}", f"/{party}/workshop_number", workshop=number)
            for what in broken
        ]
    return iter(sorted(failures, key=lambda failure: failure.requirement))


def _contract_row(request: ClearanceRequest, facts: Facts) -> Iterator[Failure]:
    """R5: the row was allotted, and to the work assigner whom the request names."""
    key, row = key_of(request), facts.contract_row
    if facts.branch is None:
        yield _failure("branch_unknown", "/branch/code", branch=key.branch_code)
    if row is None:
        yield _failure(
            "row_unknown",
            "/contract/row",
            branch=key.branch_code,
            row=key.row,
            sequence=key.sequence,
        )
    elif row.work_assigner_workshop is None:
        yield _failure("row_without_work_assigner", "/contract/row", row=key.row)
    yield from _differs("data_differs", _claims(request, facts))


def _claims(request: ClearanceRequest, facts: Facts) -> Iterator[tuple[str, object, object]]:
    """Yield what the request says beside what the directory knows of the same things."""
    if (branch := facts.branch) is not None:
        yield "/branch/name", request.branch.name, branch.name
        yield "/branch/province", request.branch.province, branch.province
    contract, work_assigner, contractor = (
        request.contract,
        request.work_assigner,
        request.contractor,
    )
    if (row := facts.contract_row) is not None:
        yield "/contract/number", contract.number, row.contract_number
        yield "/contract/date", contract.date, row.contract_date
        yield "/contract/subject", contract.subject, row.subject
        yield "/contract/start", contract.start, row.start
        yield "/contract/end", contract.end, row.end
        yield "/contract/initial_amount", contract.initial_amount, row.initial_amount
        yield "/contractor/workshop_number", contractor.workshop_number, row.contractor_workshop
        if (allotted := row.work_assigner_workshop) is not None:
            yield "/work_assigner/workshop_number", work_assigner.workshop_number, allotted
    for name, party, workshop in (
        ("work_assigner", work_assigner, facts.work_assigner_workshop),
        ("contractor", contractor, facts.contractor_workshop),
    ):
        if workshop is not None:
            yield f"/{name}/identifier", party.identifier, workshop.owner_identifier
            yield f"/{name}/name", party.name, workshop.name


def _review(facts: Facts) -> Iterator[Failure]:
    """R6 (note 1): only an active row whose data agree with its claims file."""
    row, review = facts.contract_row, facts.review
    if row is None:
        return
    if row.state is RowState.CLOSED:
        yield _failure("row_closed", "/contract/row", row=row.key.row)
    if review is None or review.row_version != row.version:
        yield _failure("row_unreviewed", "/contract/row", row=row.key.row)
    elif review.outcome is not ReviewOutcome.MATCHING:
        yield _failure(
            f"row_{review.outcome.value}",
            "/contract/row",
            row=row.key.row,
            differences=", ".join(review.differences),
        )


def _undertaking(request: ClearanceRequest, facts: Facts) -> Iterator[Failure]:
    """R7 and R8 (clause 3): before the inspection only against the period's one undertaking."""
    basis = request.basis
    if not isinstance(basis, UndertakingBasis):
        return
    first = next(iter(facts.undertakings_of_period), None)
    if first is not None and first.id != basis.undertaking_id:
        yield _failure("undertaking_second", "/basis/undertaking_id", first=first.id)
    elif (on_file := facts.undertaking) is None:
        yield _failure("undertaking_missing", "/basis/undertaking_id", id=basis.undertaking_id)
    else:
        yield from _differs(
            "undertaking_differs",
            (
                (
                    "/contractor/identifier",
                    request.contractor.identifier,
                    on_file.contractor_identifier,
                ),
                ("/basis/fiscal_period/start", basis.fiscal_period_start, on_file.period_start),
                ("/basis/fiscal_period/end", basis.fiscal_period_end, on_file.period_end),
            ),
        )


def _replacement(request: ClearanceRequest, facts: Facts) -> Iterator[Failure]:
    """R9: a replacement stands in the place of one revoked clearance of the same row."""
    if (number := request.replaces) is None:
        return
    replaced = facts.replaced
    if replaced is None:
        yield _failure("replaced_unknown", "/replaces", number=number)
        return
    if replaced.key != key_of(request):
        yield _failure("replaced_other_row", "/replaces", number=number)
    if not replaced.revoked:
        yield _failure("replaced_in_force", "/replaces", number=number)
    rivals = (each.number for each in facts.earlier if each.replaces == number)
    other = replaced.replacement or next(rivals, None)
    if other is not None:
        yield _failure("replaced_already", "/replaces", number=number, other=other)


def _once(request: ClearanceRequest, facts: Facts) -> Iterator[Failure]:
    """R10: an act against these rules is void, so a row and sequence has one final clearance."""
    final = next((each for each in facts.earlier if each.kind is ClearanceKind.FINAL), None)
    if final is not None:
        name = "final_second" if request.kind is ClearanceKind.FINAL else "interim_after_final"
        yield _failure(name, "/kind", number=final.number)


def _collection(request: ClearanceRequest, facts: Facts, now: dt.datetime) -> Iterator[Failure]:
    """R11 (note 2): issued after the collection of what was due, as it is on record."""
    premium, collection = request.premium, facts.collection
    if collection is None:
        yield _failure("collection_missing", "/premium/receipts")
        return
    # A collection is bound when its clearance is issued; until then the receipts tell.
    receipts = {receipt.id for receipt in premium.receipts}
    rivals = (each.number for each in facts.earlier if each.receipts & receipts)
    user = collection.number or next(rivals, None)
    if user is not None and user != request.replaces:
        yield _failure("collection_used", "/premium/receipts", number=user)
    yield from _differs(
        "collection_differs",
        (
            ("/premium/sum_of_debits", premium.sum_of_debits, collection.sum_of_debits),
            ("/premium/amount_collected", premium.amount_collected, collection.amount),
            ("/premium/receipts", _sorted(premium.receipts), _sorted(collection.receipts)),
        ),
    )
    if collection.amount < collection.sum_of_debits:
        yield _failure(
            "collection_short",
            "/premium/amount_collected",
            collected=f"{collection.amount:,}",
            due=f"{collection.sum_of_debits:,}",
        )
    moments = (collection.collected_at, *(each.collected_at for each in collection.receipts))
    if max(moments) > now:
        yield _failure("collection_in_future", "/premium/receipts")


def _sorted(receipts: tuple[PaymentReceipt, ...]) -> list[PaymentReceipt]:
    """Return receipts in one order; their moments count in whole seconds, as they are kept."""
    whole = (
        replace(each, collected_at=each.collected_at.replace(microsecond=0)) for each in receipts
    )
    return sorted(whole, key=lambda each: each.id)
