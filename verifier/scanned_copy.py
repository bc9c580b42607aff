"""Judges what is no original: pictures, scans, print-outs, and says how altered data differ.

A paper that names a clearance by a QR code of ours proves nothing by itself: the code can be
copied onto any other paper. The answer is what the electronic original says, to be compared.
"""

import time
from collections.abc import Callable
from dataclasses import replace
from typing import Protocol

from clearance.clock import Clock
from clearance.errors import Busy, Unavailable
from clearance.identifiers import ClearanceNumber
from clearance.verdict import Finding, Level, Outcome, Reason, Stage, Verdict
from register.kinds import KINDS, Kinds, kind_of
from register.records import IssuedClearance
from verifier.addresses import addresses_on, host_of, issuing_host
from verifier.differences import differences, named_in, parsed_data, shows_code
from verifier.digest import sha256_hex
from verifier.paper_answers import (
    PaperAnswer,
    answered,
    bad_token,
    made_from,
    named_clearance,
    pointed_to,
)
from verifier.pipeline import HEADER_WITHIN, SIZE_LIMIT
from verifier.reading import Reader, Reading, is_picture
from verifier.standing import RegisterLookups

ANSWER_SECONDS = 4.5
"""Wall-clock time after which the caller is told that we are busy: everyone gets an answer within
five seconds. It decides whether there is a verdict, never which."""

MOST_TOKENS = 4
"""Different codes of ours that are checked in one file."""

_BROKEN_OFF = frozenset({Reason.CHECK_FAILED, Reason.CHECK_TIMED_OUT})
_AGAINST_A_COPY = frozenset({Reason.PAGES_NOT_REACHED, Reason.SEARCH_ENDED, Reason.CODES_LEFT_OUT})
"""What may not have been left out for a verdict that speaks for a paper."""

_TOKENS = frozenset({Outcome.AUTHENTIC, Outcome.WITHDRAWN})


