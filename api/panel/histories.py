"""Events of the audit trail in words."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from api.panel import words
from api.panel.tables import Cell, Code
from clearance.clock import parse_moment
from clearance.jalali import format_date, tehran_day, tehran_time
from register.events import EventName
from register.supervision.records import Event
from templates.catalogues import channel_text, page_text

AREAS: Mapping[str, str] = words.words("areas")
"""The first part of the names of events."""

_DETAILS: Mapping[str, str] = words.words("details")
"""What is worth telling; the rest stands in the download and the API."""


@dataclass(frozen=True, kw_only=True)
class ListedEvent:
    """An event as a page tells it."""

    at: datetime
    what: str
    name: str
    actor: str
    details: tuple[tuple[str, str], ...]
    """Words and values."""


def listed_events(events: Iterable[Event]) -> tuple[ListedEvent, ...]:
    """Return events in words."""
    return tuple(
        ListedEvent(
            at=each.at,
            what=event_word(each.name),
            name=each.name,
            actor=each.actor_name or each.actor,
            details=_details(each),
        )
        for each in events
    )


def event_word(name: str) -> str:
    """Return what an event says; of one from a newer release its name."""
    return page_text("events", name).fa if name in set(EventName) else name


def subject_cell(event: Event) -> Cell:
    """Return an event's subject, with its page where there is one."""
    match event.name.partition(".")[0]:
        case "clearance" | "revocation" | "notice" if "-" in event.subject:
            return Code(text=event.subject, href=f"/panel/clearances/{event.subject}")
        case "clearance" | "contract_row":
            return Code(text=event.subject, href=f"/panel/rows/{event.subject}")
        case "minutes":
            return Code(text=event.subject, href=f"/panel/paper/minutes/{event.subject}")
        case _:
            return Code(text=event.subject)


def details_word(event: Event) -> str:
    """Return an event's details in one line."""
    return words.text("semicolon").join(f"{word}: {value}" for word, value in _details(event))


def _details(event: Event) -> tuple[tuple[str, str], ...]:
    return tuple(
        (_DETAILS[name], _value_word(name, str(value)))
        for name, value in event.details.items()
        if name in _DETAILS and value not in {None, ""}
    )


_VALUES: Mapping[str, Mapping[str, str]] = {
    "event": {each.value: word for each, word in words.NOTICE_EVENTS.items()},
    "kind": {each.value: word for each, word in words.MINUTES_KINDS.items()},
    "outcome": {each.value: badge.word for each, badge in words.OUTCOMES.items()},
    "reason": {each.value: word for each, word in words.REASONS.items()},
    "role": {each.value: word for each, word in words.ROLES.items()},
    "state": {each.value: word for each, word in words.SERIAL_STATES.items()},
    "put": words.words("put"),
}


def _value_word(name: str, value: str) -> str:
    if name == "due_at":
        moment = parse_moment(value)
        return f"{format_date(tehran_day(moment))} {tehran_time(moment)}"
    if name == "differences":
        return words.text("comma").join(
            words.CONTRACT_FIELDS.get(each, each) for each in value.split()
        )
    if name == "by":
        return channel_text(value).fa
    if name == "error":
        return words.error_word(value)
    return _VALUES.get(name, {}).get(value, value)
