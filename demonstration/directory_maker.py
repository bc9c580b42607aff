"""Invents what the directory of a province holds: branches, workshops, contract rows."""

import datetime as dt
from collections.abc import Iterator
from dataclasses import replace
from random import Random
from typing import Final

from clearance.directory import (
    BranchRecord,
    ContractRowKey,
    ContractRowRecord,
    RowState,
    Workshop,
)
from clearance.identifiers import BranchCode, ContractRow, ContractSequence
from clearance.jalali import TEHRAN
from clearance.money import Rials
from clearance.text import persian_digits
from demonstration import invented

PROVINCE: Final[str] = invented.WORDS["province"]
TOWNS: Final = tuple(map(str, invented.WORDS["towns"]))
FIRST_BRANCH: Final = 2101
CONTRACTORS: Final = 120
UNFINISHED: Final = 20
"""Workshops that lack account or undertaking."""


class DirectoryMaker:
    """Makes records out of one source of chance, as things stand at one moment."""

    def __init__(self, now: dt.datetime, random: Random, year: int) -> None:
        self._now = now
        self._random = random
        self._year = year

    def branches(self) -> Iterator[BranchRecord]:
        """Yield a branch for each of ``TOWNS``; where a town has several they are numbered."""
        for index, town in enumerate(TOWNS):
            number = f" {persian_digits(str(index + 1))}" if TOWNS.count(town) > 1 else ""
            yield BranchRecord(
                code=BranchCode(f"{FIRST_BRANCH + index}"),
                name=invented.WORDS["branch"].format(number=number, town=town),
                province=PROVINCE,
                version=1,
            )

    def assigners(self, branch: BranchRecord) -> Iterator[Workshop]:
        """Yield the work assigners of a branch."""
        town = TOWNS[int(branch.code) - FIRST_BRANCH]
        for pattern in self._random.sample(invented.WORDS["assigners"], k=8):
            yield self._workshop(branch, town, pattern.format(town=town), of_company=True)

    def contractors(self, branches: tuple[BranchRecord, ...]) -> Iterator[Workshop]:
        """Yield the contractors of the province, a person among each eight."""
        for index in range(CONTRACTORS):
            branch = branches[self.weighted(len(branches))]
            town = TOWNS[int(branch.code) - FIRST_BRANCH]
            of_company = index % 8 != 0
            name = (
                invented.company_name(self._random)
                if of_company
                else invented.person_name(self._random)
            )
            yield self._workshop(branch, town, name, of_company=of_company)

    def unfinished_workshops(self, branches: tuple[BranchRecord, ...]) -> Iterator[Workshop]:
        """Workshops without account or undertaking for electronic services (R2, R3)."""
        for index in range(UNFINISHED):
            branch = self._random.choice(branches)
            town = TOWNS[int(branch.code) - FIRST_BRANCH]
            made = self._workshop(
                branch, town, invented.company_name(self._random), of_company=True
            )
            account = None if index % 2 else made.account_id
            yield replace(made, account_id=account, undertaking_accepted_at=None)

    def _workshop(
        self, branch: BranchRecord, town: str, name: str, *, of_company: bool
    ) -> Workshop:
        random = self._random
        owner = invented.legal_entity_id if of_company else invented.national_id
        number = invented.workshop_number(random)
        return Workshop(
            number=number,
            name=name,
            branch_code=branch.code,
            address=invented.address(random, town),
            postal_code=invented.postal_code(random),
            owner_identifier=owner(random),
            account_id=f"es-{number}",
            undertaking_accepted_at=self._now - dt.timedelta(days=random.randint(90, 1500)),
            version=1,
        )

    def row(
        self, branch: BranchRecord, index: int, assigner: Workshop, contractor: Workshop
    ) -> ContractRowRecord:
        """Make the ``index``-th contract row of the province."""
        random = self._random
        today = self._now.astimezone(TEHRAN).date()
        start = today - dt.timedelta(days=random.randint(300, 900))
        return ContractRowRecord(
            key=ContractRowKey(
                branch_code=branch.code,
                row=ContractRow(f"{branch.code}{index + 1:04}"),
                sequence=ContractSequence("01"),
            ),
            contract_number=f"{self._year}/{random.randint(10, 9999)}",
            contract_date=start - dt.timedelta(days=random.randint(3, 40)),
            subject=random.choice(invented.WORDS["subjects"]).format(
                n=persian_digits(str(random.randint(2, 18)))
            ),
            start=start,
            # Most contracts have ended; the others are cleared so far.
            end=today + dt.timedelta(days=random.choice((-70, -95, -120, -160, -200, 150))),
            initial_amount=Rials(random.randint(800, 90_000) * 10_000_000),
            work_assigner_workshop=assigner.number,
            contractor_workshop=contractor.number,
            contract_address=assigner.address,
            state=RowState.ACTIVE,
            version=1,
        )

    def weighted(self, count: int) -> int:
        """Return an index; the first branches have most of the work."""
        return min(int(self._random.triangular(0, count, 0)), count - 1)
