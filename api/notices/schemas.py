"""The JSON that tells of notices, as types; OpenAPI is made of them."""

from pydantic import BaseModel, ConfigDict, Field

from api.toolkit.answers import JsonAnswer, LastError, last_error
from clearance.clock import format_moment
from clearance.notices import Notice


class NoticeContract(JsonAnswer):
    """The contract row that the clearance is for."""

    branch_code: str
    row: str
    sequence: str


class NoticeLinks(JsonAnswer):
    """Where to go from here; paths are relative to this service."""

    self: str
    document: str = Field(description="The sealed PDF of `number`, for the holder of the account.")
    views: str = Field(description="Where a view is reported.")


class NoticeAnswer(BaseModel):
    """One notice to a work assigner's account, and what became of it."""

    model_config = ConfigDict(
        frozen=True,
        json_schema_extra={
            "example": {
                "id": "5f0f6f52-6d62-5b52-8a5b-0e8a7c0b3c55",
                "event": "issued",
                "state": "delivered",
                "number": "1404-0041-000001-9",
                "contract": {"branch_code": "0041", "row": "123", "sequence": "01"},
                "workshop_number": "0410012345",
                "account_id": "acc-7f31",
                "position": 1207,
                "occurred_at": "2026-02-01T08:30:00Z",
                "reason": None,
                "replacement": None,
                "opened_at": "2026-02-01T08:30:02Z",
                "delivered_at": "2026-02-01T08:30:03Z",
                "delivered_by": "webhook",
                "first_viewed_at": None,
                "attempts": 1,
                "last_error": None,
                "links": {
                    "self": "/v1/notices/5f0f6f52-6d62-5b52-8a5b-0e8a7c0b3c55",
                    "document": "/v1/notices/5f0f6f52-6d62-5b52-8a5b-0e8a7c0b3c55/document",
                    "views": "/v1/notices/5f0f6f52-6d62-5b52-8a5b-0e8a7c0b3c55/views",
                },
            }
        },
    )

    id: str = Field(description="The id of the event that the webhook tells of it, too.")
    event: str = Field(description="`issued`, `revoked` or `replaced`.")
    state: str = Field(
        description="`waiting` (tried again by itself), `dead` (a person must have it sent again), "
        "`delivered` or `viewed`."
    )
    number: str = Field(description="The clearance that it tells of.")
    contract: NoticeContract
    workshop_number: str | None = Field(description="Empty while no account is found.")
    account_id: str | None = Field(
        description="The only account to show it to; a later change of the workshop's account "
        "leaves it."
    )
    position: int | None = Field(description="Place in the workshop's inbox, for `after`.")
    occurred_at: str = Field(description="When the clearance was issued, revoked or replaced.")
    reason: str | None = Field(description="Why it was revoked: one of a closed list.")
    replacement: str | None = Field(description="Number of the clearance that replaced it.")
    opened_at: str
    delivered_at: str | None = Field(description="When it was placed in the account.")
    delivered_by: str | None = Field(
        description="The channel that confirmed, such as `webhook`; else `inbox` (no channel is "
        "set) or `view`."
    )
    first_viewed_at: str | None
    attempts: int
    last_error: LastError | None = Field(description="Of the last attempt, until delivered.")
    links: NoticeLinks


class NoticeList(JsonAnswer):
    """Notices, the oldest first."""

    notices: list[NoticeAnswer]
    next: str | None = Field(
        default=None, description="Path of the rest, where there are more than fit."
    )


def notice_answer(notice: Notice) -> NoticeAnswer:
    """Return a notice to who delivers it or reads inboxes."""
    path = f"/v1/notices/{notice.id}"
    failed = notice.last_error if notice.delivered_at is None else None
    return NoticeAnswer(
        id=str(notice.id),
        event=notice.event,
        state=notice.state,
        number=notice.number,
        contract=NoticeContract(
            branch_code=notice.key.branch_code, row=notice.key.row, sequence=notice.key.sequence
        ),
        workshop_number=notice.workshop_number,
        account_id=notice.account_id,
        position=notice.position,
        occurred_at=format_moment(notice.occurred_at),
        reason=notice.reason,
        replacement=notice.replacement,
        opened_at=format_moment(notice.opened_at),
        delivered_at=format_moment(notice.delivered_at) if notice.delivered_at else None,
        delivered_by=notice.delivered_by,
        first_viewed_at=format_moment(notice.first_viewed_at) if notice.first_viewed_at else None,
        attempts=notice.attempts,
        last_error=last_error(failed) if failed else None,
        links=NoticeLinks(self=path, document=f"{path}/document", views=f"{path}/views"),
    )
