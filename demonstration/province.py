"""A believable province, made from a seed: the same seed and moment give the same province.

Everything in it is invented, and valid in form: identifiers bear their check digits and requests
satisfy the rules. What is wrong (rows that do not match, clearances that came late) is so on
purpose.
"""

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass, fields, replace
from random import Random
from typing import Final

from clearance.deadline import Collection
from clearance.directory import (
    BranchRecord,
    ContractData,
    ContractRowKey,
    ContractRowRecord,
    InspectionUndertaking,
    Workshop,
)
from clearance.jalali import jalali_year
from clearance.money import Rials
from demonstration.clearance_maker import ClearanceMaker, PlannedClearance
from demonstration.directory_maker import DirectoryMaker

_OVERDUE: Final = 4
"""Collections whose time is over without a request."""
_DUE_SOON: Final = 3


@dataclass(frozen=True, kw_only=True)
class PlannedReview:
    """A review of a row that an officer is to have made."""

    key: ContractRowKey
    claims_file: ContractData


@dataclass(frozen=True, kw_only=True)
class Province:
    """What the demonstration loads."""

    branches: tuple[BranchRecord, ...]
    workshops: tuple[Workshop, ...]
    rows: tuple[ContractRowRecord, ...]
    reviews: tuple[PlannedReview, ...]
    undertakings: tuple[InspectionUndertaking, ...]
    clearances: tuple[PlannedClearance, ...]
    """In the order of their moments."""
    uncleared: tuple[Collection, ...]
    """Collected, and no request has come: some are overdue, some soon will be."""


def make_province(now: dt.datetime, *, seed: int = 1405, clearances: int = 300) -> Province:
    """Make the province as it stands at ``now`` (aware)."""
    random = Random(seed)  # noqa: S311 - repeatable on purpose, and no secret
    now = now.astimezone(dt.UTC).replace(second=0, microsecond=0)
    year = jalali_year(now) - 1
    maker = DirectoryMaker(now, random, year)
    branches = tuple(maker.branches())
    assigners = {each.code: tuple(maker.assigners(each)) for each in branches}
    contractors = tuple(maker.contractors(branches))
    waiting = _OVERDUE + _DUE_SOON
    rows = tuple(
        maker.row(branch, index, random.choice(assigners[branch.code]), random.choice(contractors))
        for index in range(clearances + waiting + clearances // 3)
        for branch in (branches[maker.weighted(len(branches))],)
    )
    cleared, uncleared = rows[:clearances], rows[clearances : clearances + waiting]
    workshops = (*contractors, *(each for group in assigners.values() for each in group))
    requests = ClearanceMaker(
        now,
        random,
        year,
        branches={each.code: each for each in branches},
        workshops={each.number: each for each in workshops},
    )
    planned = sorted(map(requests.clearance, cleared), key=lambda each: each.at)
    return Province(
        branches=branches,
        workshops=(*workshops, *maker.unfinished_workshops(branches)),
        rows=rows,
        reviews=(
            *(PlannedReview(key=row.key, claims_file=_claims(row)) for row in cleared + uncleared),
            *_faulty_reviews(rows[clearances + waiting :]),
        ),
        undertakings=tuple(requests.undertakings.values()),
        clearances=tuple(planned),
        uncleared=tuple(
            requests.collection(
                row,
                now - dt.timedelta(hours=50 + 30 * index if index < _OVERDUE else 3 * index - 10),
                Rials(random.randint(90, 4000) * 1_000_000),
            )
            for index, row in enumerate(uncleared)
        ),
    )


def _claims(row: ContractRowRecord) -> ContractData:
    """Return a claims file that says the same as the record."""
    return ContractData(**{field.name: getattr(row, field.name) for field in fields(ContractData)})


def _faulty_reviews(rows: tuple[ContractRowRecord, ...]) -> Iterator[PlannedReview]:
    """Let some rows contradict their claims file, some have gaps there, the rest no review."""
    for index, row in enumerate(rows):
        claims = _claims(row)
        if index % 5 == 0 and row.initial_amount is not None:
            amount = Rials(row.initial_amount * 11 // 10)
            yield PlannedReview(key=row.key, claims_file=replace(claims, initial_amount=amount))
        elif index % 5 == 1:
            yield PlannedReview(key=row.key, claims_file=replace(claims, contract_address=None))
