"""Invents what became of a province's paper forms: half of its branches have handed theirs over."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from clearance.directory import BranchRecord
from clearance.identifiers import BranchCode
from clearance.minutes import Attendee, MinutesKind
from clearance.paper_form_request import Allotment, Closing, MinutesDraft
from clearance.paper_forms import FormEntry, FormSerial, SerialRange, SerialState
from clearance.roles import Officer
from demonstration.invented import WORDS
from register.paper_forms.ledger import PaperFormLedger

FIRST_SERIAL: Final = 4_100_001
_EACH: Final = 500
_LEGACY, _MISSING = 418, 3
_ATTENDEES: Final = tuple(Attendee(**each) for each in WORDS["attendees"])


def load_forms(
    branches: Iterable[BranchRecord],
    ledger: PaperFormLedger,
    officers: Mapping[BranchCode, Officer],
    supervisor: Officer,
) -> None:
    """Allot serials to the branches and account for them; every second branch is done with it.

    Does nothing for a branch that has serials already.
    """
    for index, branch in enumerate(branches):
        first = FIRST_SERIAL + index * _EACH
        if ledger.ranges(supervisor.reach, code=branch.code):
            continue
        serials = _range(first, first + _EACH - 1)
        ledger.allot(Allotment(branch_code=branch.code, serials=serials), supervisor)
        officer = officers[branch.code]
        done = index % 2 == 0
        ledger.record(tuple(_entries(first, complete=done)), officer)
        if done:
            draft = MinutesDraft(
                kind=MinutesKind.BRANCH,
                branch_code=branch.code,
                province=None,
                consolidated=None,
            )
            drawn = ledger.draw_up(draft, officer)
            ledger.close(drawn.number, Closing(attendees=_ATTENDEES, despatch=None), officer)


def _entries(first: int, *, complete: bool) -> Iterator[FormEntry]:
    """Account for a branch's serials, or for the part that was issued on paper."""
    legacy_end = first + _LEGACY - 1
    yield FormEntry(serials=_range(first, legacy_end), state=SerialState.LEGACY)
    if not complete:
        return
    unused = legacy_end + _MISSING + 1
    yield FormEntry(
        serials=_range(legacy_end + 1, unused - 1),
        state=SerialState.MISSING,
        explanation=WORDS["missing"],
    )
    yield FormEntry(
        serials=_range(unused, first + _EACH - 1),
        state=SerialState.UNUSED_RETURNED,
        hologram=FormSerial(unused),
    )


def _range(first: int, last: int) -> SerialRange:
    return SerialRange(first=FormSerial(first), last=FormSerial(last))
