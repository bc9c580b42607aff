"""Many files verified by a running service: sent in portions, sent again where no answer came."""

import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from io import BytesIO
from tempfile import TemporaryFile
from typing import Any, BinaryIO, Final, cast
from zipfile import ZIP_STORED, ZipFile

import httpx

from api.verification.file_schemas import FileAnswer
from api.verification.results import Way
from api.verification.schemas import verdict_answer
from clearance.clock import system_clock
from clearance.errors import Refused, Unavailable
from clearance.verdict import Outcome, Reason, Verdict
from service.cli.batch_service import answer_of
from service.cli.verify_sources import Source
from verifier.pipeline import SIZE_LIMIT

FILES_AT_ONCE: Final = 1000
BYTES_AT_ONCE: Final = 200_000_000
SILENCE_SECONDS: Final = 60.0
"""The service says something every five seconds; a connection silent for so long is dead."""

TRIES: Final = 8
"""In a row that brought no answer, after which the service counts as away."""
ROUNDS: Final = 3
"""How often a file that could not be checked is sent altogether."""
LONGEST_WAIT: Final = 300.0
"""Seconds that the service may ask us to wait, until an allowance begins anew."""

Answer = dict[str, Any]
"""A ``FileAnswer`` in JSON."""
Told = Callable[[Source, Answer], None]


@dataclass(frozen=True, kw_only=True)
class Asking:
    """Where and as whom files are verified."""

    url: str
    key: str
    records: Mapping[str, Any]
    """The payer's own records, by the names of files."""


class _Broken(Exception):
    """The connection ended before the answers did."""


