"""Verifies a file.

1. *Size and type*: refuse what cannot be a clearance without reading it.
2. *Digest*: SHA-256 of the file, and of the shorter files that it begins with.
3. *Standing*: ask the register, which is the judge: which kind of document the file is, and
   whether it still counts.
4. *Structure, signature, modification*: examine the file by itself, in the sandbox.
5. *Derivation*: look whether an unregistered file is made from something of ours.
6. *Policy*: weigh it all; the verdict.

The file stays in memory and is forgotten with the call; no step writes it anywhere.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from clearance.clock import Clock
from clearance.errors import Busy, Unavailable
from clearance.verdict import Finding, Level, Outcome, Reason, Stage, Verdict
from register.kinds import KINDS, Kinds, kind_of
from register.records import RegisteredDocument
from verifier.digest import prefix_digests, sha256_hex
from verifier.examination import Examination, Examiners
from verifier.large_file_gate import LargeFileGate
from verifier.long_life import Archive, carrying_finding
from verifier.policy import Decision, Derivation, decide_registered, decide_unregistered
from verifier.seal_fingerprints import bears_seal, holds_nothing, seal_fingerprints_of
from verifier.standing import DocumentLookups, RegisterLookups, standing_finding
from verifier.trust import Evidence, TrustPolicy, evidence_of_layout

SIZE_LIMIT = 20_000_000
"""Bytes; a file of this size or more is refused. Ours have some tens of thousands."""

HEADER_WITHIN = 1024
"""A PDF's header stands within its first bytes (ISO 32000-1, Annex H.3, as viewers do it)."""

NOTHING_IN_IT = Examination(
    findings=(Stage.STRUCTURE.failed(Reason.DAMAGED),),
    bears_our_seal=False,
    content_hash=None,
)
"""What an examination of a file without objects would show, after seconds."""


