"""The paper channel: Form 22, its holograms, and where each serial ended (R10, R12-R14).

A blank form and the hologram of the same serial belong together (circular, clause 5), so one
serial stands for both. Serials run across the whole country: no two branches hold the same.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Self

from clearance.errors import Conflict, InvalidValue
from clearance.identifiers import ClearanceNumber
from clearance.text import ascii_digits

MOST_DIGITS = 10
LAST_SERIAL = 10**MOST_DIGITS - 1


class FormSerial(int):
    """Serial of a Form 22 and of its hologram; zeros before it say nothing."""

    __slots__ = ()

    def __new__(cls, number: int) -> Self:
        """Raise ``InvalidValue("form_serial.invalid")`` outside 1 … ``LAST_SERIAL``."""
        if not 1 <= number <= LAST_SERIAL:
            raise InvalidValue("form_serial.invalid")
        return super().__new__(cls, number)

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a serial in Persian, Arabic-Indic or ASCII digits.

        Raises ``InvalidValue("form_serial.invalid")`` for anything else, and for zero.
        """
        digits = ascii_digits(text).strip()
        if re.fullmatch(f"[0-9]{{1,{MOST_DIGITS}}}", digits) is None:
            raise InvalidValue("form_serial.invalid")
        return cls(int(digits))


@dataclass(frozen=True, kw_only=True, order=True)
class SerialRange:
    """Serials that follow each other, both ends included."""

    first: FormSerial
    last: FormSerial

    def __post_init__(self) -> None:
        if self.last < self.first:
            raise InvalidValue("form_range.reversed", field="/last")

    @classmethod
    def single(cls, serial: FormSerial) -> Self:
        """Return the range of one serial."""
        return cls(first=serial, last=serial)

    @property
    def count(self) -> int:
        """How many serials it holds."""
        return self.last - self.first + 1


def joined(ranges: Iterable[SerialRange]) -> tuple[SerialRange, ...]:
    """Return the same serials, ascending, in as few ranges as can be; ``ranges`` do not overlap."""
    found: list[SerialRange] = []
    for each in sorted(ranges):
        if found and found[-1].last + 1 == each.first:
            found[-1] = SerialRange(first=found[-1].first, last=each.last)
        else:
            found.append(each)
    return tuple(found)


def counted(ranges: Iterable[SerialRange]) -> int:
    """Return how many serials the ranges hold together."""
    return sum(each.count for each in ranges)


class SerialState(StrEnum):
    """Where a serial stands; each is in exactly one state."""

    ALLOTTED = "allotted"
    """Given to a branch, which has not accounted for it yet."""
    USED = "used"
    """Filled in and never issued; it waits to be cancelled (R14)."""
    UNUSED_RETURNED = "unused_returned"
    """Blank, with its hologram: to be handed over to the province, or handed over (R12)."""
    CANCELLED = "cancelled"
    """Used and never issued, its hologram attached, an electronic clearance in its place (R14)."""
    LEGACY = "issued_before_effective_date"
    """Issued on paper while that was lawful."""
    MISSING = "missing"
    """Form or hologram cannot be found."""


ACCOUNTED: tuple[SerialState, ...] = tuple(
    state for state in SerialState if state is not SerialState.ALLOTTED
)
"""The states that account for a serial."""

# Back to ALLOTTED is how an entry made by mistake is taken back: it stays on record, and the
# right one follows it.
TRANSITIONS: Mapping[SerialState, frozenset[SerialState]] = {
    SerialState.ALLOTTED: frozenset(ACCOUNTED),
    SerialState.USED: frozenset(
        {
            SerialState.ALLOTTED,
            SerialState.CANCELLED,
            SerialState.LEGACY,
            SerialState.MISSING,
        }
    ),
    SerialState.UNUSED_RETURNED: frozenset({SerialState.ALLOTTED, SerialState.MISSING}),
    # An electronic clearance stands on it.
    SerialState.CANCELLED: frozenset(),
    SerialState.LEGACY: frozenset({SerialState.ALLOTTED}),
    SerialState.MISSING: frozenset(SerialState) - {SerialState.MISSING},
}

WITH_HOLOGRAM = frozenset({SerialState.UNUSED_RETURNED, SerialState.CANCELLED})
"""States in which the hologram of the same serial is attached to the form (clause 5)."""

EXPLAINED = frozenset({SerialState.ALLOTTED, SerialState.MISSING})
"""States that are recorded only with a word of explanation."""


def check_transition(old: SerialState, new: SerialState) -> None:
    """Raise ``Conflict("paper.transition")`` unless a serial may go from ``old`` to ``new``."""
    if new not in TRANSITIONS[old]:
        raise Conflict("paper.transition", parameters={"old": old.value, "new": new.value})


