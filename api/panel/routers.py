"""The panel's pages, put together."""

from fastapi import APIRouter

from api.panel import (
    account,
    clearances,
    first_login,
    login,
    provider_login,
    staff,
    start,
    timeliness,
)

ROUTERS: tuple[APIRouter, ...] = (
    login.router,
    first_login.router,
    provider_login.router,
    start.router,
    clearances.router,
    timeliness.router,
    account.router,
    staff.router,
)