class VerifyingService:
    """Verifies files over HTTP; ``told`` gets each answer, ``waits`` why nothing happens.

    Raises ``Unavailable`` if the service is away for long and ``Refused`` if it does not take the
    files; what was answered until then has been told.
    """

    def __init__(
        self,
        asking: Asking,
        *,
        told: Told,
        waits: Callable[[str], None],
        pause: Callable[[float], None] = time.sleep,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        try:
            self._http = httpx.Client(
                base_url=asking.url,
                headers={"Authorization": f"Bearer {asking.key}"},
                timeout=SILENCE_SECONDS,
                transport=transport,
            )
        except (httpx.InvalidURL, UnicodeError, ValueError) as error:
            raise Refused("service.unfit_address", parameters={"url": asking.url}) from error
        self._asking = asking
        self._report = told
        self._waits = waits
        self._pause = pause

    def verify(self, sources: Sequence[Source]) -> None:
        """Have all files verified; of those that could not be checked, the last answer counts."""
        unchecked: dict[int, Answer] = {}
        pending = dict(enumerate(sources))
        with self._http:
            for round_ in range(1, ROUNDS + 1):
                for place, answer in self._answers(pending):
                    if round_ < ROUNDS and _may_be_checked_later(answer):
                        unchecked[place] = answer
                    else:
                        self._report(sources[place], answer)
                pending = {place: sources[place] for place in unchecked}
                if not pending:
                    return
                unchecked = {}
                self._pause_for(2.0**round_, f"{len(pending)} could not be checked")

    def _answers(self, pending: Mapping[int, Source]) -> Iterator[tuple[int, Answer]]:
        """Yield each file once, sending again what an answer that broke off left out."""
        left = dict(pending)
        tries = 0
        while left:
            answered = len(left)
            try:
                for place, answer in self._portion(left):
                    del left[place]
                    yield place, answer
            except (_Broken, httpx.TransportError) as error:
                tries = 0 if len(left) < answered else tries + 1
                if tries >= TRIES:
                    url = {"url": self._asking.url}
                    raise Unavailable("service.unreachable", parameters=url) from error
                self._pause_for(min(2.0**tries, 30.0), "the connection broke off")
            except Unavailable as error:
                # Of an allowance it is known when it begins anew; all else may last for ever.
                tries += error.parameters.get("status") != str(HTTPStatus.TOO_MANY_REQUESTS.value)
                seconds = float(error.parameters.get("seconds", 2.0**tries))
                if tries >= TRIES or seconds > LONGEST_WAIT:
                    raise
                self._pause_for(seconds, error.parameters.get("code", error.code))

    def _portion(self, left: Mapping[int, Source]) -> Iterator[tuple[int, Answer]]:
        """Send as many files as one request takes; answer those that need no sending first."""
        sent: list[int] = []
        with cast("BinaryIO", TemporaryFile()) as archive:
            with ZipFile(archive, "w", ZIP_STORED) as packed:
                for place, source in tuple(left.items()):
                    content = _content(source)
                    if isinstance(content, dict):
                        yield place, content
                        continue
                    # The service answers by place; a name of the caller's might be refused.
                    packed.writestr(f"{place:07}", content)
                    sent.append(place)
                    if len(sent) == FILES_AT_ONCE or archive.tell() > BYTES_AT_ONCE:
                        break
            if sent:
                archive.seek(0)
                for answer in self._sent(archive, self._records(sent, left)):
                    place = sent[answer["place"] - 1]
                    yield place, answer | {"name": left[place].name}

    def _records(self, sent: Sequence[int], left: Mapping[int, Source]) -> bytes | None:
        records = self._asking.records
        if not records:
            return None
        named = {
            f"{place:07}": records[left[place].name]
            for place in sent
            if left[place].name in records
        }
        return json.dumps(named, ensure_ascii=False).encode()

    def _sent(self, archive: BinaryIO, records: bytes | None) -> Iterator[Answer]:
        parts: dict[str, tuple[str, BinaryIO, str]] = {
            "file": ("files.zip", archive, "application/zip")
        }
        if records is not None:
            parts["expect"] = ("expect.json", BytesIO(records), "application/json")
        request = self._http.build_request(
            "POST", "/v1/verification-batches", files=parts, headers={"Accept": _LINES}
        )
        try:
            response = self._http.send(request, stream=True)
        except httpx.UnsupportedProtocol as error:
            url = {"url": self._asking.url}
            raise Refused("service.unfit_address", parameters=url) from error
        try:
            yield from _lines(response)
        finally:
            response.close()

    def _pause_for(self, seconds: float, why: str) -> None:
        self._waits(f"{why}; again in {seconds:.0f} s")
        self._pause(seconds)
        self._waits("")


_LINES: Final = "application/x-ndjson"


def local_answer(name: str, verdict: Verdict) -> Answer:
    """Return a verdict that this machine reached, in the words that a service would have."""
    answer = verdict_answer(verdict, None, way=Way.FILE, public_url="")
    return FileAnswer(**vars(answer), place=1, name=name, done=1, of=1).model_dump(mode="json")


def _unsent(name: str, outcome: Outcome, reason: Reason) -> Answer:
    return local_answer(name, Verdict.unseen(outcome, reason, at=system_clock()))


def _may_be_checked_later(answer: Answer) -> bool:
    missing = Reason.FILE_UNAVAILABLE in answer["reasons"]
    return bool(answer["outcome"] == Outcome.COULD_NOT_CHECK) and not missing


def _content(source: Source) -> bytes | Answer:
    try:
        content = source.read()
    except OSError:
        return _unsent(source.name, Outcome.COULD_NOT_CHECK, Reason.FILE_UNAVAILABLE)
    if not isinstance(content, Reason) and len(content) < SIZE_LIMIT:
        return content
    reason = content if isinstance(content, Reason) else Reason.TOO_LARGE
    return _unsent(source.name, Outcome.UNREADABLE, reason)


def _lines(response: httpx.Response) -> Iterator[Answer]:
    if not response.is_success:
        response.read()
        try:
            answer_of(response)
        except Unavailable as error:
            seconds = response.headers.get("retry-after", "")
            if seconds.isdecimal():
                error.parameters["seconds"] = seconds
            raise
    ended = False
    for line in response.iter_lines():
        try:
            part = json.loads(line)
        except ValueError as error:
            raise _Broken from error
        if "outcome" in part:
            yield part
        ended = "summary" in part
    if not ended:
        raise _Broken
