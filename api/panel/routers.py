"""The panel's pages, put together."""

from fastapi import APIRouter

from api.panel import (
    account,
    batches,
    clearances,
    first_login,
    login,
    notices,
    paper_form_minutes,
    paper_forms,
    provider_login,
    revocations,
    rows,
    staff,
    start,
    timeliness,
    trail,
    undertakings,
    waiting,
)

ROUTERS: tuple[APIRouter, ...] = (
    login.router,
    first_login.router,
    provider_login.router,
    start.router,
    waiting.router,  # before the clearances, whose numbers stand where its name does
    clearances.router,
    timeliness.router,
    revocations.router,
    rows.router,
    undertakings.router,
    notices.router,
    batches.router,
    paper_forms.router,
    paper_form_minutes.router,
    trail.router,
    account.router,
    staff.router,
)
