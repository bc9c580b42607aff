"""The panel's pages, put together."""

from fastapi import APIRouter

from api.panel import login, start

ROUTERS: tuple[APIRouter, ...] = (login.router, start.router)
