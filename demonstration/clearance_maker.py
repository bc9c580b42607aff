"""Invents requests, collections and undertakings for the contract rows of a province."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from random import Random
from typing import Final, TypeVar

from clearance.certificate import (
    Approval,
    Approvals,
    Basis,
    Branch,
    ClearanceKind,
    ClearanceRequest,
    Contract,
    InspectedBasis,
    PaymentReceipt,
    PerformedWork,
    Premium,
    ReferringLetter,
    UndertakingBasis,
)
from clearance.deadline import Collection
from clearance.directory import BranchRecord, ContractRowRecord, InspectionUndertaking, Workshop
from clearance.identifiers import BranchCode, PartyIdentifier, WorkshopNumber
from clearance.jalali import TEHRAN, parse_date
from clearance.money import Rials
from clearance.parties import Party
from demonstration import invented
from demonstration.invented import WORDS

DAYS: Final = 60
"""How far back the clearances go."""
_WEEKEND: Final = (3, 4)
"""Thursday and Friday, as ``date.weekday`` counts."""
_BEFORE_INSPECTION: Final = 0.12
"""Share of the clearances that rest on an undertaking."""

_T = TypeVar("_T")


@dataclass(frozen=True, kw_only=True)
class PlannedClearance:
    """A clearance that is to be issued at a moment."""

    request: ClearanceRequest
    collection: Collection
    at: dt.datetime


class ClearanceMaker:
    """Makes requests out of one source of chance, as things stand at one moment."""

    def __init__(
        self,
        now: dt.datetime,
        random: Random,
        year: int,
        *,
        branches: Mapping[BranchCode, BranchRecord],
        workshops: Mapping[WorkshopNumber, Workshop],
    ) -> None:
        self._now = now
        self._random = random
        self._year = year
        self._branches = branches
        self._workshops = workshops
        self._heads = {
            code: (invented.person_name(random), invented.person_name(random)) for code in branches
        }
        self._receipts = 0
        self.undertakings: dict[PartyIdentifier, InspectionUndertaking] = {}
        """Those that the requests made so far rest on, by contractor."""

    def clearance(self, row: ContractRowRecord) -> PlannedClearance:
        """Make a request that satisfies every rule, and the moment it is granted at."""
        random = self._random
        collected_at = self._office_moment(random.randint(1, DAYS))
        at = min(collected_at + self._delay(), self._now - dt.timedelta(minutes=1))
        branch = self._branches[row.key.branch_code]
        assigner = self._workshops[_known(row.work_assigner_workshop)]
        contractor = self._workshops[_known(row.contractor_workshop)]
        end = min(_known(row.end), collected_at.date() - dt.timedelta(days=20))
        ended = end == row.end
        gross = Rials(int(_known(row.initial_amount) * random.uniform(0.82, 1.18)))
        due = Rials(int(gross * random.choice((0.07, 0.07, 0.15))))
        unemployment = Rials(due // 9)
        collection = self.collection(row, collected_at, Rials(due + unemployment))
        approved = collected_at + (at - collected_at) * 0.5
        collections_head, branch_head = self._heads[branch.code]
        request = ClearanceRequest(
            kind=ClearanceKind.FINAL if ended else ClearanceKind.INTERIM,
            branch=Branch(code=branch.code, name=branch.name, province=branch.province),
            contract=Contract(
                row=row.key.row,
                sequence=row.key.sequence,
                number=_known(row.contract_number),
                date=_known(row.contract_date),
                subject=_known(row.subject),
                start=_known(row.start),
                end=_known(row.end),
                initial_amount=_known(row.initial_amount),
            ),
            performed_work=PerformedWork(gross_amount=gross, start=_known(row.start), end=end),
            referring_letter=ReferringLetter(
                number=f"{random.randint(100, 9999)}/{self._year + 1}",
                date=(collected_at - dt.timedelta(days=random.randint(6, 30))).date(),
            ),
            work_assigner=_party(assigner),
            contractor=_party(contractor),
            premium=Premium(
                premium_due=due,
                unemployment_premium=unemployment,
                sum_of_debits=collection.sum_of_debits,
                amount_collected=collection.amount,
                receipts=collection.receipts,
            ),
            basis=self._basis(branch, contractor, collected_at),
            approvals=Approvals(
                head_of_premium_collection=Approval(
                    name=collections_head,
                    role=WORDS["head_of_premium_collection"],
                    approved_at=_whole(approved),
                ),
                head_of_branch=Approval(
                    name=branch_head, role=WORDS["head_of_branch"], approved_at=_whole(approved)
                ),
            ),
        )
        return PlannedClearance(request=request, collection=collection, at=_whole(at))

    def _basis(
        self,
        branch: BranchRecord,
        contractor: Workshop,
        collected_at: dt.datetime,
    ) -> Basis:
        random = self._random
        if random.random() > _BEFORE_INSPECTION:
            return InspectedBasis(
                report_number=f"{random.randint(100, 4000)}/{self._year + 1}",
                report_date=(collected_at - dt.timedelta(days=random.randint(2, 20))).date(),
            )
        start = parse_date(f"{self._year}-01-01")
        end = parse_date(f"{self._year + 1}-01-01") - dt.timedelta(days=1)
        undertaking = self.undertakings.setdefault(
            contractor.owner_identifier,
            InspectionUndertaking(
                id=f"{branch.code}-{self._year}-{len(self.undertakings) + 1:03}",
                branch_code=branch.code,
                contractor_identifier=contractor.owner_identifier,
                period_start=start,
                period_end=end,
                received_at=self._now - dt.timedelta(days=DAYS + random.randint(5, 60)),
            ),
        )
        return UndertakingBasis(
            undertaking_id=undertaking.id, fiscal_period_start=start, fiscal_period_end=end
        )

    def collection(
        self, row: ContractRowRecord, collected_at: dt.datetime, amount: Rials
    ) -> Collection:
        """Make a collection with one payment of ``amount``."""
        self._receipts += 1
        return Collection(
            id=f"demonstration-{self._receipts:05}",
            key=row.key,
            sum_of_debits=amount,
            receipts=(
                PaymentReceipt(
                    id=f"DEMO-{self._receipts:07}", amount=amount, collected_at=collected_at
                ),
            ),
            assessed_at=None,
        )

    def _delay(self) -> dt.timedelta:
        random = self._random
        match random.random():
            case share if share < 0.8:  # noqa: PLR2004
                return dt.timedelta(minutes=random.randint(25, 330))
            case share if share < 0.96:  # noqa: PLR2004
                return dt.timedelta(hours=random.randint(17, 30))
            case _:
                return dt.timedelta(hours=random.randint(42, 110))

    def _office_moment(self, days_ago: int) -> dt.datetime:
        day = self._now.astimezone(TEHRAN).date() - dt.timedelta(days=days_ago)
        while day.weekday() in _WEEKEND:
            day -= dt.timedelta(days=1)
        minute = dt.timedelta(minutes=self._random.randint(8 * 60, 13 * 60))
        return (dt.datetime.combine(day, dt.time(), TEHRAN) + minute).astimezone(dt.UTC)


def _party(workshop: Workshop) -> Party:
    return Party(
        name=workshop.name,
        identifier=workshop.owner_identifier,
        workshop_number=workshop.number,
        address=workshop.address,
        postal_code=workshop.postal_code,
    )


def _known(value: _T | None) -> _T:
    if value is None:
        raise ValueError("the province is made without gaps")
    return value


def _whole(moment: dt.datetime) -> dt.datetime:
    return moment.replace(microsecond=0)
