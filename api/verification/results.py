"""What the result page says: the verdict in a person's terms, and three plain questions."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from api.toolkit.dependencies import Services
from api.verification.differences import DifferenceLine, difference_lines
from clearance.errors import Unavailable
from clearance.identifiers import ClearanceNumber
from clearance.verdict import Finding, Outcome, Reason, Verdict
from register.records import IssuedClearance, StandingState
from templates.catalogues import Message, error_text, page_text, parameter_text, reason_text


class Way(StrEnum):
    """How the check came about, which decides what it can say."""

    FILE = "file"
    """The file itself was examined."""
    REGISTER = "register"
    """A QR token, or number and code: nobody saw the paper."""


COPY_WORDS = {True: "in_force", False: "withdrawn"}
"""The words for a copy by whether the clearance that it names is in force."""


@dataclass(frozen=True, kw_only=True)
class Look:
    """Shape and colour of a verdict or answer; neither ever stands alone without words."""

    shape: str
    """tick, barred, triangle, cross, lines, compare or question: told apart without colour."""
    tone: str
    """Class of the style sheet: genuine, withdrawn, refused, unchecked."""


_GENUINE = Look(shape="tick", tone="genuine")
_WITHDRAWN = Look(shape="barred", tone="withdrawn")
_CHANGED = Look(shape="triangle", tone="refused")
_REFUSED = Look(shape="cross", tone="refused")
_OTHER = Look(shape="lines", tone="unchecked")
_COMPARE = Look(shape="compare", tone="unchecked")
_OPEN = Look(shape="question", tone="unchecked")

_LOOKS: Mapping[Outcome, Look] = {
    Outcome.AUTHENTIC: _GENUINE,
    Outcome.WITHDRAWN: _WITHDRAWN,
    Outcome.OTHER_DOCUMENT: _OTHER,
    Outcome.COPY: _COMPARE,
    Outcome.ALTERED: _CHANGED,
    Outcome.OUTSIDE_CHANNEL: _REFUSED,
    Outcome.UNREADABLE: _OPEN,
    Outcome.COULD_NOT_CHECK: _OPEN,
}

_ANSWER_LOOKS: Mapping[str, Look] = {
    "yes": _GENUINE,
    "no": _REFUSED,
    "changed": _CHANGED,
    "not_this": _REFUSED,
    "compare": _COMPARE,
    "copy": _COMPARE,
    "contradicts": _CHANGED,
    "named": _COMPARE,
    "unknown": _OPEN,
    "revoked": _WITHDRAWN,
    "replaced": _WITHDRAWN,
    "void": _REFUSED,
    "other": _OTHER,
}

_QUESTIONS = ("unaltered", "issued", "in_force")

# Nothing can be asked of what could not even be read.
_ANSWERS: Mapping[Outcome, tuple[str, str, str]] = {
    Outcome.AUTHENTIC: ("yes", "yes", "yes"),
    Outcome.WITHDRAWN: ("yes", "yes", "revoked"),
    Outcome.OTHER_DOCUMENT: ("yes", "other", "other"),
    Outcome.COPY: ("copy", "named", "yes"),
    Outcome.ALTERED: ("changed", "not_this", "void"),
    Outcome.OUTSIDE_CHANNEL: ("unknown", "no", "void"),
    Outcome.COULD_NOT_CHECK: ("unknown", "unknown", "unknown"),
}

_PROVES_POSSESSION = frozenset(
    {
        Reason.BEGINS_WITH_ISSUED,
        Reason.CARRIES_ISSUED_CONTENT,
        Reason.CHANGED_CONTENT,
        Reason.NAMES_CLEARANCE,
    }
)
"""Reasons that show that a file holds what was issued, its verification code or its QR token."""


@dataclass(frozen=True, kw_only=True)
class Answer:
    """The answer to one of the three questions."""

    look: Look
    question: Message
    answer: Message
    next: Message


@dataclass(frozen=True, kw_only=True)
class FindingLine:
    """One finding as the page's table shows it."""

    finding: Finding
    message: Message

    @property
    def evidence(self) -> tuple[tuple[Message, str], ...]:
        """The parameters of the finding, each with what it is called."""
        return tuple(
            (parameter_text(name), value) for name, value in self.finding.parameters.items()
        )


@dataclass(frozen=True, kw_only=True)
class Result:
    """Everything that the result page shows."""

    outcome: Outcome
    way: Way
    look: Look
    word: Message
    heading: Message
    lead: Message
    answers: tuple[Answer, ...]
    reasons: tuple[Message, ...]
    findings: tuple[FindingLine, ...]
    differences: tuple[DifferenceLine, ...]
    clearance: IssuedClearance | None
    revocation_reason: Message | None
    sha256: str | None
    checked_at: datetime


