"""Reports of a file's verdict: simple, detailed, raw, and the validation report of ETSI."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from http import HTTPStatus

from fastapi.responses import JSONResponse
from starlette.responses import Response

from api.clearances.schemas import clearance_answer
from api.toolkit.answers import Text
from api.toolkit.dependencies import Services
from api.toolkit.problems import HttpError
from api.verification.comparison import comparison_answer
from api.verification.report_schemas import (
    AnchorAnswer,
    BasisAnswer,
    DetailedReport,
    QuestionAnswer,
    RawReport,
    SignatureAnswer,
    SimpleReport,
    StageAnswer,
)
from api.verification.results import FindingLine, Result, Way, disclosed, result_of
from api.verification.schemas import ComparisonAnswer, difference_answers, finding_answer
from clearance.clock import format_moment
from clearance.expectation import Expectation
from clearance.proof import not_proved_by, policy_words, weighed_in
from clearance.verdict import Outcome, Reason, Verdict
from templates.catalogues import Message, page_text, reason_text
from verifier.report.basis import Basis, basis_of
from verifier.report.etsi_xml import MEDIA_TYPE, etsi_report
from verifier.report.indications import SignatureStatus, signature_statuses
from verifier.report.raw import verdict_object
from verifier.report.stages import StageReport, stages_of


class ReportKind(StrEnum):
    """The reports that can be asked for."""

    SIMPLE = "simple"
    DETAILED = "detailed"
    RAW = "raw"
    ETSI_XML = "etsi-xml"


OF_TOKENS = (ReportKind.SIMPLE, ReportKind.DETAILED, ReportKind.RAW)
"""The reports of a QR token."""

WITH_COMPARISON = frozenset({None, ReportKind.SIMPLE, ReportKind.DETAILED})
"""What has a place for the comparison with a caller's own record; ``None`` is the usual answer."""


def report_asked(report: str | None, accept: str) -> ReportKind | None:
    """Return which report a caller asks for: by name, or XML by the ``Accept`` header alone.

    Raises 422 ``report.unknown`` for a name that is none.
    """
    if report is not None:
        if report not in set(ReportKind):
            raise _unknown(ReportKind)
        return ReportKind(report)
    preferred = accept.partition(",")[0].partition(";")[0].strip().lower()
    return ReportKind.ETSI_XML if preferred == MEDIA_TYPE else None


def token_report_asked(report: str | None) -> ReportKind | None:
    """Return which report of a QR token a caller asks for.

    Raises 422 ``report.unknown`` also for ETSI's: it speaks of the signatures of documents alone.
    """
    if report is not None and report not in OF_TOKENS:
        raise _unknown(OF_TOKENS)
    return ReportKind(report) if report is not None else None


def _unknown(known: Iterable[str]) -> HttpError:
    return HttpError(
        HTTPStatus.UNPROCESSABLE_ENTITY,
        "report.unknown",
        field="/report",
        parameters={"known": ", ".join(known)},
    )


def report_response(
    kind: ReportKind,
    verdict: Verdict,
    services: Services,
    expectation: Expectation | None = None,
    *,
    way: Way = Way.FILE,
) -> Response:
    """Return one report of a verdict, with the comparison if ``expectation`` is given.

    The raw and the XML report have no place for one; see ``WITH_COMPARISON``.
    """
    basis = basis_of(services.trust.anchors(), services.trust.seal_certificates())
    if kind is ReportKind.ETSI_XML:
        name = f"verification-{verdict.sha256[:12]}.xml"
        headers = {"Content-Disposition": f'attachment; filename="{name}"'}
        return Response(etsi_report(verdict, basis), media_type=MEDIA_TYPE, headers=headers)
    if kind is ReportKind.RAW:
        return JSONResponse(raw_report(verdict, basis).model_dump(mode="json"))
    clearance = disclosed(verdict, services)
    simple = simple_report(
        verdict,
        result_of(verdict, clearance, way),
        basis,
        comparison=comparison_answer(expectation, verdict, clearance),
        public_url=services.public_url,
    )
    answer = simple if kind is ReportKind.SIMPLE else detailed_report(verdict, simple)
    return JSONResponse(answer.model_dump(mode="json"))


