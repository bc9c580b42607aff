"""What the endpoints of supervision answer; moments RFC 3339 in UTC, days those of Tehran."""

from dataclasses import asdict
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from api.toolkit.answers import JsonAnswer, Text
from clearance.clock import format_moment
from register.events import EventName
from register.supervision.records import Attention, Event, Timeliness
from templates.catalogues import page_text, sample


class AttentionAnswer(BaseModel):
    """How much there is to be done within one's reach."""

    model_config = ConfigDict(
        frozen=True,
        json_schema_extra={
            "example": {
                "overdue": 4,
                "due_soon": 1,
                "waiting": 0,
                "stuck": 0,
                "unreviewed": 60,
                "mismatched": 20,
                "incomplete": 20,
                "to_confirm": 2,
                "own_requests": 0,
                "undelivered": 3,
                "dead": 1,
                "paper_steps_late": 9,
            }
        },
    )

    overdue: int = Field(description="Collections past their deadline without a clearance.")
    due_soon: int = Field(description="Collections with 80 % of their time gone.")
    waiting: int = Field(description="Numbers given that a worker goes on with.")
    stuck: int = Field(description="Numbers given that only a person can take further.")
    unreviewed: int = Field(description="Active contract rows; so the next two.")
    mismatched: int
    incomplete: int
    to_confirm: int = Field(description="Open requests to revoke that others asked for.")
    own_requests: int = Field(description="One's own that await another officer.")
    undelivered: int = Field(description="Notices still tried.")
    dead: int = Field(description="Notices given up.")
    paper_steps_late: int = Field(description="Steps of handing paper forms over, undone.")


class TallyAnswer(JsonAnswer):
    """Issuing against the one-day rule."""

    issued: int
    in_time: int
    late: int = Field(description="The rest of `issued` had no deadline: replacements.")
    median_hours: float | None = Field(description="From collection to issue.")
    longest_hours: float | None


class BranchTallyAnswer(TallyAnswer):
    """The same of one branch."""

    province: str
    branch_code: str
    branch_name: str
    overdue: int = Field(description="Past the deadline and not issued, now.")


class DayTallyAnswer(TallyAnswer):
    """The same of one day."""

    day: str = Field(description="Day of issue in Tehran (Gregorian).")


class TimelinessAnswer(BaseModel):
    """Issuing against the one-day rule by branch and day."""

    model_config = ConfigDict(
        frozen=True,
        json_schema_extra={
            "example": {
                "from": "2026-10-24",
                "to": "2026-11-22",
                "total": {
                    "issued": 147,
                    "in_time": 144,
                    "late": 3,
                    "median_hours": 3.6,
                    "longest_hours": 108.0,
                },
                "branches": [
                    {
                        "issued": 147,
                        "in_time": 144,
                        "late": 3,
                        "median_hours": 3.6,
                        "longest_hours": 108.0,
                        "province": sample("province"),
                        "branch_code": "0041",
                        "branch_name": sample("branch_name"),
                        "overdue": 1,
                    }
                ],
                "days": [],
                "revocations": {"data_corrected": 1},
            }
        },
    )

    first_day: str = Field(alias="from")
    last_day: str = Field(alias="to")
    total: TallyAnswer
    branches: list[BranchTallyAnswer]
    days: list[DayTallyAnswer]
    revocations: dict[str, int] = Field(description="Revoked in these days, by reason.")


class EventAnswer(BaseModel):
    """One event of the audit trail."""

    model_config = ConfigDict(
        frozen=True,
        json_schema_extra={
            "example": {
                "id": 4711,
                "at": "2026-02-01T08:30:00Z",
                "name": "revocation.confirmed",
                "message": asdict(page_text("events", "revocation.confirmed")),
                "actor": "staff-k7q2mz4a",
                "actor_name": sample("officer_name"),
                "subject": "1404-0041-000001-9",
                "branch_code": "0041",
                "details": {"request": 7, "reason": "data_corrected"},
            }
        },
    )

    id: int
    at: str
    name: str
    message: Text
    actor: str = Field(description="Id of the officer or program.")
    actor_name: str | None
    subject: str = Field(description="What it is about: a number, a key, an id.")
    branch_code: str | None = Field(description="Empty for what belongs to no single branch.")
    details: dict[str, Any]


class TrailAnswer(JsonAnswer):
    """Some events of the audit trail, the newest first."""

    events: list[EventAnswer]
    next: str | None = Field(description="Path of the older ones, where there are more.")


def attention_answer(attention: Attention, paper_steps_late: int) -> AttentionAnswer:
    """Return the counts."""
    return AttentionAnswer(**vars(attention), paper_steps_late=paper_steps_late)


def timeliness_answer(timely: Timeliness) -> TimelinessAnswer:
    """Return the figures."""
    return TimelinessAnswer.model_validate(
        {
            "from": timely.first_day.isoformat(),
            "to": timely.last_day.isoformat(),
            "total": vars(timely.total),
            "branches": [
                {
                    **vars(each.tally),
                    "province": each.province,
                    "branch_code": each.code,
                    "branch_name": each.name,
                    "overdue": each.overdue,
                }
                for each in timely.branches
            ],
            "days": [{**vars(each.tally), "day": each.day.isoformat()} for each in timely.days],
            "revocations": dict(timely.revocations),
        }
    )


def event_answer(event: Event) -> EventAnswer:
    """Return an event with its text."""
    known = event.name in set(EventName)
    message = page_text("events", event.name) if known else None
    return EventAnswer(
        id=event.id,
        at=format_moment(event.at),
        name=event.name,
        message=Text(
            fa=message.fa if message else event.name, en=message.en if message else event.name
        ),
        actor=event.actor,
        actor_name=event.actor_name,
        subject=event.subject,
        branch_code=event.branch_code,
        details=dict(event.details),
    )