class Verifier:
    """Says what a file is. Safe to use from several threads; keeps no file between calls."""

    def __init__(
        self,
        *,
        register: RegisterLookups,
        documents: DocumentLookups,
        examiners: Examiners,
        trust: Callable[[datetime], TrustPolicy],
        clock: Clock,
        archive: Archive,
        kinds: Kinds = KINDS,
        size_limit: int = SIZE_LIMIT,
    ) -> None:
        self._register = register
        self._documents = documents
        self._kinds = kinds
        self._examiners = examiners
        self._trust = trust
        self._clock = clock
        self._archive = archive
        self._size_limit = size_limit
        self._large_file_gate = LargeFileGate()

    def verify(self, pdf: bytes) -> Verdict:
        """Reach the verdict on ``pdf``.

        Never raises for a bad document. An outage of the register is a verdict too, *could not
        check*; only a crowd of files that wait raises ``Busy``.
        """
        draft = _Draft(sha256=sha256_hex(pdf), checked_at=self._clock())
        # 1. Size and type
        refusal = self._refusal(pdf)
        if refusal is not None:
            draft.found(Stage.SIZE_AND_TYPE.failed(refusal))
            return draft.verdict(Decision(outcome=Outcome.UNREADABLE, reasons=(refusal,)))
        try:
            # 2. and 3. Digest, standing
            registered = self._documents.find(draft.sha256)
            if registered is not None:
                return self._verify_registered(draft, pdf, registered)
            return self._verify_unregistered(draft, pdf)
        except Busy:
            raise
        except Unavailable:
            reason = Reason.REGISTER_UNAVAILABLE
            draft.found(Stage.STANDING.failed(reason))
            return draft.verdict(Decision(outcome=Outcome.COULD_NOT_CHECK, reasons=(reason,)))

    def _refusal(self, pdf: bytes) -> Reason | None:
        if not pdf:
            return Reason.EMPTY
        if len(pdf) >= self._size_limit:
            return Reason.TOO_LARGE
        if b"%PDF-" not in pdf[:HEADER_WITHIN]:
            return Reason.NOT_PDF
        return None

    def _verify_registered(
        self, draft: "_Draft", pdf: bytes, registered: RegisteredDocument
    ) -> Verdict:
        kind = kind_of(registered.document, self._kinds)
        draft.number = self._clearance_number(registered)
        draft.found(Stage.DIGEST.passed(kind.registered))
        standing = standing_finding(registered.standing)
        if kind.in_force is not None or standing.level is Level.FAILED:
            draft.found(standing)
        # 4. Structure, signature, modification
        now = max(draft.checked_at, registered.sealed_at)
        trust = self._trust_for(registered, now)
        examination = self._examiners.registered.examine(pdf, trust)
        draft.examined(examination)
        # 6. Policy
        if examination.agrees:
            draft.findings.append(
                carrying_finding(
                    pdf,
                    registered.document.number,
                    examination,
                    trust=replace(trust, at=now),
                    archive=self._archive,
                    examiner=self._examiners.registered,
                )
            )
        return draft.verdict(decide_registered(kind, registered.standing, examination))

    def _verify_unregistered(self, draft: "_Draft", pdf: bytes) -> Verdict:
        draft.found(Stage.DIGEST.failed(Reason.NOT_REGISTERED))
        trust = self._trust(draft.checked_at)
        # Before the examination, which may break off.
        with self._large_file_gate.searching(pdf):
            prefixes = prefix_digests(pdf)
            carries_seal = bears_seal(pdf, seal_fingerprints_of(trust.seals_der))
            nothing = holds_nothing(pdf)
        known = self._documents.find_all(prefixes) if prefixes else {}
        begins_with = next((known[each] for each in prefixes if each in known), None)
        # 4. Structure, signature, modification
        examination = NOTHING_IN_IT if nothing else self._examiners.strangers.examine(pdf, trust)
        # 5. Derivation
        content = examination.content_hash
        content_of = self._register.find_by_content_hash(content) if content else None
        derivation = Derivation(
            begins_with=begins_with.document.number if begins_with else None,
            content_of=content_of.number if content_of else None,
            carries_seal=carries_seal or examination.bears_our_seal,
        )
        draft.number = self._clearance_number(begins_with) or derivation.content_of
        draft.derived(derivation)
        draft.findings += examination.findings
        # 6. Policy
        return draft.verdict(decide_unregistered(derivation, examination))

    def _trust_for(self, registered: RegisteredDocument, now: datetime) -> TrustPolicy:
        """Demand the evidence that the layout of the sealed file promises.

        A seal without timestamp is judged at the time at which the register saw it made, and
        every one under the anchors that were trusted then. ``now`` is no time before the register
        saw the file: the register is the witness that it is older, and a clock that runs behind
        would call its timestamp one from the future.
        """
        document, archival = registered.document, registered.revision > 0
        evidence = evidence_of_layout(document.layout)
        at = document.sealed_at if evidence is Evidence.NONE and not archival else now
        trust = self._trust(at).for_registered(document.sealed_at, archival=archival)
        return replace(trust, evidence=evidence)

    def _clearance_number(self, registered: RegisteredDocument | None) -> str | None:
        """Return the number of a clearance; a verdict bears no number of another kind."""
        if registered is None:
            return None
        kind = kind_of(registered.document, self._kinds)
        return registered.document.number if kind.genuine is Outcome.AUTHENTIC else None


class _Draft:
    """A verdict in the making."""

    def __init__(self, *, sha256: str, checked_at: datetime) -> None:
        self.sha256 = sha256
        self.checked_at = checked_at
        self.number: str | None = None
        self.findings: list[Finding] = []

    def found(self, finding: Finding) -> None:
        self.findings.append(finding)

    def examined(self, examination: Examination) -> None:
        """Take over what an examination found; how long that lasts is for policy to weigh."""
        self.findings += [
            each for each in examination.findings if each.reason is not Reason.EVIDENCE_LASTS
        ]

    def derived(self, derivation: Derivation) -> None:
        """Note what ties the file to something issued; a note, since policy weighs it."""
        if derivation.begins_with is not None:
            self.found(Stage.STRUCTURE.noted(Reason.BEGINS_WITH_ISSUED))
        if derivation.content_of is not None:
            self.found(Stage.STRUCTURE.noted(Reason.CARRIES_ISSUED_CONTENT))
        if derivation.carries_seal:
            self.found(Stage.SIGNATURE.noted(Reason.CARRIES_OUR_SEAL))

    def verdict(self, decision: Decision) -> Verdict:
        return Verdict(
            outcome=decision.outcome,
            reasons=decision.reasons,
            findings=tuple(self.findings),
            sha256=self.sha256,
            number=self.number,
            checked_at=self.checked_at,
        )
