"""Who is late with handing paper forms over (R13).

A step counts as done when nothing of it is left; done after the deadline, it was late.
"""

from collections.abc import Iterable, Iterator
from datetime import date, datetime

from clearance.jalali import tehran_day
from clearance.minutes import MinutesKind, MinutesNumber
from register.paper_forms.records import BranchBalance, LateStep, MinutesRecord, Step

_FOLLOWING = {Step.DESPATCH: MinutesKind.DESPATCH, Step.REPORT: MinutesKind.REPORT}


def late_steps(
    lines: tuple[BranchBalance, ...],
    records: tuple[MinutesRecord, ...],
    *,
    due: date,
    today: date,
) -> tuple[LateStep, ...]:
    """Return the late steps of the branches in ``lines`` and of their provinces.

    ``records`` are all minutes of these provinces; ``due`` is the last day, both days in Tehran.
    """
    found: list[LateStep] = []
    for province in sorted({each.province for each in lines}):
        of_province = [each for each in records if each.province == province]
        branches = [each for each in lines if each.province == province]
        done = {each.branch_code: _branch_done(each, of_province) for each in branches}
        steps = [
            LateStep(
                province=province,
                branch_code=each.branch_code,
                branch_name=each.branch_name,
                step=Step.BRANCH_MINUTES,
                due=due,
                done_at=done[each.branch_code],
            )
            for each in branches
        ]
        complete = all(done.values())
        steps += [
            LateStep(
                province=province,
                branch_code=None,
                branch_name=None,
                step=step,
                due=due,
                done_at=done_at if complete else None,
            )
            for step, done_at in _province_done(of_province)
        ]
        found += (each for each in steps if _is_late(each, today))
    return tuple(found)


def _is_late(step: LateStep, today: date) -> bool:
    return (today if step.done_at is None else tehran_day(step.done_at)) > step.due


def _branch_done(line: BranchBalance, records: Iterable[MinutesRecord]) -> datetime | None:
    """Return when the last form was handed over; ``None`` while one is outstanding."""
    closed = [
        each.content.closed_at
        for each in records
        if each.content is not None and each.branch_code == line.branch_code
    ]
    return max(closed) if closed and not line.outstanding else None


def _province_done(
    records: Iterable[MinutesRecord],
) -> Iterator[tuple[Step, datetime | None]]:
    """Yield each step of a province with the moment at which the last of it was done."""
    closed = [each.content for each in records if each.content is not None]
    branches = {each.number for each in closed if each.kind is MinutesKind.BRANCH}
    consolidated = {
        each.number: each.closed_at for each in closed if each.kind is MinutesKind.CONSOLIDATED
    }
    collected = {
        part.number for each in closed if each.number in consolidated for part in each.parts
    }
    together = bool(consolidated) and branches <= collected
    yield Step.CONSOLIDATED, max(consolidated.values()) if together else None
    for step, kind in _FOLLOWING.items():
        follows: dict[MinutesNumber | None, datetime] = {
            each.consolidated: each.closed_at for each in closed if each.kind is kind
        }
        whole = together and consolidated.keys() <= follows.keys()
        yield step, max(follows.values()) if whole else None
