"""The answers of the minutes of the paper channel, as types."""

from typing import Any

from pydantic import Field

from api.paper_forms.schemas import BalanceAnswer
from api.toolkit.answers import JsonAnswer
from clearance.clock import format_moment
from clearance.minutes import balance_object, minutes_object
from register.paper_forms.records import MinutesRecord
from templates.catalogues import sample

DRAFT_EXAMPLE: dict[str, Any] = {"kind": "branch", "branch_code": "0041"}
CLOSING_EXAMPLE: dict[str, Any] = {"attendees": [sample("attendee")]}


class MinutesLinks(JsonAnswer):
    """Where to go from here; paths are relative to this service."""

    self: str
    document: str | None = Field(description="The sealed PDF, as soon as there is one.")


class MinutesAnswer(JsonAnswer):
    """Minutes of the handing over."""

    number: str
    kind: str = Field(description="`branch`, `consolidated`, `despatch` or `report`.")
    state: str = Field(description="`draft`, `closed` (the seal follows by itself) or `sealed`.")
    province: str
    branch_code: str | None
    consolidated: str | None = Field(description="What a despatch or report is about.")
    drawn_up_at: str
    drawn_up_by: str
    closed_at: str | None
    closed_by: str | None
    balance: BalanceAnswer = Field(description="Of the moment of closing; of a draft, of now.")
    content: dict[str, Any] | None = Field(
        description="What they say, as in the JSON attached to the PDF; null for a draft."
    )
    document_sha256: str | None
    links: MinutesLinks


class MinutesList(JsonAnswer):
    """The minutes within the asker's reach, by number."""

    minutes: list[MinutesAnswer]


def minutes_answer(record: MinutesRecord) -> MinutesAnswer:
    """Return minutes, whatever their state."""
    path = f"/v1/paper-minutes/{record.number}"
    content = record.content
    return MinutesAnswer(
        number=record.number,
        kind=record.kind,
        state=record.state,
        province=record.province,
        branch_code=record.branch_code,
        consolidated=record.consolidated,
        drawn_up_at=format_moment(record.drawn_up_at),
        drawn_up_by=record.drawn_up_by,
        closed_at=format_moment(content.closed_at) if content else None,
        closed_by=record.closed_by,
        balance=BalanceAnswer(**balance_object(record.balance)),
        content=minutes_object(content) if content else None,
        document_sha256=record.document_sha256,
        links=MinutesLinks(
            self=path, document=f"{path}/document" if record.document_sha256 else None
        ),
    )