def look_of(outcome: Outcome, words: str) -> Look:
    """Return shape and colour of an outcome, told by ``words_of``."""
    return _WITHDRAWN if words == COPY_WORDS[False] else _LOOKS[outcome]


def words_of(outcome: Outcome, way: str, clearance: IssuedClearance | None) -> str:
    """Return which words tell an outcome: a copy's depend on the clearance that it names."""
    if outcome is Outcome.COPY and clearance is not None:
        return COPY_WORDS[clearance.standing.state is StandingState.IN_FORCE]
    return way


def disclosed(verdict: Verdict, services: Services) -> IssuedClearance | None:
    """Return the register's facts if the caller holds what was issued, and only then.

    A genuine file, a genuine token, also on a picture of a paper, or a changed file that still
    contains all of the original or its verification code prove it; anything less must not become
    a way to fish for facts.
    """
    genuine = verdict.outcome in {Outcome.AUTHENTIC, Outcome.WITHDRAWN}
    if verdict.number is None or not (genuine or _PROVES_POSSESSION & set(verdict.reasons)):
        return None
    return services.clearances.find(ClearanceNumber.parse(verdict.number))


def result_of(verdict: Verdict, clearance: IssuedClearance | None, way: Way) -> Result:
    """Put a verdict into a person's words."""
    return _result(
        verdict.outcome,
        clearance,
        way,
        checked_at=verdict.checked_at,
        verdict=verdict,
    )


def result_of_clearance(clearance: IssuedClearance, checked_at: datetime) -> Result:
    """Put the answer to number and code into a person's words."""
    in_force = clearance.standing.state is StandingState.IN_FORCE
    outcome = Outcome.AUTHENTIC if in_force else Outcome.WITHDRAWN
    return _result(outcome, clearance, Way.REGISTER, checked_at=checked_at)


def result_of_outage(way: Way, checked_at: datetime, error: Unavailable) -> Result:
    """Say that something needed for the check was out of reach, and what."""
    result = _result(Outcome.COULD_NOT_CHECK, None, way, checked_at=checked_at)
    return replace(result, reasons=(error_text(error),))


def _result(
    outcome: Outcome,
    clearance: IssuedClearance | None,
    way: Way,
    *,
    checked_at: datetime,
    verdict: Verdict | None = None,
) -> Result:
    reason = clearance.standing.reason if clearance else None
    words = words_of(outcome, way, clearance)
    return Result(
        outcome=outcome,
        way=way,
        look=look_of(outcome, words),
        word=page_text("outcomes", outcome, "word"),
        heading=page_text("outcomes", outcome, words, "heading"),
        lead=page_text("outcomes", outcome, words, "lead"),
        answers=_answers(verdict, outcome, way, clearance),
        reasons=tuple(map(reason_text, verdict.reasons)) if verdict else (),
        findings=tuple(map(_line, verdict.findings)) if verdict else (),
        differences=difference_lines(verdict) if verdict and clearance else (),
        clearance=clearance,
        revocation_reason=page_text("revocation_reasons", reason) if reason else None,
        sha256=verdict.sha256 if verdict and way is Way.FILE else None,
        checked_at=checked_at,
    )


def _line(finding: Finding) -> FindingLine:
    return FindingLine(finding=finding, message=reason_text(finding.reason, finding.parameters))


def _answers(
    verdict: Verdict | None, outcome: Outcome, way: Way, clearance: IssuedClearance | None
) -> tuple[Answer, ...]:
    if outcome not in _ANSWERS:
        return ()
    unaltered, issued, in_force = _ANSWERS[outcome]
    if verdict is not None and Reason.PRINTED_DIFFERENTLY in verdict.reasons:
        unaltered = "contradicts"
    state = clearance.standing.state if clearance else None
    if outcome is Outcome.COPY and state is not StandingState.IN_FORCE:
        in_force = "revoked"
    if way is Way.REGISTER and unaltered == "yes":
        unaltered = "compare"
    if in_force == "revoked" and state is StandingState.REPLACED:
        in_force = "replaced"
    given = zip(_QUESTIONS, (unaltered, issued, in_force), strict=True)
    return tuple(_answer(question, answer) for question, answer in given)


def _answer(question: str, answer: str) -> Answer:
    return Answer(
        look=_ANSWER_LOOKS[answer],
        question=page_text("questions", question, "question"),
        answer=page_text("questions", question, answer, "answer"),
        next=page_text("questions", question, answer, "next"),
    )
