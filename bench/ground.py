"""The ground that each bench stands on: quiet, in a folder of its own that is gone afterwards."""

import json
import logging
import secrets
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from rich.console import Console

from service.home import prepare_development_home
from service.settings import Settings

EXAMPLE = Path(__file__).parents[1] / "examples" / "ordinary-company.json"


@contextmanager
def folder() -> Iterator[Path]:
    """Make a folder through which the embedded PostgreSQL's own user can pass, and keep quiet."""
    logging.disable(logging.WARNING)
    warnings.simplefilter("ignore")
    with tempfile.TemporaryDirectory(prefix="mohr-bench-") as name:
        Path(name).chmod(0o711)
        yield Path(name)


@contextmanager
def home(console: Console) -> Iterator[Settings]:
    """Make a development home with token, keys and authority; its folder's parent is free."""
    with folder() as place:
        with console.status("preparing token, authority and database"):
            settings = prepare_development_home(place / "home", lambda _step: None)
        yield settings


def request_object() -> dict[str, Any]:
    """Return a request, as JSON, for a contract row and with receipts that no other has."""
    request: dict[str, Any] = json.loads(EXAMPLE.read_bytes())
    request["contract"]["row"] = f"{secrets.randbelow(10**8):08d}"
    for receipt in request["premium"]["receipts"]:
        receipt["id"] = f"{receipt['id'][:60]}-{secrets.token_hex(8)}"
    return request