class ScannedCopyVerifier:
    """Says what any upload is: files as ``verify_file`` does, and pictures of papers.

    Safe to use from several threads; keeps nothing between calls. ``public_url`` is scheme and
    host of the addresses that our QR codes hold now. After ``answer_seconds`` nothing new is begun
    for an upload.
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
        answer_seconds: float = ANSWER_SECONDS,
    ) -> None:
        self._verify_file = verify_file
        self._verify_token = verify_token
        self._register = register
        self._reader = reader
        self._host = host_of(public_url)
        self._kinds = kinds
        self._clock = clock
        self._answer_seconds = answer_seconds

    def verify(self, content: bytes) -> Verdict:
        """Reach the verdict on an upload; raises ``Busy`` as ``verify_file`` does, or out of time.

        What is registered, or made from something registered, is never called a copy. What was not
        looked at is never called genuine or not: the verdict is then *could not check*.
        """
        until = time.monotonic() + self._answer_seconds
        small_enough = len(content) < SIZE_LIMIT
        if small_enough and is_picture(content) and b"%PDF-" not in content[:HEADER_WITHIN]:
            return self._guarded(self._picture, self._draft(content), content, until)
        verdict = self._verify_file(content)
        if verdict.outcome is Outcome.ALTERED:
            return self._guarded(self._altered, verdict, content, until)
        recorded = Reason.SEAL_WITHOUT_RECORD not in verdict.reasons
        if verdict.outcome is Outcome.OUTSIDE_CHANNEL and recorded:
            return self._guarded(self._print_out, verdict, content, until)
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
        self,
        judge: Callable[[Verdict, "_Read"], Verdict],
        verdict: Verdict,
        content: bytes,
        until: float,
    ) -> Verdict:
        def read(*, codes: bool) -> Reading:
            left = until - time.monotonic()
            if left <= 0:
                raise Busy
            return self._reader.read(content, codes=codes, within=left)

        try:
            return judge(verdict, read)
        except Busy:
            raise
        except Unavailable:
            reason = Reason.REGISTER_UNAVAILABLE
            found = verdict.with_findings(Stage.STANDING.failed(reason))
            return found.decided(Outcome.COULD_NOT_CHECK, reason)

    def _picture(self, verdict: Verdict, read: "_Read") -> Verdict:
        reading = read(codes=True)
        if reading.failure is not None:
            broken_off = reading.failure in _BROKEN_OFF
            found = verdict.with_findings(Stage.STRUCTURE.failed(reading.failure))
            outcome = Outcome.COULD_NOT_CHECK if broken_off else Outcome.UNREADABLE
            return found.decided(outcome, reading.failure)
        return self._weighed(verdict, reading, Level.FAILED)

    def _altered(self, verdict: Verdict, read: "_Read") -> Verdict:
        """Say which original an altered file was made from, and how it differs.

        Where neither bytes nor data tell, its QR code may: whoever shows it can have the original.
        """
        reading = read(codes=verdict.number is None)
        verdict = verdict.with_findings(*_left_out(reading))
        data = parsed_data(reading.attached)
        if verdict.number is None:
            held = self._held(data) if data else None
            if data and held:
                return made_from(verdict, held, data)
            answer = self._answer(reading)
            return verdict if answer is None else pointed_to(verdict, answer)
        issued = self._register.find(ClearanceNumber.parse(verdict.number))
        if data is None or issued is None:
            return verdict
        return replace(verdict, differences=differences(data, issued.certificate))

    def _print_out(self, verdict: Verdict, read: "_Read") -> Verdict:
        """Look at a PDF that bears nothing of ours in its bytes."""
        reading = read(codes=True)
        if reading.failure in _BROKEN_OFF:
            found = verdict.with_findings(*_left_out(reading))
            return found.decided(Outcome.COULD_NOT_CHECK, reading.failure, *verdict.reasons)
        data = parsed_data(reading.attached)
        held = self._held(data) if data else None
        if data and held:
            return made_from(verdict, held, data)
        return self._weighed(verdict, reading, Level.NOTE)

    def _weighed(self, verdict: Verdict, reading: Reading, without_code: Level) -> Verdict:
        """Decide by codes and text; by their absence only if everything was looked at.

        Pages beyond the first ones and text beyond the first lines are left out of every such file,
        and a copy is still one. What was left out for want of time, or codes, might speak against
        it, on another day at least.
        """
        if len(addresses_on(reading.pages)) > MOST_TOKENS:
            reading = replace(reading, left_out=(*reading.left_out, Reason.CODES_LEFT_OUT))
        verdict = verdict.with_findings(*_unread(reading), *_left_out(reading))
        answer = self._answer(reading)
        if answer is None:
            missing = [each for each in reading.left_out if each is not Reason.TEXT_LEFT_OUT]
            known = [each for each in verdict.reasons if each is not Reason.NO_CODE]
            if missing:
                return verdict.decided(Outcome.COULD_NOT_CHECK, *missing, *known)
            return verdict.with_findings(Stage.STRUCTURE.finding(without_code, Reason.NO_CODE))
        against = [each for each in reading.left_out if each in _AGAINST_A_COPY]
        if against and answer.outcome is Outcome.COPY:
            reasons = (*against, *answer.reasons)
            answer = replace(answer, outcome=Outcome.COULD_NOT_CHECK, reasons=reasons)
        return answered(verdict, answer)

    def _held(self, data: dict[str, object]) -> IssuedClearance | None:
        """Return the clearance whose number and verification code stand in attached data."""
        number = named_in(data)
        issued = self._register.find(number) if number else None
        return issued if issued and shows_code(data, issued.certificate) else None

    def _answer(self, reading: Reading) -> PaperAnswer | None:
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
            return bad_token(bad)
        if len({each.number for each in tokens.values()}) > 1:
            reason = Reason.SEVERAL_CLEARANCES
            finding = Stage.STRUCTURE.failed(reason)
            return PaperAnswer(outcome=Outcome.UNREADABLE, reasons=(reason,), findings=(finding,))
        token, judged = next(iter(tokens.items()))
        clearance = self._register.find(ClearanceNumber.parse(str(judged.number)))
        if clearance is None:
            raise Unavailable("register.unavailable")
        ours = {self._host, issuing_host(token)}
        strange = any(host not in ours for host, each in addresses if each in tokens)
        kind = kind_of(clearance.document, self._kinds)
        template = kind.template_of(clearance.document.template_version)
        return named_clearance(reading, clearance, template, judged, leads_elsewhere=strange)


class _Read(Protocol):
    """Reads the upload in hand, in the time that is left for it."""

    def __call__(self, *, codes: bool) -> Reading: ...


def _unread(reading: Reading) -> list[Finding]:
    """Say which pages were not looked at, or not as thoroughly as the others."""
    if not reading.unread:
        return []
    return [Stage.STRUCTURE.noted(Reason.PAGES_NOT_READ, pages=reading.unread_words)]


def _left_out(reading: Reading) -> tuple[Finding, ...]:
    """Say what was not looked at."""
    broken_off = reading.failure if reading.failure in _BROKEN_OFF else None
    reasons = (broken_off,) if broken_off else reading.left_out
    return tuple(Stage.STRUCTURE.noted(each) for each in reasons)
