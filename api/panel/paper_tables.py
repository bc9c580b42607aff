"""Tables of the ledger of paper forms."""

from collections.abc import Callable

from api.panel.listings import Listing
from api.panel.supervised import clearance_link
from api.panel.tables import Badge, Cell, Code
from api.panel.words import MINUTES_KINDS, MINUTES_STATES, SERIAL_STATES, STEPS, text
from clearance.paper_forms import ACCOUNTED, FormSerial, SerialState
from register.paper_forms.records import (
    AllottedRange,
    BranchBalance,
    LateStep,
    MinutesRecord,
    RecordedEntry,
)


def _serial(serial: FormSerial) -> Code:
    return Code(text=str(serial), href=f"/panel/paper/forms?serial={serial}")


def _count(state: SerialState) -> Callable[[BranchBalance], Cell]:
    return lambda line: line.balance.count(state)


BALANCES = Listing[BranchBalance](
    name="balances",
    file="paper-ledger",
    headings={state.value: SERIAL_STATES[state] for state in ACCOUNTED},
    columns={
        "branch": lambda line: line.branch_name,
        "code": lambda line: Code(text=line.branch_code),
        "allotted": lambda line: line.balance.allotted,
        **{state.value: _count(state) for state in ACCOUNTED},
        "unaccounted": lambda line: line.balance.difference,
        "handed_over": lambda line: line.handed_over,
        "outstanding": lambda line: line.outstanding,
    },
)
RANGES = Listing[AllottedRange](
    name="ranges",
    columns={
        "branch": lambda given: given.branch_name,
        "first": lambda given: _serial(given.serials.first),
        "last": lambda given: _serial(given.serials.last),
        "count": lambda given: given.serials.count,
        "allotted_at": lambda given: given.allotted_at,
    },
)
MINUTES = Listing[MinutesRecord](
    name="minutes",
    columns={
        "number": lambda record: Code(
            text=record.number, href=f"/panel/paper/minutes/{record.number}"
        ),
        "kind": lambda record: MINUTES_KINDS[record.kind],
        "province": lambda record: record.province,
        "branch": lambda record: Code(text=record.branch_code) if record.branch_code else None,
        "drawn_up_at": lambda record: record.drawn_up_at,
        "state": lambda record: MINUTES_STATES[record.state],
    },
)
LATE = Listing[LateStep](
    name="late",
    columns={
        "province": lambda step: step.province,
        "branch": lambda step: step.branch_name,
        "step": lambda step: STEPS[step.step],
        "due": lambda step: step.due,
        "done_at": lambda step: step.done_at or Badge(word=text("undone"), tone="refused"),
    },
)
ENTRIES = Listing[RecordedEntry](
    name="entries",
    columns={
        "state": lambda entry: SERIAL_STATES[entry.state],
        "first": lambda entry: _serial(entry.serials.first),
        "last": lambda entry: _serial(entry.serials.last),
        "clearance": lambda entry: clearance_link(entry.clearance) if entry.clearance else None,
        "explanation": lambda entry: entry.explanation,
        "recorded_at": lambda entry: entry.recorded_at,
    },
)
