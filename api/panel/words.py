"""What the panel shows of values, from its catalogue (``templates/messages/panel.toml``)."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any, TypeVar

from api.panel.tables import Badge
from clearance.certificate import ClearanceKind
from clearance.deadline import DeadlineRule
from clearance.directory import ReviewOutcome, RowState
from clearance.errors import MohrError
from clearance.minutes import MinutesKind
from clearance.notices import NoticeEvent
from clearance.paper_forms import SerialState
from clearance.roles import Reach, Role
from clearance.text import persian_digits
from register.batches.records import BatchState, LineState
from register.directory.reconciliation import Finding
from register.paper_forms.records import MinutesState, Step
from register.records import RevocationReason, RevocationState, StandingState
from register.supervision.records import Awaited
from templates.catalogues import catalogue, error_text

E = TypeVar("E", bound=StrEnum)


def words(group: str) -> Mapping[str, Any]:
    """Return a table of the panel's catalogue; raises ``KeyError`` for one not there."""
    group_words: Mapping[str, Any] = catalogue("panel")[group]
    return group_words


def text(name: str, /, **values: object) -> str:
    """Return one of the panel's small texts, filled in; numbers in Persian digits."""
    return _filled(words("texts")[name], values)


def said(name: str, /, **values: object) -> str:
    """Return what was done, as the next page says it."""
    return _filled(words("done")[name], values)


def _filled(pattern: str, values: Mapping[str, object]) -> str:
    numbers = {name: persian_digits(str(each)) for name, each in values.items()}
    return pattern.format_map(
        {name: each if isinstance(each, str) else numbers[name] for name, each in values.items()}
    )


def _words(group: str, kind: type[E]) -> Mapping[E, str]:
    return {each: words(group)[each.value] for each in kind}


def _badges(group: str, kind: type[E]) -> Mapping[E, Badge]:
    return {each: Badge(**words(group)[each.value]) for each in kind}


ROLES = _words("roles", Role)
KINDS = _words("clearance_kinds", ClearanceKind)
STANDINGS = _badges("standings", StandingState)
REVOCATIONS = _badges("revocations", RevocationState)
REASONS = _words("withdrawal_reasons", RevocationReason)
FINDINGS = _badges("findings", Finding)
OUTCOMES = _badges("outcomes", ReviewOutcome)
ROW_STATES = _badges("row_states", RowState)
CONTRACT_FIELDS: Mapping[str, str] = words("contract_fields")
NOTICE_EVENTS = _words("notice_events", NoticeEvent)
BATCH_STATES = _badges("batch_states", BatchState)
LINE_STATES = _words("line_states", LineState)
DEADLINE_RULES = _words("deadline_rules", DeadlineRule)
SERIAL_STATES = _words("serial_states", SerialState)
MINUTES_KINDS = _words("minutes_kinds", MinutesKind)
MINUTES_STATES = _badges("minutes_states", MinutesState)
STEPS = _words("steps", Step)
AWAITED = _words("awaited", Awaited)


def office_of(reach: Reach) -> str:
    """Return a reach in words."""
    if reach.branch is not None:
        return text("branch", code=persian_digits(reach.branch))
    return text("province", name=reach.province) if reach.province is not None else text("country")


def branch_word(code: str, name: str, province: str) -> str:
    """Return a branch as an option of a choice."""
    return text("branch_option", code=persian_digits(code), name=name, province=province)


def hours_word(hours: float | None) -> str:
    """Return a span in hours and minutes, such as 3 hours and 36 minutes; a dash for none."""
    if hours is None:
        return "—"
    whole, minutes = divmod(round(hours * 60), 60)
    parts = [text("hours", count=whole)] if whole else []
    parts += [text("minutes", count=minutes)] if minutes or not whole else []
    return text("and").join(parts)


def error_word(code: str) -> str:
    """Return the text of an error by its code, as it is kept beside what failed."""
    return error_text(MohrError(code)).fa
