"""The page for several files at once, without JavaScript: its rows are sent as they are done."""

from collections import Counter
from collections.abc import AsyncGenerator, Mapping
from dataclasses import dataclass, field
from functools import partial
from http import HTTPStatus
from typing import Final

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse, Response

from api.toolkit.dependencies import Context, TheContext
from api.toolkit.html import filled, page
from api.toolkit.limits import network_of
from api.toolkit.problems import headers_of, status_of
from api.verification.file_batches import AnswerInPieces, FileBatch, JudgedFile
from api.verification.file_spool import SpoolLimits, receive_files
from api.verification.results import Result, Way, result_of
from clearance.errors import MohrError
from clearance.verdict import Outcome
from templates.catalogues import error_text

router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)

_ROWS: Final = "\N{OBJECT REPLACEMENT CHARACTER}"
"""Stands in the filled page where the rows go."""

_NOT_TO_PAY_ON: Final = frozenset(
    {Outcome.WITHDRAWN, Outcome.OTHER_DOCUMENT, Outcome.ALTERED, Outcome.OUTSIDE_CHANNEL}
)


@dataclass(kw_only=True)
class Tally:
    """How several files fared, while they are being counted."""

    of: int
    counts: Counter[Outcome] = field(default_factory=Counter)
    advice: dict[str, Result] = field(default_factory=dict)
    """What to do, by the anchor that a row leads to."""

    def count(self, result: Result) -> None:
        """Take in one file."""
        self.counts[result.outcome] += 1
        self.advice.setdefault(advice_anchor(result), result)

    @property
    def genuine(self) -> int:
        """Files that may be relied on."""
        return self.counts[Outcome.AUTHENTIC]

    @property
    def refused(self) -> int:
        """Files that nobody may pay on."""
        return sum(self.counts[each] for each in _NOT_TO_PAY_ON)

    @property
    def copies(self) -> int:
        """Files that are to be compared with what the original says."""
        return self.counts[Outcome.COPY]

    @property
    def not_judged(self) -> int:
        """Files of which nothing can be said."""
        return self.counts[Outcome.UNREADABLE] + self.counts[Outcome.COULD_NOT_CHECK]


def advice_anchor(result: Result) -> str:
    """Return where the page says what to do about such a result."""
    return f"do-{result.outcome}-{result.look.tone}"


@router.get("/files")
def offer(request: Request) -> Response:
    """Offer to check several files at once."""
    return _form(request)


@router.post("/files")
async def verify_files(request: Request, context: TheContext) -> Response:
    """Verify up to twenty files and show each as soon as it is done."""
    caller = network_of(request.client.host if request.client else "")
    try:
        received = await receive_files(request, _limits(context))
        try:
            context.page_places.enter(caller)
        except MohrError:
            received.close()
            raise
    except MohrError as error:
        return _form(request, error)
    batch = FileBatch(received, context)

    def close() -> None:
        batch.close()
        context.page_places.leave(caller)

    return AnswerInPieces(
        _shown(request, batch), media_type="text/html; charset=utf-8", close=close
    )


async def _shown(request: Request, batch: FileBatch) -> AsyncGenerator[str, None]:
    tally = Tally(of=len(batch.files))
    fill = partial(filled, request, "files.html", rows=_ROWS, tally=tally)
    yield fill(ended=False).partition(_ROWS)[0]
    async for judged in batch.judged():
        if judged is None:
            yield "\n"
            continue
        result = result_of(judged.verdict, judged.clearance, Way.FILE)
        tally.count(result)
        yield _row(request, judged, result)
    yield fill(ended=True).partition(_ROWS)[2]


def _row(request: Request, judged: JudgedFile, result: Result) -> str:
    return filled(
        request, "file-row.html", judged=judged, result=result, anchor=advice_anchor(result)
    )


def _limits(context: Context) -> SpoolLimits:
    limits = context.limits
    return SpoolLimits(
        files=limits.page_files,
        total_bytes=limits.upload_bytes,
        file_bytes=limits.upload_bytes,
    )


def _form(request: Request, error: MohrError | None = None) -> Response:
    headers: Mapping[str, str] = headers_of(error) if error else {}
    answer = page(
        request,
        "choose-files.html",
        status=status_of(error) if error else HTTPStatus.OK,
        wrong=error_text(error) if error else None,
        most_files=request.app.state.context.limits.page_files,
    )
    answer.headers.update(headers)
    return answer