@dataclass(frozen=True, kw_only=True)
class FormEntry:
    """What an officer records of serials: the state that they have come into.

    Raises ``InvalidValue`` with ``paper.cancelled_one_by_one``, ``paper.hologram_missing``,
    ``paper.hologram_differs``, ``paper.clearance_missing``, ``paper.explanation_missing`` or
    ``paper.not_in_this_state``; ``field`` is the member at fault.
    """

    serials: SerialRange
    state: SerialState
    hologram: FormSerial | None = None
    """Serial of the hologram attached to the first form; the others follow with their forms.
    It stands exactly with what clause 5 wants it attached to, and is the form's own."""
    clearance: ClearanceNumber | None = None
    """The electronic clearance in a cancelled form's place (R14)."""
    explanation: str | None = None

    def __post_init__(self) -> None:
        cancelled = self.state is SerialState.CANCELLED
        if cancelled and self.serials.count > 1:
            raise InvalidValue("paper.cancelled_one_by_one", field="/last")
        attached = self.state in WITH_HOLOGRAM
        if attached and self.hologram is None:
            raise InvalidValue("paper.hologram_missing", field="/hologram")
        if self.hologram is not None and not attached:
            raise InvalidValue("paper.not_in_this_state", field="/hologram")
        if self.hologram is not None and self.hologram != self.serials.first:
            raise InvalidValue("paper.hologram_differs", field="/hologram")
        if cancelled and self.clearance is None:
            raise InvalidValue("paper.clearance_missing", field="/clearance")
        if self.clearance is not None and not cancelled:
            raise InvalidValue("paper.not_in_this_state", field="/clearance")
        if self.state in EXPLAINED and self.explanation is None:
            raise InvalidValue("paper.explanation_missing", field="/explanation")


@dataclass(frozen=True, kw_only=True)
class Balance:
    """How many serials are allotted, and how many of them are in each state."""

    allotted: int
    states: Mapping[SerialState, int]
    """The count of each accounted state; what is missing counts zero."""

    def count(self, state: SerialState) -> int:
        """Return how many are in an accounted state."""
        return self.states.get(state, 0)

    @property
    def accounted(self) -> int:
        """The sum of the states."""
        return sum(self.count(state) for state in ACCOUNTED)

    @property
    def difference(self) -> int:
        """How many allotted serials nothing is known of; the totals balance at zero."""
        return self.allotted - self.accounted

    def __add__(self, other: "Balance") -> "Balance":
        return Balance(
            allotted=self.allotted + other.allotted,
            states={state: self.count(state) + other.count(state) for state in ACCOUNTED},
        )


EMPTY = Balance(allotted=0, states={})


@dataclass(frozen=True, kw_only=True)
class Segment:
    """Serials of one allotted range that are in one state."""

    serials: SerialRange
    state: SerialState


def enter(segment: Segment, serials: SerialRange, state: SerialState) -> tuple[Segment, ...]:
    """Return what becomes of a segment when ``serials`` come into ``state``, ascending.

    What lies outside ``serials`` stays as it was; so does all of it if nothing lies inside.
    Raises ``Conflict`` as ``check_transition`` does.
    """
    held = segment.serials
    first, last = max(held.first, serials.first), min(held.last, serials.last)
    if first > last:
        return (segment,)
    check_transition(segment.state, state)
    parts = (
        (held.first, first - 1, segment.state),
        (first, last, state),
        (last + 1, held.last, segment.state),
    )
    return tuple(
        Segment(
            serials=SerialRange(first=FormSerial(start), last=FormSerial(end)),
            state=each,
        )
        for start, end, each in parts
        if start <= end
    )


class FormMeaning(StrEnum):
    """What a paper with a given serial means today (R10)."""

    VOID = "void"
    """By the ledger it was not issued: whatever is written on it has no force."""
    VOID_SINCE = "void_since_effective_date"
    """Not accounted for yet; void if it bears a date on or after the effective date."""
    REPLACED = "cancelled_and_replaced"
    """Cancelled; an electronic clearance stands in its place."""
    LEGACY = "legacy"
    """From before the effective date, or there is none: only its branch can vouch for it."""
    NEVER_EXISTED = "never_existed"
    """No branch was ever given a form with this serial."""


_MEANINGS = {
    SerialState.USED: FormMeaning.VOID,
    SerialState.UNUSED_RETURNED: FormMeaning.VOID,
    SerialState.MISSING: FormMeaning.VOID,
    SerialState.CANCELLED: FormMeaning.REPLACED,
    SerialState.LEGACY: FormMeaning.LEGACY,
}


def meaning_of(
    state: SerialState | None, *, effective_date: date | None, today: date
) -> FormMeaning:
    """Say what a paper with a serial in ``state`` means; ``None``: in no range.

    ``effective_date`` is the first day on which only electronic clearances count (clause 4),
    ``None`` while no day is set; both days are Gregorian, in Tehran.
    """
    if state is None:
        return FormMeaning.NEVER_EXISTED
    if state is SerialState.ALLOTTED:
        in_effect = effective_date is not None and effective_date <= today
        return FormMeaning.VOID_SINCE if in_effect else FormMeaning.LEGACY
    return _MEANINGS[state]
