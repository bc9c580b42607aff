"""What narrows a list of the panel: choices in the address, each read in its own way."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated

from fastapi import Depends, Request

from api.panel.supervised import Supervisor, chosen, chosen_branch, typed_text
from api.toolkit.dependencies import Office, TheOffice
from clearance.roles import Officer
from clearance.text import ascii_digits
from register.supervision.service import Supervision

_ID = re.compile("[0-9]{1,18}")


@dataclass(frozen=True, kw_only=True)
class Asked:
    """Who asks for a list, and with which address."""

    request: Request
    officer: Officer
    office: Office

    @property
    def supervision(self) -> Supervision:
        """What supervisors read."""
        return self.office.supervision


def _asked(request: Request, officer: Supervisor, office: TheOffice) -> Asked:
    return Asked(request=request, officer=officer, office=office)


AskedBySupervisor = Annotated[Asked, Depends(_asked)]
"""Endpoint parameter: a list asked for by somebody who may see clearances within their reach."""


@dataclass(frozen=True, kw_only=True)
class Filter:
    """One choice."""

    name: str
    """As the address spells it."""
    options: Mapping[str, str] = field(default_factory=dict)
    """Words by value, where a value is one of few."""

    def read(self, request: Request) -> str:
        """Return what was chosen; empty for nothing."""
        return typed_text(request, self.name)

    def word(self, value: str) -> str:
        """Return a value in words."""
        return self.options.get(value, value)


@dataclass(frozen=True, kw_only=True)
class Digits(Filter):
    """A typed number or key; its digits may be Persian."""

    def read(self, request: Request) -> str:
        """Return what was typed, in Latin digits."""
        return ascii_digits(typed_text(request, self.name))


@dataclass(frozen=True, kw_only=True)
class OneOf(Filter):
    """One of ``options``; anything else is the default."""

    default: str = ""

    def read(self, request: Request) -> str:
        """Return the option chosen."""
        return chosen(request, self.name, self.options, self.default)


@dataclass(frozen=True, kw_only=True)
class Branch(Filter):
    """One branch of those within reach."""

    name: str = "branch"

    def read(self, request: Request) -> str:
        """Return the branch's code, if what stands there may be one."""
        return chosen_branch(request) or ""


def id_of(place: str) -> int | None:
    """Return the id of the row that a list goes on behind, if what stands there may be one."""
    return int(place) if _ID.fullmatch(place) else None
