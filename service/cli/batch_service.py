"""A Mohr service's batches over HTTP, as a client with an API key sees them."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO, Final, Self

import httpx

from clearance.errors import MohrError, Refused, Unavailable
from service.settings import API_KEY_VARIABLE

_SECONDS: Final = 120
"""For one answer: taking in ten thousand lines takes a few."""
_COME_AGAIN: Final = frozenset(
    {
        HTTPStatus.REQUEST_TIMEOUT,
        HTTPStatus.TOO_MANY_REQUESTS,
        HTTPStatus.BAD_GATEWAY,
        HTTPStatus.SERVICE_UNAVAILABLE,
        HTTPStatus.GATEWAY_TIMEOUT,
    }
)

Batch = dict[str, Any]
"""A batch as the service answers it (``api.batches.schemas.BatchAnswer``)."""


class BatchService:
    """The batches of one service; close it after use.

    Every method raises ``Unavailable`` if the service or a part of it does not answer, and
    ``Refused("service.refused")`` for every other refusal, with the service's own words.
    """

    def __init__(self, url: str, key: str) -> None:
        try:
            self._http = httpx.Client(
                base_url=url, headers={"Authorization": f"Bearer {key}"}, timeout=_SECONDS
            )
        except (httpx.InvalidURL, UnicodeError, ValueError) as error:
            raise Refused("service.unfit_address", parameters={"url": url}) from error
        self._url = url

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._http.close()

    def submit(self, file: BinaryIO, *, idempotency_key: str) -> tuple[Batch, bool]:
        """Send a file of JSON Lines; answer its batch, and whether it had been sent before."""
        with self._asking():
            response = self._http.post(
                "/v1/batches",
                content=file,
                headers={"Content-Type": "application/jsonl", "Idempotency-Key": idempotency_key},
            )
        return answer_of(response), "Idempotency-Replayed" in response.headers

    def find(self, batch_id: str) -> Batch:
        """Return a batch and how far it is."""
        with self._asking():
            return answer_of(self._http.get(f"/v1/batches/{batch_id}"))

    def order(self, batch_id: str, order: str) -> Batch:
        """Give an order: ``pause``, ``resume`` or ``cancellation``."""
        with self._asking():
            return answer_of(self._http.post(f"/v1/batches/{batch_id}/{order}"))

    def lines(self, batch_id: str, *, form: str) -> Iterator[bytes]:
        """Yield all lines as a file of JSON Lines (``jsonl``) or CSV (``csv``), piece by piece."""
        path = f"/v1/batches/{batch_id}/lines"
        with self._asking(), self._http.stream("GET", path, params={"format": form}) as response:
            if not response.is_success:
                response.read()
                answer_of(response)
            yield from response.iter_bytes()

    @contextmanager
    def _asking(self) -> Iterator[None]:
        try:
            yield
        except httpx.InvalidURL as error:
            raise Refused("service.unfit_address", parameters={"url": self._url}) from error
        except httpx.UnsupportedProtocol as error:
            raise Refused("service.unfit_address", parameters={"url": self._url}) from error
        except httpx.HTTPError as error:
            raise Unavailable("service.unreachable", parameters={"url": self._url}) from error


def read_key(file: Path | None) -> str:
    """Return the API key: out of a file, or else out of the environment.

    Never from the command line, where other users of the machine would see it. Raises
    ``Refused("service.key_missing")``.
    """
    key = file.read_text().strip() if file else os.environ.get(API_KEY_VARIABLE, "").strip()
    if not key.isascii() or not key.isprintable() or not key:
        raise Refused("service.key_missing", parameters={"variable": API_KEY_VARIABLE})
    return key


def answer_of(response: httpx.Response) -> dict[str, Any]:
    """Return the JSON of a response that was read; raise its refusal, as every method above."""
    if response.is_success:
        try:
            answer: dict[str, Any] = response.json()
        except ValueError as error:
            raise _not_ours(response) from error
        return answer
    try:
        problem = response.json()
        parameters = {
            "status": str(response.status_code),
            "code": problem["code"],
            "fa": problem["message"]["fa"],
            "en": problem["message"]["en"],
        }
    except (ValueError, KeyError, TypeError):
        raise _not_ours(response) from None
    if response.status_code in _COME_AGAIN:
        raise Unavailable("service.away", parameters=parameters)
    raise Refused("service.refused", parameters=parameters)


def _not_ours(response: httpx.Response) -> MohrError:
    """Tell an answer that no Mohr service gave: a proxy's, or that of something else."""
    parameters = {"status": str(response.status_code), "url": str(response.url.copy_with(path="/"))}
    if response.status_code in _COME_AGAIN:
        return Unavailable("service.unreachable", parameters=parameters)
    return Refused("service.not_mohr", parameters=parameters)
