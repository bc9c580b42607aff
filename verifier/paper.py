"""Judges what is no original: pictures, scans, print-outs, and says how altered data differ.

A paper that names a clearance by a QR code of ours proves nothing by itself: the code can be
copied onto any other paper. The answer is what the electronic original says, to be compared.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, replace

from clearance.clock import Clock
from clearance.errors import Busy, Unavailable
from clearance.identifiers import ClearanceNumber
from clearance.verdict import Difference, Finding, Level, Outcome, Reason, Stage, Verdict
from register.kinds import KINDS, Kinds, kind_of
from register.records import IssuedClearance
from templates.documents import Template
from verifier.addresses import addresses_on, bears_address, host_of, issuing_host
from verifier.differences import differences, named_in, parsed_data, shows_code
from verifier.digest import sha256_hex
from verifier.pipeline import HEADER_WITHIN, SIZE_LIMIT
from verifier.printed import compare
from verifier.reading import Reader, Reading, is_picture
from verifier.standing import RegisterLookups, standing_finding

PATIENCE_SECONDS = 1.2
"""A PDF whose examination took longer is not read as a paper as well: everyone gets an answer
within five seconds."""

MOST_TOKENS = 4
"""Different codes of ours that are checked in one file."""

_NOT_COPIES = frozenset({Reason.SEAL_WITHOUT_RECORD, Reason.CHECK_TIMED_OUT})
_TOKENS = frozenset({Outcome.AUTHENTIC, Outcome.WITHDRAWN})
_OF_THE_PAGE = frozenset(
    {
        Reason.NAMES_CLEARANCE,
        Reason.CODE_LEADS_ELSEWHERE,
        Reason.PRINTED_DIFFERENTLY,
        Reason.TEXT_COMPARED,
    }
)


@dataclass(frozen=True, kw_only=True)
class _Answer:
    """What the codes and the text of a paper lead to."""

    outcome: Outcome
    reasons: tuple[Reason, ...]
    findings: tuple[Finding, ...]
    number: str | None = None
    differences: tuple[Difference, ...] = ()


class PaperVerifier:
    """Says what any upload is: files as ``verify_file`` does, and pictures of papers.

    Safe to use from several threads; keeps nothing between calls. ``public_url`` is scheme and
    host of the addresses that our QR codes hold now.
    """

    def __init__(
        self,
        *,
        verify_file: Callable[[bytes], Verdict],
        verify_token: Callable[[str], Verdict],
        register: RegisterLookups,
        reader: Reader,
        public_url: str,
        clock: Clock,
        kinds: Kinds = KINDS,
        patience_seconds: float = PATIENCE_SECONDS,
    ) -> None:
        self._verify_file = verify_file
        self._verify_token = verify_token
        self._register = register
        self._reader = reader
        self._host = host_of(public_url)
        self._kinds = kinds
        self._clock = clock
        self._patience_seconds = patience_seconds

    def verify(self, content: bytes) -> Verdict:
        """Reach the verdict on an upload; raises as ``verify_file`` does.

        What is registered, or made from something registered, is never called a copy.
        """
        small_enough = len(content) < SIZE_LIMIT
        if small_enough and is_picture(content) and b"%PDF-" not in content[:HEADER_WITHIN]:
            return self._guarded(self._picture, self._draft(content), content)
        begun = time.monotonic()
        verdict = self._verify_file(content)
        if time.monotonic() - begun > self._patience_seconds:
            return verdict
        if verdict.outcome is Outcome.ALTERED:
            return self._guarded(self._altered, verdict, content)
        if verdict.outcome is Outcome.OUTSIDE_CHANNEL and not _NOT_COPIES & set(verdict.reasons):
            return self._guarded(self._print_out, verdict, content)
        return verdict

    def _draft(self, content: bytes) -> Verdict:
        return Verdict(
            outcome=Outcome.UNREADABLE,
            reasons=(Reason.NO_CODE,),
            findings=(),
            sha256=sha256_hex(content),
            number=None,
            checked_at=self._clock(),
        )

    def _guarded(
        self, judge: Callable[[Verdict, bytes], Verdict], verdict: Verdict, content: bytes
    ) -> Verdict:
        try:
            return judge(verdict, content)
        except Busy:
            raise
        except Unavailable:
            reason = Reason.REGISTER_UNAVAILABLE
            found = verdict.with_findings(Stage.STANDING.failed(reason))
            return found.decided(Outcome.COULD_NOT_CHECK, reason)

    def _picture(self, verdict: Verdict, content: bytes) -> Verdict:
        reading = self._reader.read(content, codes=True)
        if reading.failure is not None:
            fault = reading.failure is Reason.CHECK_FAILED
            found = verdict.with_findings(Stage.STRUCTURE.failed(reading.failure))
            outcome = Outcome.COULD_NOT_CHECK if fault else Outcome.UNREADABLE
            return found.decided(outcome, reading.failure)
        verdict = verdict.with_findings(*_unread(reading))
        answer = self._answer(reading)
        if answer is None:
            return verdict.with_findings(Stage.STRUCTURE.failed(Reason.NO_CODE))
        return _answered(verdict, answer)

    def _altered(self, verdict: Verdict, content: bytes) -> Verdict:
        """Say which original an altered file was made from, and how it differs.

        Where neither bytes nor data tell, its QR code may: whoever shows it can have the original.
        """
        reading = self._reader.read(content, codes=verdict.number is None)
        data = parsed_data(reading.attached)
        if verdict.number is None:
            held = self._held(data) if data else None
            if data and held:
                return _with_data(verdict, held, data)
            answer = self._answer(reading)
            return verdict if answer is None else _pointed_to(verdict, answer)
        issued = self._register.find(ClearanceNumber.parse(verdict.number))
        if data is None or issued is None:
            return verdict
        return replace(verdict, differences=differences(data, issued.certificate))

    def _print_out(self, verdict: Verdict, content: bytes) -> Verdict:
        """Look at a PDF that bears nothing of ours in its bytes."""
        reading = self._reader.read(content, codes=True)
        data = parsed_data(reading.attached)
        held = self._held(data) if data else None
        if data and held:
            return _with_data(verdict, held, data)
        verdict = verdict.with_findings(*_unread(reading))
        answer = self._answer(reading)
        if answer is None:
            return verdict.with_findings(Stage.STRUCTURE.noted(Reason.NO_CODE))
        return _answered(verdict, answer)

    def _held(self, data: dict[str, object]) -> IssuedClearance | None:
        """Return the clearance whose number and verification code stand in attached data."""
        number = named_in(data)
        issued = self._register.find(number) if number else None
        return issued if issued and shows_code(data, issued.certificate) else None

    def _answer(self, reading: Reading) -> _Answer | None:
        """Weigh the codes and the text of a paper; ``None`` if it bears no code of ours."""
        addresses = addresses_on(reading.pages)
        tokens: dict[str, Verdict] = {}
        for host, token in addresses[:MOST_TOKENS]:
            judged = self._verify_token(token)
            if judged.outcome is Outcome.UNREADABLE and host != self._host:
                continue  # another's code whose address merely looks like ours
            tokens[token] = judged
        if not tokens:
            return None
        bad = next((each for each in tokens.values() if each.outcome not in _TOKENS), None)
        if bad is not None:
            return _bad_token(bad)
        if len({each.number for each in tokens.values()}) > 1:
            reason = Reason.SEVERAL_CLEARANCES
            finding = Stage.STRUCTURE.failed(reason)
            return _Answer(outcome=Outcome.UNREADABLE, reasons=(reason,), findings=(finding,))
        token, judged = next(iter(tokens.items()))
        clearance = self._register.find(ClearanceNumber.parse(str(judged.number)))
        if clearance is None:
            raise Unavailable("register.unavailable")
        ours = {self._host, issuing_host(token)}
        strange = any(host not in ours for host, each in addresses if each in tokens)
        kind = kind_of(clearance.document, self._kinds)
        template = kind.template_of(clearance.document.template_version)
        return _named(reading, clearance, template, judged, leads_elsewhere=strange)


def _named(
    reading: Reading,
    clearance: IssuedClearance,
    template: Template,
    judged: Verdict,
    *,
    leads_elsewhere: bool,
) -> _Answer:
    """Weigh a paper that names one clearance of ours."""
    compared = compare(
        reading.pages,
        [bears_address(each.codes) for each in reading.pages],
        clearance.certificate,
        template.labels,
    )
    findings = [*judged.findings, Stage.STRUCTURE.noted(Reason.NAMES_CLEARANCE)]
    against: list[Reason] = []
    if leads_elsewhere:
        against.append(Reason.CODE_LEADS_ELSEWHERE)
        findings.append(Stage.STRUCTURE.failed(Reason.CODE_LEADS_ELSEWHERE))
    if compared.differences:
        against.append(Reason.PRINTED_DIFFERENTLY)
        findings += [
            Stage.MODIFICATION.failed(Reason.PRINTED_DIFFERENTLY, field=each.field)
            for each in compared.differences
        ]
    elif compared.equal:
        findings.append(Stage.MODIFICATION.noted(Reason.TEXT_COMPARED, facts=str(compared.equal)))
    standing = standing_finding(clearance.standing)
    withdrawn = (standing.reason,) if standing.level is Level.FAILED else ()
    return _Answer(
        outcome=Outcome.OUTSIDE_CHANNEL if against else Outcome.COPY,
        reasons=(*against, *withdrawn, Reason.NAMES_CLEARANCE),
        findings=tuple(findings),
        number=clearance.number,
        differences=compared.differences,
    )


def _bad_token(judged: Verdict) -> _Answer:
    """Judge by a code that looks like ours and does not hold, or could not be checked."""
    unchecked = judged.outcome is Outcome.COULD_NOT_CHECK
    return _Answer(
        outcome=Outcome.COULD_NOT_CHECK if unchecked else Outcome.OUTSIDE_CHANNEL,
        reasons=judged.reasons,
        findings=judged.findings,
    )


def _with_data(verdict: Verdict, held: IssuedClearance, data: dict[str, object]) -> Verdict:
    """Say that the attached data were made from those of a clearance."""
    found = differences(data, held.certificate)
    reason = Reason.CHANGED_CONTENT if found else Reason.CARRIES_ISSUED_CONTENT
    level = Level.FAILED if found else Level.NOTE
    return replace(
        verdict.with_findings(Stage.MODIFICATION.finding(level, reason)),
        outcome=Outcome.ALTERED,
        reasons=tuple(dict.fromkeys((reason, *verdict.reasons))),
        number=held.number,
        differences=found,
    )


def _pointed_to(verdict: Verdict, answer: _Answer) -> Verdict:
    """Name the original that the QR code of an altered file leads to; nothing else changes.

    That the code is signed and the original in force is left out: it would be read as the file's.
    """
    if answer.number is None:
        return verdict
    findings = [each for each in answer.findings if each.reason in _OF_THE_PAGE]
    reasons = [each for each in answer.reasons if each in _OF_THE_PAGE]
    return replace(
        verdict.with_findings(*findings),
        reasons=tuple(dict.fromkeys((*verdict.reasons, *reasons))),
        number=answer.number,
        differences=answer.differences,
    )


def _unread(reading: Reading) -> list[Finding]:
    """Say which pages were not looked at, or not as thoroughly as the others."""
    if not reading.unread:
        return []
    return [Stage.STRUCTURE.noted(Reason.PAGES_NOT_READ, pages=reading.unread_words)]


def _answered(verdict: Verdict, answer: _Answer) -> Verdict:
    return replace(
        verdict.with_findings(*answer.findings),
        outcome=answer.outcome,
        reasons=answer.reasons,
        number=answer.number,
        differences=answer.differences,
    )
