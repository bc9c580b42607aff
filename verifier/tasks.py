"""What a sandbox's worker can be asked to do with a file, and how its answers are understood.

An answer may have been written by a hostile file: it is checked word by word, nothing in it is run.
"""

import pickle
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any, Generic, TypeVar

from clearance.verdict import Level, Reason, Stage
from verifier.examination import Examination
from verifier.reading import PageReading, Reading
from verifier.trust import TrustPolicy

READING_SECONDS = 2.5
"""Processor time for reading a paper: it may come on top of an examination."""

Result = TypeVar("Result")


@dataclass(frozen=True, kw_only=True)
class Task(Generic[Result]):
    """One thing to do with one file."""

    key: bytes
    """Names the thing to do with the very same file under the same trust, whenever that is."""
    request: bytes
    """What the worker is told: a pickled tuple of the task's name and its arguments."""
    most_seconds: float
    """Processor time, where the worker's own limit is longer."""
    understood: Callable[[dict[str, Any]], Result]
    """Makes the result of a worker's answer; raises anything if that is not what it should be."""
    unfinished: Callable[[Reason, dict[str, str]], Result]
    """Makes a result of the reason why there is none, and of its parameters."""


def examining(pdf: bytes, trust: TrustPolicy) -> Task[Examination]:
    """Examine a PDF by itself (``verifier.examination.examine``)."""
    return Task(
        key=_key("examine", pdf, replace(trust, at=_NO_TIME)),
        request=pickle.dumps(("examine", pdf, trust)),
        most_seconds=float("inf"),
        understood=_examination,
        unfinished=_no_examination,
    )


def reading(content: bytes, *, codes: bool) -> Task[Reading]:
    """Read a file as a paper (``verifier.scanned_copy_reading.read_scanned_copy``)."""
    return Task(
        key=_key("read", content, codes),
        request=pickle.dumps(("read", content, codes)),
        most_seconds=READING_SECONDS,
        understood=_reading,
        unfinished=lambda reason, _: Reading(failure=reason),
    )


_NO_TIME = datetime(1970, 1, 1, tzinfo=UTC)


def _key(name: str, content: bytes, *options: object) -> bytes:
    return sha256(pickle.dumps((name, sha256(content).digest(), *options))).digest()


def _examination(answer: dict[str, Any]) -> Examination:
    content_hash = answer["content_hash"]
    return Examination(
        findings=tuple(
            Stage(stage).finding(
                Level(level),
                Reason(reason),
                **{str(name): str(value) for name, value in parameters.items()},
            )
            for stage, level, reason, parameters in answer["findings"]
        ),
        bears_our_seal=bool(answer["bears_our_seal"]),
        content_hash=bytes.fromhex(content_hash) if content_hash else None,
    )


def _no_examination(reason: Reason, parameters: dict[str, str]) -> Examination:
    finding = Stage.STRUCTURE.failed(reason, **parameters)
    return Examination(findings=(finding,), bears_our_seal=False, content_hash=None)


def _reading(answer: dict[str, Any]) -> Reading:
    attached, failure = answer["attached"], answer["failure"]
    return Reading(
        pages=tuple(
            PageReading(codes=tuple(map(str, codes)), text=str(text), pictured=bool(pictured))
            for codes, text, pictured in answer["pages"]
        ),
        attached=bytes.fromhex(attached) if attached else None,
        failure=Reason(failure) if failure else None,
        unread=tuple(map(int, answer["unread"])),
        left_out=tuple(map(Reason, answer["left_out"])),
    )