def simple_report(
    verdict: Verdict,
    result: Result,
    basis: Basis,
    *,
    comparison: ComparisonAnswer | None,
    public_url: str,
) -> SimpleReport:
    """Return the verdict in one sentence, with the three questions and the facts to compare."""
    clearance = result.clearance
    return SimpleReport(
        outcome=verdict.outcome,
        message=_text(result.heading),
        advice=_text(result.lead),
        questions=[
            QuestionAnswer(
                question=_text(each.question), answer=_text(each.answer), next=_text(each.next)
            )
            for each in result.answers
        ],
        number=verdict.number,
        sha256=verdict.sha256,
        checked_at=format_moment(verdict.checked_at),
        clearance=clearance_answer(clearance, public_url) if clearance else None,
        differences=difference_answers(verdict) if clearance else [],
        comparison=comparison,
        not_proved=[_text(each) for each in not_proved(verdict.outcome, weighed_in(verdict))],
        basis=_basis(basis, policy_of(verdict.outcome, weighed_in(verdict))),
    )


def detailed_report(verdict: Verdict, simple: SimpleReport) -> DetailedReport:
    """Return the simple report with every stage and every signature."""
    return DetailedReport(
        **vars(simple),
        reasons=list(verdict.reasons),
        stages=[_stage(each) for each in stages_of(verdict)],
        signatures=_signatures(verdict),
    )


def raw_report(verdict: Verdict, basis: Basis) -> RawReport:
    """Return the verdict in codes alone."""
    return RawReport(
        verdict=verdict_object(verdict),
        signatures=_signatures(verdict),
        policy=basis.policy,
        trust_anchors=_anchors(basis),
    )


@dataclass(frozen=True, kw_only=True)
class StageLine:
    """One stage as the page shows it."""

    report: StageReport
    name: Message
    question: Message
    answer: Message
    findings: tuple[FindingLine, ...]


@dataclass(frozen=True, kw_only=True)
class PageReport:
    """What the page shows below the three questions, one step deeper each."""

    stages: tuple[StageLine, ...]
    signatures: tuple[SignatureStatus, ...]
    basis: Basis
    policy: Message
    not_proved: tuple[Message, ...]
    raw_json: str
    xml: bytes


def page_report(verdict: Verdict, services: Services) -> PageReport:
    """Return the deeper steps of the result page for a file."""
    basis = basis_of(services.trust.anchors(), services.trust.seal_certificates())
    return PageReport(
        stages=tuple(map(_line, stages_of(verdict))),
        signatures=signature_statuses(verdict.findings),
        basis=basis,
        policy=policy_of(verdict.outcome, weighed_in(verdict)),
        not_proved=not_proved(verdict.outcome, weighed_in(verdict)),
        raw_json=raw_report(verdict, basis).model_dump_json(indent=2),
        xml=etsi_report(verdict, basis),
    )


def not_proved(outcome: Outcome, reasons: Collection[Reason]) -> tuple[Message, ...]:
    """Return what a verdict does not prove."""
    names = not_proved_by(outcome, reasons)
    return tuple(page_text("report", "not_proved", each, "words") for each in names)


def policy_of(outcome: Outcome, reasons: Collection[Reason]) -> Message:
    """Return in one sentence what decided."""
    return page_text("report", "policy", policy_words(outcome, reasons))


def _line(report: StageReport) -> StageLine:
    words = _words(report)
    return StageLine(
        report=report,
        name=words["name"],
        question=words["question"],
        answer=words["answer"],
        findings=tuple(
            FindingLine(finding=each, message=reason_text(each.reason, each.parameters))
            for each in report.findings
        ),
    )


def _stage(report: StageReport) -> StageAnswer:
    line = _line(report)
    return StageAnswer(
        number=report.number,
        stage=report.stage,
        name=_text(line.name),
        question=_text(line.question),
        answer=report.answer,
        message=_text(line.answer),
        findings=[finding_answer(each) for each in report.findings],
    )


def _words(report: StageReport) -> Mapping[str, Message]:
    keys = {"name": "name", "question": "question", "answer": report.answer.value}
    stages = "paper_stages" if report.of_scanned_copy else "stages"
    return {
        name: page_text("report", stages, report.stage.value, key) for name, key in keys.items()
    }


def _signatures(verdict: Verdict) -> list[SignatureAnswer]:
    return [
        SignatureAnswer(
            field=each.field,
            kind="document_timestamp" if each.timestamp else "signature",
            indication=each.indication,
            sub_indication=each.sub_indication,
        )
        for each in signature_statuses(verdict.findings)
    ]


def _basis(basis: Basis, policy: Message) -> BasisAnswer:
    return BasisAnswer(
        policy=basis.policy,
        message=_text(policy),
        trust_anchors=_anchors(basis),
    )


def _anchors(basis: Basis) -> list[AnchorAnswer]:
    return [AnchorAnswer(subject=each.subject, sha256=each.sha256) for each in basis.anchors]


def _text(message: Message) -> Text:
    return Text(fa=message.fa, en=message.en)
