"""The panel's pages, put together."""

from fastapi import APIRouter

from api.panel import (
    account,
    batches,
    clearances,
    first_login,
    login,
    notices,
    paper,
    paper_minutes,
    provider_login,
    revocations,
    rows,
    staff,
    start,
    timeliness,
    trail,
    undertakings,
)

ROUTERS: tuple[APIRouter, ...] = (
    login.router,
    first_login.router,
    provider_login.router,
    start.router,
    clearances.router,
    timeliness.router,
    revocations.router,
    rows.router,
    undertakings.router,
    notices.router,
    batches.router,
    paper.router,
    paper_minutes.router,
    trail.router,
    account.router,
    staff.router,
)
